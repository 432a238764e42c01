import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { StatementSource } from './ports.ts'
import type { ItemKind } from './reconcile-item.ts'
import type { DiscrepancyKind, Resolution } from './reconcile-kinds.ts'

/**
 * 对账. One party's statement of one business day against our side.
 *
 * awaiting_statement → reading (its lines are taken in) → matching → reconciled. A refused statement leads back to
 * awaiting_statement; whatever was begun is taken up where it was.
 */
export interface Reconciliation {
  readonly id: string
  readonly source: StatementSource
  /** Of a HIS; null: the party's statement is of all hospitals. */
  readonly hospitalId: string | null
  readonly day: CalendarDate
  readonly state: 'awaiting_statement' | 'reading' | 'matching' | 'reconciled'
  /** Of the statement that stands, as hexadecimal SHA-256. */
  readonly sha256: string | null
  readonly takenFrom: 'party' | 'upload' | null
  /** Token of whoever uploaded it. */
  readonly takenBy: string | null
  readonly lines: number
  readonly matched: number
  readonly ourFen: Fen
  readonly theirFen: Fen
  readonly feeFen: Fen
  /** Why the last statement was refused, with its line. */
  readonly refusedBecause: string | null
  readonly attempts: number
  readonly updatedAt: Date
  readonly reconciledAt: Date | null
}

/** 差错. closed_itself: a later statement or message explained it. proposed: waits for the second person. */
export interface Discrepancy {
  readonly reconciliationId: string
  /** Within its reconciliation, from 1. */
  readonly number: number
  /** Whose items have one numbering: the source, and for a HIS its hospital. */
  readonly scope: string
  readonly day: CalendarDate
  readonly kind: DiscrepancyKind
  readonly itemKind: ItemKind
  readonly key: string
  readonly line: number | null
  /** Null: unknown, or more than one. */
  readonly hospitalId: string | null
  readonly ourFen: Fen | null
  readonly theirFen: Fen | null
  readonly feeFen: Fen
  readonly merchant: string | null
  readonly channelNumber: string | null
  readonly state: 'open' | 'proposed' | 'resolved' | 'closed_itself'
  readonly resolution: Resolution | null
  readonly reason: string | null
  readonly proposedBy: string | null
  readonly decidedBy: string | null
  readonly openedAt: Date
  readonly settledAt: Date | null
}

/** 日结. A day of one hospital's books. reopened: finance opened it again; only finance closes it then. */
export interface ClosedDay {
  readonly day: CalendarDate
  readonly hospitalId: string
  readonly state: 'closed' | 'reopened'
  readonly by: string
  readonly reason: string | null
  readonly at: Date
}

export const reconciliationId = (source: StatementSource, hospitalId: string | null, day: CalendarDate): string =>
  [source, ...hospitalId === null ? [] : [hospitalId], day].join('.')

export const scopeOf = (source: StatementSource, hospitalId: string | null): string => hospitalId === null ? source : `${source}:${hospitalId}`
