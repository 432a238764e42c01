import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'

/** What a statement lists. Of a channel: payment, refund. Of a HIS: charge, credit, adjustment, payment. Of an insurer: settlement and its reversal. */
export type ItemKind = 'payment' | 'refund' | 'charge' | 'credit' | 'adjustment' | 'settlement' | 'settlement_reversal'

/** Who bears what of a settlement. */
export interface SplitFen {
  readonly fundFen: Fen
  readonly accountFen: Fen
  readonly cashFen: Fen
}

/** One line of a party's statement, in our words. Money that goes back is negative. */
export interface StatementItem {
  /** As the file counts its lines, from 1. */
  readonly line: number
  readonly kind: ItemKind
  /** What both sides call it: order number, refund number, transaction id, settlement id. Parsers give it as it is listed. */
  readonly key: string
  /** done, or listed though it is not (a refund that the channel still works on). */
  readonly isDone: boolean
  readonly amountFen: Fen
  /** What the channel keeps; given back with a refund it is negative. */
  readonly feeFen: Fen
  readonly split: SplitFen | null
  readonly merchant: string | null
  /** The hospital that the line names, in our ids. */
  readonly hospitalId: string | null
  readonly channelNumber: string | null
  readonly at: Date | null
}

/** What the books know of a settlement: the insurer's whole part; what of it is the person's account, where that is known. */
export interface OurSplit {
  readonly insuredFen: Fen
  readonly accountFen: Fen | null
  readonly cashFen: Fen
}

/** What stands with us for it. */
export interface OurItem {
  readonly kind: ItemKind
  /** As matchKey makes it. */
  readonly key: string
  readonly amountFen: Fen
  readonly split: OurSplit | null
  /** The business day that it counts for; null: not known, e.g. while it is not done. */
  readonly day: CalendarDate | null
  /** under_way: we wait for its outcome. failed: with us it did not happen. */
  readonly state: 'done' | 'under_way' | 'failed'
  /** Whose books it stands in; sums to the amount. */
  readonly hospitals: ReadonlyArray<{ readonly hospitalId: string, readonly amountFen: Fen }>
  /** 担保: the channel keeps it frozen, so that it does not come to the bank with the day's other money. */
  readonly isHeld?: boolean
}

/** The lines of one statement in their order. Throws STATEMENT_INVALID with the number of the line, never with a value. */
export type ReadStatement = (content: Uint8Array) => Iterable<StatementItem>

/** A credit may bear the number of its charge, a reversal that of its settlement: beside each other they need keys of their own. */
export const matchKey = (kind: ItemKind, key: string): string => takesBack(kind) ? `${kind} ${key}` : key
export const plainKey = (kind: ItemKind, key: string): string => takesBack(kind) ? key.slice(kind.length + 1) : key

function takesBack (kind: ItemKind): boolean {
  return kind === 'credit' || kind === 'settlement_reversal'
}
