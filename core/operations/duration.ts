import { DomainError } from '../errors.ts'

const pattern = /^P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?)?$/

/**
 * An instant moved on by an ISO 8601 duration. Years and months go by the calendar of a zone that is `offsetMinutes`
 * ahead of UTC (31 January + P1M = the last of February); a day is 24 hours.
 */
export function addDuration (instant: Date, duration: string, offsetMinutes: number): Date {
  const found = pattern.exec(duration)
  if (found === null) throw new DomainError('REQUEST_INVALID', 'A duration is written as in ISO 8601, e.g. P1D or PT2H.', 'advance')
  const [years, months, weeks, days, hours, minutes, seconds] = found.slice(1).map((part: string | undefined) => Number(part ?? 0)) as [number, number, number, number, number, number, number]
  const moved = addMonths(new Date(instant.getTime() + offsetMinutes * 60_000), years * 12 + months).getTime() - offsetMinutes * 60_000
  return new Date(moved + (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + Math.round(seconds * 1000))
}

function addMonths (local: Date, months: number): Date {
  const first = new Date(local)
  first.setUTCDate(1)
  first.setUTCMonth(first.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(local.getUTCDate(), lastDay))
  return first
}
