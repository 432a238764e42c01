import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'

/**
 * 关账. The day that an entry takes effect on: its own, or the first open one where its own is closed (I-08). The memo
 * then keeps the original day. `closedUntil`: the last day of the hospital's books that is closed.
 */
export function effectiveOnFor (day: CalendarDate, closedUntil: CalendarDate | null): { readonly effectiveOn: CalendarDate, readonly memo: string | null } {
  return closedUntil === null || day > closedUntil ? { effectiveOn: day, memo: null } : { effectiveOn: addDays(closedUntil, 1), memo: `of ${day}` }
}
