import type { CalendarDate } from '../clock.ts'
import { daysBetween } from '../days.ts'
import { sumFen, type Fen } from '../money.ts'
import { undisputedOf, type Bill } from './bill.ts'
import type { Contract } from './contract.ts'

/** Days after the visit day on which a reminder carries the deadline (domain document §3.4). */
const daysWithDeadline: readonly number[] = [1, 3, 5, 6, 7]

export interface Reminder {
  readonly template: 'dunning' | 'dunning_deadline'
  readonly owedFen: Fen
  readonly bills: number
  /** The earliest deadline. */
  readonly dueOn: CalendarDate
}

export type DunningDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'remind', readonly reminder: Reminder }
  | { readonly kind: 'suppress', readonly because: 'dispute' | 'not_agreed' | 'assigned' | 'deceased', readonly owedFen: Fen }

/**
 * 催款. What a contract's debts ask for on a business day (A-30, I-24). Every day from the one after the visit day until
 * nothing is owed; a disputed amount, or one that a bank took over, is not ours to dun for. A day that was missed is not
 * made up for: steps are counted from the visit, not from the last reminder.
 */
export function dunningOn (contract: Contract, bills: readonly Bill[], { today, isDeceased }: { readonly today: CalendarDate, readonly isDeceased: boolean }): DunningDecision {
  const owing = bills.filter(({ closedOn, dueOn }) => closedOn !== null && dueOn !== null && today > closedOn)
  const owedFen = sumFen(owing.map(undisputedOf))
  const isDisputed = owing.some(({ disputedFen }) => disputedFen > 0)
  if (owedFen === 0) return isDisputed ? { kind: 'suppress', because: 'dispute', owedFen } : { kind: 'none' }
  if (isDeceased) return { kind: 'suppress', because: 'deceased', owedFen }
  if (!contract.consents.includes('sms')) return { kind: 'suppress', because: 'not_agreed', owedFen }
  const ours = owing.filter((bill) => bill.funder === null && undisputedOf(bill) > 0)
  const [first] = ours.map(({ dueOn }) => dueOn).filter((day) => day !== null).sort()
  if (first === undefined) return { kind: 'suppress', because: 'assigned', owedFen }
  const carriesDeadline = ours.some(({ closedOn }) => closedOn !== null && daysWithDeadline.includes(daysBetween(closedOn, today)))
  return { kind: 'remind', reminder: { template: carriesDeadline ? 'dunning_deadline' : 'dunning', owedFen: sumFen(ours.map(undisputedOf)), bills: ours.length, dueOn: first } }
}
