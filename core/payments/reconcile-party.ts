import type { Calendar, CalendarDate } from '../clock.ts'
import type { Ids } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { StatementSource } from './ports.ts'
import type { Expectation } from './reconcile-classify.ts'
import type { ReadStatement, StatementItem } from './reconcile-item.ts'
import type { OurSide, ReconcileStores } from './reconcile-ports.ts'
import { reconciliationId, scopeOf, type Discrepancy } from './reconciliation.ts'

/** Where a channel's money stands. */
export interface ChannelBooks {
  readonly channel: string
  /** Of the hospital's bank, in the ledger. */
  readonly account: string
}

/** One party whose statements are held against our side. */
export interface Party<Stores> {
  readonly source: StatementSource
  /** Of a HIS; null: its statements are of all hospitals. */
  readonly hospitalId: string | null
  readonly ours: OurSide<Stores>
  readonly read: ReadStatement
  /** Null: finance uploads the statements. */
  readonly fetch: ((day: CalendarDate) => Promise<Uint8Array | null>) | null
  readonly expects: Expectation
  /** Null: the statement tells of no money on its way to the bank (HIS, insurance). */
  readonly books: ChannelBooks | null
  /** Takes the channel's word over, as if it had called back. Null: people look. */
  readonly learn: ((stores: Stores, line: StatementItem, at: Date) => Promise<void>) | null
  /** Undoes what we had booked and the party denies for good. Null: not possible for this party. */
  readonly takeBack: ((stores: Stores, discrepancy: Discrepancy, at: Date) => Promise<void>) | null
}

export interface ReconcileDeps<Stores extends ReconcileStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly ids: Ids
  readonly calendar: Calendar
  /** Hexadecimal SHA-256. */
  readonly hash: (content: Uint8Array) => string
}

/** One reconciliation that is being worked on. */
export interface Run<Stores extends ReconcileStores> {
  readonly deps: ReconcileDeps<Stores>
  readonly party: Party<Stores>
  readonly id: string
  readonly scope: string
  readonly day: CalendarDate
  readonly at: Date
}

export function runOf<Stores extends ReconcileStores> (deps: ReconcileDeps<Stores>, party: Party<Stores>, day: CalendarDate, at: Date): Run<Stores> {
  return { deps, party, id: reconciliationId(party.source, party.hospitalId, day), scope: scopeOf(party.source, party.hospitalId), day, at }
}

/** Lines of one transaction: enough to be quick, few enough that nobody waits long for the writer. */
export const perTransaction = 1_000
