import type { TargetGroup, VoucherBatch, VoucherCampaign, VoucherState } from './voucher.ts'
import type { VoucherHappening } from './voucher-event.ts'

interface Page { readonly limit: number, readonly offset: number }

/** 群组、活动、批次 and the work that is done on whole batches. */
export interface VoucherBatchStore {
  readonly groups: () => Promise<readonly TargetGroup[]>
  readonly saveGroup: (group: TargetGroup) => Promise<void>
  readonly campaigns: (page: Page) => Promise<readonly VoucherCampaign[]>
  readonly findCampaign: (id: string) => Promise<VoucherCampaign | null>
  readonly saveCampaign: (campaign: VoucherCampaign) => Promise<void>
  readonly list: (filter: { readonly campaignId: string | null, readonly communityId: string | null }, page: Page) => Promise<readonly VoucherBatch[]>
  readonly find: (id: string) => Promise<VoucherBatch | null>
  readonly byNumber: (number: number) => Promise<VoucherBatch | null>
  /** Answers it with its number. */
  readonly add: (batch: Omit<VoucherBatch, 'number'>) => Promise<VoucherBatch>
  /** Raised only. */
  readonly noteGenerated: (number: number, generated: number) => Promise<void>
  /** Gives the next `count` places to a community; null where fewer are generated and free. */
  readonly allocate: (number: number, count: number) => Promise<{ readonly fromSeq: number, readonly toSeq: number } | null>
  /** The first instant stays; false where it was void already. */
  readonly void: (number: number, at: Date) => Promise<boolean>
  /** Whose validity has ended by then and which were not gone through for it. */
  readonly ended: (by: Date, limit: number) => Promise<readonly VoucherBatch[]>
  readonly markEnded: (number: number) => Promise<void>
  readonly addWork: (work: BatchWork) => Promise<void>
  readonly findWork: (id: string) => Promise<BatchWork | null>
  readonly works: (number: number) => Promise<readonly BatchWork[]>
  /** Everything before `nextSeq` is done, and so many vouchers changed. */
  readonly noteWork: (id: string, done: { readonly nextSeq: number, readonly changed: number }) => Promise<void>
}

/** 批量处理. Work on a run of places, done piece by piece; after a stop it goes on where it was. */
export interface BatchWork {
  readonly id: string
  readonly batch: number
  readonly kind: 'generate' | 'send' | 'void'
  readonly communityId: string | null
  readonly fromSeq: number
  readonly toSeq: number
  readonly nextSeq: number
  /** Vouchers that it has made or changed. */
  readonly changed: number
  readonly reason: string | null
  readonly by: string
  readonly at: Date
}

/** 登记 (V-02). Who takes part: communities, and hospitals with their voucher module. */
export interface VoucherParty {
  readonly kind: 'community' | 'hospital'
  /** The organization of its tokens; of a hospital its id. */
  readonly id: string
  readonly name: string
  readonly isActive: boolean
  readonly registeredAt: Date
  readonly by: string
}

export interface VoucherPartyStore {
  readonly find: (kind: VoucherParty['kind'], id: string) => Promise<VoucherParty | null>
  readonly list: (kind: VoucherParty['kind'] | null) => Promise<readonly VoucherParty[]>
  readonly save: (party: VoucherParty) => Promise<void>
}

export interface StatisticsFilter {
  readonly campaignId: string | null
  readonly batch: number | null
  readonly communityId: string | null
  readonly hospitalId: string | null
  readonly group: string | null
  /** `2027-03`, both included. */
  readonly fromMonth: string | null
  readonly toMonth: string | null
}

export const statisticsKeys = ['community', 'hospital', 'month', 'group', 'batch', 'campaign'] as const
export type StatisticsKey = typeof statisticsKeys[number]

/** So many vouchers made this step. */
export interface Count {
  readonly key: string | null
  readonly what: VoucherHappening
  readonly from: VoucherState | null
  readonly to: VoucherState
  readonly count: number
}

export interface VoucherStatisticsStore {
  /** From the counts that are kept with every step. */
  readonly counts: (filter: StatisticsFilter, by: StatisticsKey | null) => Promise<readonly Count[]>
  /** The same from the events: what the counts are proven by. */
  readonly recount: (filter: StatisticsFilter, by: StatisticsKey | null) => Promise<readonly Count[]>
  /** How many vouchers are in each state. */
  readonly standing: () => Promise<ReadonlyArray<{ readonly state: VoucherState, readonly count: number }>>
  /** Changes whenever a count does. */
  readonly mark: () => Promise<number>
}
