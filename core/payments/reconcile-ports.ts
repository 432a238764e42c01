import type { CalendarDate } from '../clock.ts'
import type { LedgerStore } from '../ledger/index.ts'
import type { DayStore, StatementSource } from './ports.ts'
import type { OurItem, StatementItem } from './reconcile-item.ts'
import type { DiscrepancyKind } from './reconcile-kinds.ts'
import type { ClosedDay, Discrepancy, Reconciliation } from './reconciliation.ts'

type Page = { readonly limit: number, readonly offset: number }

/** An item that both sides agree on; once for good (I-53). */
export interface MatchedItem {
  readonly scope: string
  readonly key: string
  readonly reconciliationId: string
  readonly line: number | null
}

export interface ReconciliationStore {
  readonly find: (id: string) => Promise<Reconciliation | null>
  /** Whoever asks for the same one waits until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Reconciliation | null>
  /** Those of the ids that are reconciled. */
  readonly reconciledOf: (ids: readonly string[]) => Promise<ReadonlySet<string>>
  readonly save: (reconciliation: Reconciliation) => Promise<void>
  /** Newest day first; of a hospital: its own and those of all. */
  readonly list: (filter: { readonly day: CalendarDate | null, readonly source: StatementSource | null, readonly state: Reconciliation['state'] | null, readonly hospitalId: string | null }, page: Page) => Promise<readonly Reconciliation[]>
  /** Lines that are not matched yet, a work table: it is empty when the reconciliation is done. */
  readonly addLines: (id: string, lines: readonly StatementItem[]) => Promise<void>
  readonly lines: (id: string, limit: number) => Promise<readonly StatementItem[]>
  /** All lines of these keys, by line. */
  readonly linesOf: (id: string, keys: readonly string[]) => Promise<readonly StatementItem[]>
  readonly dropLines: (id: string, lines: readonly number[] | null) => Promise<void>
  /** Answers the keys that were not matched before. */
  readonly addMatched: (items: readonly MatchedItem[], at: Date) => Promise<readonly string[]>
  /** Those of the keys that are matched, with the reconciliation that did it. */
  readonly matchedOf: (scope: string, keys: readonly string[]) => Promise<ReadonlyMap<string, string>>
  readonly pruneMatched: (before: Date, limit: number) => Promise<number>
  /** Gives each the next number; one that stands for the same item and line is left as it is. */
  readonly addDiscrepancies: (found: ReadonlyArray<Omit<Discrepancy, 'number'>>) => Promise<void>
  readonly findDiscrepancy: (reconciliationId: string, number: number) => Promise<Discrepancy | null>
  readonly countsOf: (reconciliationId: string) => Promise<readonly CountedDiscrepancies[]>
  /** By number. */
  readonly discrepancies: (filter: { readonly reconciliationId: string, readonly hospitalId: string | null }, page: Page) => Promise<readonly Discrepancy[]>
  readonly saveDiscrepancy: (discrepancy: Discrepancy) => Promise<void>
  /** Open ones of these kinds since a day, oldest first. */
  readonly unsettled: (wanted: { readonly scope: string, readonly kinds: readonly DiscrepancyKind[], readonly since: CalendarDate }, page: Page) => Promise<readonly Discrepancy[]>
  readonly unsettledOf: (scope: string, keys: readonly string[]) => Promise<readonly Discrepancy[]>
  /** Open or proposed ones of these kinds on reconciliations of a day that concern a hospital. */
  readonly countBlocking: (wanted: { readonly reconciliationIds: readonly string[], readonly hospitalId: string, readonly kinds: readonly DiscrepancyKind[] }) => Promise<number>
}

/** 日结. A day counts as reconciled (DayStore.isReconciled) while it is closed. */
export interface CloseStore extends DayStore {
  readonly find: (day: CalendarDate, hospitalId: string) => Promise<ClosedDay | null>
  /** Days from `since` on that were closed once, also reopened ones. */
  readonly closedOnce: (hospitalId: string, since: CalendarDate) => Promise<ReadonlySet<CalendarDate>>
  readonly save: (closed: ClosedDay) => Promise<void>
  /** The last day up to which everything is closed; null: none. */
  readonly closedUntil: (hospitalId: string) => Promise<CalendarDate | null>
}

export interface ReconcileStores {
  readonly reconciliations: ReconciliationStore
  readonly days: CloseStore
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'>
}

export interface CountedDiscrepancies {
  readonly kind: DiscrepancyKind
  readonly state: Discrepancy['state']
  readonly isListed: boolean
  readonly count: number
}

/** Our side of one party's statements. */
export interface OurSide<Stores> {
  /** What counts for a day, page by page; `next` goes on. */
  readonly onDay: (stores: Stores, day: CalendarDate, page: { readonly limit: number, readonly after: string | null }) => Promise<{ readonly items: readonly OurItem[], readonly next: string | null }>
  readonly find: (stores: Stores, named: Pick<StatementItem, 'kind' | 'key'>) => Promise<OurItem | null>
}

/** Day lists of a hospital's own system; null: not made yet. */
export interface HisStatements {
  readonly statement: (day: CalendarDate) => Promise<Uint8Array | null>
}
