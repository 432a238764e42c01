import { DomainError } from '../../core/errors.ts'
import type { OffsetMs } from './wire.ts'

const iso8601 = /^P(?=.)(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8}(?:\.\d{1,3})?)S)?)?$/

/**
 * An instant and an ISO 8601 duration later. Years, months, weeks and days are those of the local calendar (P1D lands on
 * the same time of day, also where clocks change); a month that lacks the day ends on its last one.
 */
export function addDuration (instant: Date, duration: string, offsetMs: OffsetMs): Date {
  const parts = iso8601.exec(duration)
  if (parts === null) throw new DomainError('REQUEST_INVALID', 'Write the duration as ISO 8601 does, e.g. P1D, PT2H or P1DT12H.', 'advance')
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part: string | undefined) => Number(part ?? 0))
  const local = new Date(instant.getTime() + offsetMs(instant))
  const day = local.getUTCDate()
  local.setUTCDate(1)
  local.setUTCMonth(local.getUTCMonth() + 12 * years + months)
  const lastDay = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate()
  local.setUTCDate(Math.min(day, lastDay) + 7 * weeks + days)
  const guess = new Date(local.getTime() - offsetMs(instant))
  const onCalendar = local.getTime() - offsetMs(guess)
  return new Date(onCalendar + Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000))
}
