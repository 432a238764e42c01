import type { CalendarDate } from './clock.ts'

const dayMs = 86_400_000

/** `days` may be negative. */
export function addDays (day: CalendarDate, days: number): CalendarDate {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10) as CalendarDate
}

/** Days from `from` to `to`; negative where `to` is earlier. */
export function daysBetween (from: CalendarDate, to: CalendarDate): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs)
}

/** 0 = Sunday … 6 = Saturday. */
export function weekdayOf (day: CalendarDate): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay()
}

/** The first instant of a day in the business zone; the day before ends where this begins (24:00). */
export type StartOfDay = (day: CalendarDate) => Date

/** Make it once: the formatter behind it is slow to make. Right also for days on which the zone changed its offset. */
export function startOfDayIn (zone: string): StartOfDay {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const aheadMs = (instant: Date): number => {
    const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [undefined, '+', '00', '00']
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  }
  return (day) => {
    const utcMs = Date.parse(`${day}T00:00:00Z`)
    const guess = new Date(utcMs - aheadMs(new Date(utcMs)))
    return new Date(utcMs - aheadMs(guess))
  }
}
