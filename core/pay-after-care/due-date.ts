import type { CalendarDate } from '../clock.ts'
import { addDays, weekdayOf, type StartOfDay } from '../days.ts'
import type { Bill } from './bill.ts'
import type { Holidays, PayAfterCareSettings } from './settings.ts'

type Terms = Pick<PayAfterCareSettings, 'termDays' | 'rollsOverHolidays' | 'holidays'>

/** The longest run of days off is about nine; a calendar beyond all reason stops here. */
const rollsMost = 31

/**
 * 到期日 (D-1). Counted from the day the visit was closed, or the day of its last charge where that is later; the start
 * day is not counted, the last day counts until 24:00, and a last day on which nobody works rolls on (Civil Code,
 * articles 201 to 203).
 */
export function dueOn (closedOn: CalendarDate, lastChargedOn: CalendarDate | null, { termDays, rollsOverHolidays, holidays }: Terms): CalendarDate {
  let day = addDays(countedFrom(closedOn, lastChargedOn), termDays)
  if (!rollsOverHolidays) return day
  for (let rolls = 0; rolls < rollsMost && isDayOff(day, holidays); rolls += 1) day = addDays(day, 1)
  return day
}

export const countedFrom = (closedOn: CalendarDate, lastChargedOn: CalendarDate | null): CalendarDate => lastChargedOn !== null && lastChargedOn > closedOn ? lastChargedOn : closedOn

/** A day of work in exchange is none off, though it is a Saturday or Sunday. */
export function isDayOff (day: CalendarDate, { daysOff, daysOfWork }: Holidays): boolean {
  if (daysOfWork.has(day)) return false
  const weekday = weekdayOf(day)
  return daysOff.has(day) || weekday === 0 || weekday === 6
}

/** The first instant that is too late: 24:00 of the last day. */
export const deadlineOf = (due: CalendarDate, startOfDay: StartOfDay): Date => startOfDay(addDays(due, 1))

/** D-7: the channel's own time of success counts, also where we hear of it later. */
export function isPaidInTime (paidAt: Date, due: CalendarDate, startOfDay: StartOfDay): boolean {
  return paidAt < deadlineOf(due, startOfDay)
}

/** The bill with its deadline as its facts say now; what was told before is never made earlier (I-22). */
export function redated (bill: Bill, terms: Terms): Bill {
  if (bill.closedOn === null) return bill
  const reckoned = dueOn(bill.closedOn, bill.lastChargedOn, terms)
  if (bill.dueOn !== null && reckoned <= bill.dueOn) return bill
  return { ...bill, dueOn: reckoned, calendarVersion: terms.holidays.version }
}
