import type { CalendarDate } from '../clock.ts'
import { addDays } from '../days.ts'
import type { Bill } from './bill.ts'
import { countedFrom, isDayOff } from './due-date.ts'
import type { PayAfterCareSettings } from './settings.ts'

export interface DeadlineAccount {
  readonly closedOn: CalendarDate
  readonly lastChargedOn: CalendarDate | null
  /** The start day, which is not counted. */
  readonly countedFrom: CalendarDate
  readonly termDays: number
  /** Before days off. */
  readonly lastDay: CalendarDate
  /** Days off that the last day fell on, one after the other. */
  readonly daysOff: readonly CalendarDate[]
  readonly dueOn: CalendarDate
  /** Told later than it is reckoned now: it stays as it was told. */
  readonly isKept: boolean
  readonly calendarVersion: string | null
  readonly words: { readonly zh: string, readonly en: string }
}

/** How a deadline came about, for whoever asks; null while the visit goes on. */
export function deadlineAccount (bill: Bill, { termDays, rollsOverHolidays, holidays }: Pick<PayAfterCareSettings, 'termDays' | 'rollsOverHolidays' | 'holidays'>): DeadlineAccount | null {
  const { closedOn, lastChargedOn, dueOn, calendarVersion } = bill
  if (closedOn === null || dueOn === null) return null
  const from = countedFrom(closedOn, lastChargedOn)
  const lastDay = addDays(from, termDays)
  const daysOff: CalendarDate[] = []
  for (let day = lastDay; rollsOverHolidays && daysOff.length < 31 && isDayOff(day, holidays); day = addDays(day, 1)) daysOff.push(day)
  const isKept = dueOn !== addDays(lastDay, daysOff.length)
  const facts = { closedOn, lastChargedOn, countedFrom: from, termDays, lastDay, daysOff, dueOn, isKept, calendarVersion }
  return { ...facts, words: wordsOf(facts) }
}

function wordsOf ({ closedOn, countedFrom: from, termDays, lastDay, daysOff, dueOn, isKept, calendarVersion }: Omit<DeadlineAccount, 'words'>): DeadlineAccount['words'] {
  const isLater = from !== closedOn
  const zh = [
    isLater ? `就诊于${closedOn}结束，最后一笔费用发生在${from}，自${from}起算` : `自就诊结束之日${from}起算`,
    `当日不计入，第${termDays}日为${lastDay}`,
    ...daysOff.length > 0 ? [`该日为休息日，顺延${daysOff.length}日`] : [],
    ...isKept ? ['已告知的期限不提前'] : [],
    `应于${dueOn}24时前付清（放假安排版本：${calendarVersion ?? ''}）`
  ].join('，')
  const en = [
    isLater ? `The visit was closed on ${closedOn}; its last charge is of ${from}, so days count from ${from}` : `Days count from the close of the visit on ${from}`,
    `that day is not counted; day ${termDays} is ${lastDay}`,
    ...daysOff.length > 0 ? [`which is no workday, so it moves on by ${daysOff.length}`] : [],
    ...isKept ? ['what was told before is not made earlier'] : [],
    `to be paid by 24:00 of ${dueOn} (holiday calendar ${calendarVersion ?? ''})`
  ].join('; ')
  return { zh: `${zh}。`, en: `${en}.` }
}
