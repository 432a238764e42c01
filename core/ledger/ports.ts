import type { Fen } from '../money.ts'
import type { CalendarDate } from '../clock.ts'
import type { Charge, ChargeState } from './charge.ts'
import type { Entry } from './entry.ts'

export interface AccountBalance {
  readonly hospitalId: string
  readonly account: string
  readonly balanceFen: Fen
}

export interface StatementLine {
  readonly entryId: string
  readonly hospitalId: string
  readonly kind: Entry['kind']
  readonly sourceKey: string
  readonly effectiveOn: CalendarDate
  readonly postedAt: Date
  readonly account: string
  readonly amountFen: Fen
  readonly reverses: string | null
  readonly memo: string | null
}

/** Where an entry stands in the order of days of effect. */
export interface EntryPlace {
  readonly effectiveOn: CalendarDate
  readonly sequence: number
}

export interface LedgerStore {
  /**
   * Appends. Answers `false` where the source key is posted already with the same content; other content is refused
   * with ENTRY_ALREADY_POSTED, a second reversal of an entry with ENTRY_ALREADY_REVERSED.
   */
  readonly append: (entry: Entry) => Promise<boolean>
  /** The last day up to which a hospital's books are closed; null: none is. */
  readonly closedUntil: (hospitalId: string) => Promise<CalendarDate | null>
  readonly bySourceKey: (sourceKey: string) => Promise<Entry | null>
  readonly byId: (id: string) => Promise<Entry | null>
  readonly reversalOf: (entryId: string) => Promise<Entry | null>
  readonly balances: (accounts: readonly string[]) => Promise<readonly AccountBalance[]>
  readonly statement: (accounts: readonly string[], page: { readonly limit: number, readonly offset: number }) => Promise<readonly StatementLine[]>
  /** Entries of a hospital by day of effect and arrival, after a place that an earlier page ended at; for exports. */
  readonly inOrder: (hospitalId: string, page: { readonly until: CalendarDate | null, readonly after: EntryPlace | null, readonly limit: number }) => Promise<ReadonlyArray<Entry & { readonly place: EntryPlace }>>
  /** Sums by hospital and account at the end of a day of effect, null for all days. */
  readonly trialBalance: (effectiveUntil: CalendarDate | null) => Promise<readonly AccountBalance[]>
  /** Entries whose postings do not sum to zero; always empty unless somebody changed rows by hand. */
  readonly unbalancedEntries: () => Promise<readonly string[]>
}

export interface ChargeStore {
  readonly find: (id: string) => Promise<Charge | null>
  readonly save: (charge: Charge) => Promise<void>
  /** The line that a transaction of the HIS is, or that it takes back as a credit. */
  readonly byTransaction: (hospitalId: string, transactionId: string) => Promise<Charge | null>
  /** Whether a line of a visit that stands in the books is charged for this order. */
  readonly isOrderCharged: (visitId: string, orderNumber: string) => Promise<boolean>
  /** Lines that happened (or were credited) on a day, by id after `after`. */
  readonly occurredOn: (wanted: { readonly hospitalId: string, readonly day: CalendarDate, readonly by: 'charge' | 'credit' }, page: { readonly limit: number, readonly after: string | null }) => Promise<readonly Charge[]>
  /** Credits that arrived before `before` and still wait for the charge that they cancel. */
  readonly countAwaiting: (before: Date) => Promise<number>
  /** Newest day first. A null filter sets no limit. */
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly visitId: string | null, readonly hospitalId: string | null, readonly state: ChargeState | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly Charge[]>
}
