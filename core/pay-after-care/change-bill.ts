import type { Calendar, CalendarDate } from '../clock.ts'
import { fen, sumFen } from '../money.ts'
import { outstandingOf, type Allocation, type Bill, type BillLine } from './bill.ts'
import type { Contract } from './contract.ts'
import { redated } from './due-date.ts'
import type { PayAfterCareSettings } from './settings.ts'

export type BillTerms = Pick<PayAfterCareSettings, 'termDays' | 'rollsOverHolidays' | 'holidays'>

/** What a bill is opened for. */
export interface BilledVisit {
  readonly visitId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly isEmergency: boolean
}

export function newBill (visit: BilledVisit, { id, contractId, ordinal, at }: { readonly id: string, readonly contractId: Contract['id'], readonly ordinal: number, readonly at: Date }): Bill {
  const none = fen(0)
  return {
    ...visit, id, contractId, ordinal, openedAt: at, chargedFen: none, insuredFen: none, paidFen: none, writtenOffFen: none, recoveredFen: none, disputedFen: none,
    closedOn: null, lastChargedOn: null, dueOn: null, calendarVersion: null, funder: null, settledAt: null
  }
}

/**
 * Whether nothing is added to it any more: a positive line that comes later opens the next bill of the visit, with seven
 * days of its own (D-3). While the visit goes on, what is paid already is set against what is charged next.
 */
export function isFinished (bill: Bill, today: CalendarDate): boolean {
  if (bill.closedOn === null) return false
  const isSettled = outstandingOf(bill) === 0 && bill.paidFen + bill.writtenOffFen > 0
  return isSettled || bill.funder !== null || (bill.dueOn !== null && today > bill.dueOn)
}

/**
 * A line with its sum and its day. On the first bill the day of the charge itself counts, never one that is yet to come;
 * on a later one the day of posting (D-3). A reversal takes its amount back, not its day: what was told stays (I-22).
 */
export function withLine (bill: Bill, line: BillLine, { terms, calendar }: { readonly terms: BillTerms, readonly calendar: Calendar }): Bill {
  const charged = { ...bill, chargedFen: sumFen([bill.chargedFen, line.amountFen]) }
  if (line.kind === 'reversal') return charged
  const postedOn = calendar(line.at)
  const day = bill.ordinal > 1 || line.occurredOn > postedOn ? postedOn : line.occurredOn
  return redated({ ...charged, lastChargedOn: bill.lastChargedOn === null || day > bill.lastChargedOn ? day : bill.lastChargedOn }, terms)
}

export function withAllocation (bill: Bill, { kind, amountFen }: Pick<Allocation, 'kind' | 'amountFen'>): Bill {
  switch (kind) {
    case 'insurance': return { ...bill, insuredFen: sumFen([bill.insuredFen, amountFen]) }
    case 'write_off': return { ...bill, writtenOffFen: sumFen([bill.writtenOffFen, amountFen]) }
    case 'recovery': return { ...bill, recoveredFen: sumFen([bill.recoveredFen, amountFen]) }
    case 'payment':
    case 'window':
    case 'credit': return { ...bill, paidFen: sumFen([bill.paidFen, amountFen]) }
  }
}

/** 离院. From here its days count. */
export function closed (bill: Bill, closedOn: CalendarDate, terms: BillTerms): Bill {
  return redated({ ...bill, closedOn }, terms)
}

/** The visit goes on after all; the deadline that was told is kept, as the earliest that can come of it. */
export const reopened = (bill: Bill): Bill => ({ ...bill, closedOn: null })

/** `at` is when the money came by its channel's own time. */
export function settledOr (before: Bill | null, after: Bill, at: Date): Bill {
  const wasOwing = before !== null && outstandingOf(before) > 0
  return wasOwing && outstandingOf(after) <= 0 ? { ...after, settledAt: at } : after
}
