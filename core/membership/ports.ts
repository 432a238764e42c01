import type { Member, Membership, MembershipState, UsageCount } from './membership.ts'
import type { MemberKind, MembershipProduct } from './product.ts'

interface Page { readonly limit: number, readonly offset: number }

/** A member by any of the person's records; a hospital by its id. */
export interface MemberIds {
  readonly kind: MemberKind
  readonly ids: readonly string[]
}

/** 使用记录. One use; `reference` is what it was used for, once each. */
export interface MembershipUsage {
  readonly id: string
  readonly membershipId: string
  readonly kind: string
  readonly reference: string
  readonly by: string
  readonly at: Date
}

export interface MembershipFilter {
  /** Null: of everybody. */
  readonly member: MemberIds | null
  /** In whose books; null: in any. */
  readonly hospitalId: string | null
  readonly state: MembershipState | null
  readonly hasRefundAsked: boolean
}

export interface MembershipStore {
  /** The newest version. */
  readonly product: (code: string) => Promise<MembershipProduct | null>
  /** A version is written once; a second one of the same number is refused with STORE_WRITE_CONFLICT. */
  readonly addVersion: (product: MembershipProduct) => Promise<void>
  /** The newest version of each, by code. */
  readonly products: (filter: { readonly forKind: MemberKind | null, readonly onlyOnSale: boolean }, page: Page) => Promise<readonly MembershipProduct[]>
  readonly find: (id: string) => Promise<Membership | null>
  /** The same; nobody else changes it until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Membership | null>
  /** Terms of one product and member begin one after the other until the transaction ends. */
  readonly lockMember: (member: Member, product: string) => Promise<void>
  /** Inserts or replaces by id. */
  readonly save: (membership: Membership) => Promise<void>
  /** In force at this instant, those that end last first. */
  readonly inForce: (member: MemberIds, at: Date) => Promise<readonly Membership[]>
  /** The end of the last paid term of a product. */
  readonly lastEnd: (member: MemberIds, product: string) => Promise<Date | null>
  /** The newest first. */
  readonly list: (filter: MembershipFilter, page: Page) => Promise<readonly Membership[]>
  /** Active ones that are over, and pending ones whose time to pay is. */
  readonly due: (by: Date, limit: number) => Promise<readonly Membership[]>
  readonly nextDue: () => Promise<Date | null>
  /** Active ones that end in the span and of which no reminder was told. */
  readonly toRemind: (span: { readonly from: Date, readonly to: Date }, limit: number) => Promise<readonly Membership[]>
  readonly addCounts: (membershipId: string, counts: readonly UsageCount[]) => Promise<void>
  readonly counts: (membershipIds: readonly string[]) => Promise<ReadonlyArray<UsageCount & { readonly membershipId: string }>>
  /** One use less in one conditional step: false where none of the kind is left, or the membership is not in force. */
  readonly takeUse: (wanted: Pick<MembershipUsage, 'membershipId' | 'kind' | 'at'>) => Promise<boolean>
  readonly usageOf: (wanted: Pick<MembershipUsage, 'membershipId' | 'kind' | 'reference'>) => Promise<MembershipUsage | null>
  readonly addUsage: (usage: MembershipUsage) => Promise<void>
  /** The newest first. */
  readonly usages: (filter: { readonly membershipIds: readonly string[] | null, readonly member: MemberIds | null }, page: Page) => Promise<readonly MembershipUsage[]>
}
