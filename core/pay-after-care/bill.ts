import type { CalendarDate } from '../clock.ts'
import { fen, type Fen } from '../money.ts'

/** Name of the purpose on payment orders; together with the contract it is what orders are found by. */
export const billsPurpose = 'bills'

/**
 * 账单. What one visit under a contract costs the person at one hospital. A late charge after the bill is settled or past
 * its deadline opens the next bill of the visit (D-3). Only facts are kept; the state follows from them and the day
 * (I-23). Sums equal the bill's lines and allocations, and with them the person's receivable account.
 */
export interface Bill {
  readonly id: string
  readonly contractId: string
  readonly hospitalId: string
  readonly visitId: string
  readonly patientId: string
  /** 1, 2, … within the visit. */
  readonly ordinal: number
  readonly isEmergency: boolean
  readonly openedAt: Date
  /** Charge and adjustment lines less their reversals. */
  readonly chargedFen: Fen
  /** Taken over by insurance funds. */
  readonly insuredFen: Fen
  /** Payments through any channel or window and credit balance, less what went back. */
  readonly paidFen: Fen
  readonly writtenOffFen: Fen
  /** Of what was written off, paid after all. */
  readonly recoveredFen: Fen
  /** Under dispute: frozen for dunning, lock and report. */
  readonly disputedFen: Fen
  /** The business day on which the visit was closed; null while it goes on. */
  readonly closedOn: CalendarDate | null
  readonly lastChargedOn: CalendarDate | null
  /**
   * Last day on which it can be paid in time, until 24:00; null while the visit goes on. Once told it only moves later
   * (I-22), so it stays when a closed visit is reopened, and counts again from its next close.
   */
  readonly dueOn: CalendarDate | null
  /** Version of the holiday calendar that `dueOn` was reckoned with. */
  readonly calendarVersion: string | null
  /** Who the debt is owed to now: the hospital (null), or a bank or insurer that took it over. */
  readonly funder: string | null
  /** When the outstanding amount last came to nothing. */
  readonly settledAt: Date | null
}

/**
 * accruing: the visit goes on. due: closed, on the visit day. partially_paid: the same with something paid. owing: not
 * settled after the visit day. overdue: past the deadline. reversed: nothing is left of its charges. disputed and
 * assigned lie over the rest.
 */
export type BillState = 'accruing' | 'due' | 'partially_paid' | 'owing' | 'overdue' | 'paid' | 'reversed' | 'written_off' | 'recovered' | 'disputed' | 'assigned'

export function outstandingOf ({ chargedFen, insuredFen, paidFen, writtenOffFen }: Bill): Fen {
  return fen(chargedFen - insuredFen - paidFen - writtenOffFen)
}

/** What may be dunned, locked for and reported: outstanding and not disputed. */
export function undisputedOf (bill: Bill): Fen {
  return fen(Math.max(0, outstandingOf(bill) - bill.disputedFen))
}

export const isPastDeadline = ({ closedOn, dueOn }: Bill, today: CalendarDate): boolean => closedOn !== null && dueOn !== null && today > dueOn

/** What the person can pay of it to the hospital: a debt that somebody took over is owed to them. */
export function payableOf (bill: Bill): Fen {
  return bill.funder === null ? fen(Math.max(0, outstandingOf(bill))) : fen(0)
}

/** 核销后收回. What was given up and may still be paid. */
export function recoverableOf ({ writtenOffFen, recoveredFen }: Bill): Fen {
  return fen(Math.max(0, writtenOffFen - recoveredFen))
}

/** The state on a business day, from the facts alone (I-23). */
export function billState (bill: Bill, today: CalendarDate): BillState {
  const outstandingFen = outstandingOf(bill)
  if (outstandingFen <= 0) return settledState(bill)
  if (bill.disputedFen >= outstandingFen) return 'disputed'
  if (bill.funder !== null) return 'assigned'
  if (bill.closedOn === null) return 'accruing'
  if (isPastDeadline(bill, today)) return 'overdue'
  if (today > bill.closedOn) return 'owing'
  return bill.paidFen > 0 ? 'partially_paid' : 'due'
}

function settledState ({ chargedFen, closedOn, writtenOffFen, recoveredFen }: Bill): BillState {
  if (writtenOffFen > 0) return recoveredFen >= writtenOffFen ? 'recovered' : 'written_off'
  if (closedOn === null) return 'accruing'
  return chargedFen <= 0 ? 'reversed' : 'paid'
}

/** 账单行. One charge or adjustment of the HIS on a bill; a reversal is a line of its own with the negative amount. */
export interface BillLine {
  readonly billId: string
  readonly chargeId: string
  readonly kind: 'charge' | 'reversal'
  readonly amountFen: Fen
  readonly occurredOn: CalendarDate
  readonly at: Date
}

/**
 * What settled a part of a bill, append-only; negative where it went back. Its source posts once for a bill.
 * payment: an order of ours. window: a PY line of the HIS. credit: the patient's own balance. insurance: a settlement.
 */
export interface Allocation {
  readonly billId: string
  readonly kind: 'payment' | 'window' | 'credit' | 'insurance' | 'write_off' | 'recovery'
  /** With `kind` and the bill unique: the order, transaction, settlement, … and for a reversal of it another. */
  readonly sourceId: string
  readonly amountFen: Fen
  readonly at: Date
}
