/**
 * HL7 v2 timestamps (`YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]`, HL7 v2.5.1 §2.A.22) as FHIR R4 dates. Local times
 * without offset are of the site's zone. What is no real day or time (30 February, 25 o'clock) is nothing: callers
 * leave it out with a note, or refuse the message where the element is required.
 */
export interface Timestamp {
  readonly year: number
  readonly month: number | null
  readonly day: number | null
  /** Null where only a day is told. */
  readonly clock: { readonly hour: number, readonly minute: number, readonly second: number, readonly fraction: string } | null
  readonly offsetMinutes: number | null
}

const grammar = /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,9})?)?)?)?)?)?([+-]\d{4})?$/

export function parseTimestamp (text: string): Timestamp | null {
  const found = grammar.exec(text)
  if (found === null) return null
  const date = { year: Number(found[1]), month: numberOrNull(found[2]), day: numberOrNull(found[3]) }
  const clock = found[4] === undefined ? null : { hour: Number(found[4]), minute: Number(found[5] ?? 0), second: Number(found[6] ?? 0), fraction: found[7] ?? '' }
  const offsetMinutes = offsetOf(found[8])
  const isReal = isRealDate(date) && (clock === null || isRealTime(clock)) && offsetMinutes !== undefined
  return isReal ? { ...date, clock, offsetMinutes } : null
}

function numberOrNull (text: string | undefined): number | null {
  return text === undefined ? null : Number(text)
}

function isRealDate ({ year, month, day }: Pick<Timestamp, 'year' | 'month' | 'day'>): boolean {
  if (year === 0) return false
  if (month === null) return true
  return month >= 1 && month <= 12 && (day === null || (day >= 1 && day <= daysIn(year, month)))
}

function isRealTime ({ hour, minute, second }: NonNullable<Timestamp['clock']>): boolean {
  return hour <= 23 && minute <= 59 && second <= 59
}

function offsetOf (text: string | undefined): number | null | undefined {
  if (text === undefined) return null
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3, 5))
  return minutes > 14 * 60 ? undefined : text.startsWith('-') ? -minutes : minutes
}

function daysIn (year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** `2026`, `2026-01` or `2026-01-05`, as exact as the sender was, at most to the day. */
export function dateText ({ year, month, day }: Timestamp): string {
  const years = String(year).padStart(4, '0')
  if (month === null) return years
  return day === null ? `${years}-${two(month)}` : `${years}-${two(month)}-${two(day)}`
}

/** A FHIR dateTime; to the second with offset where the sender told a time. */
export function dateTimeText (time: Timestamp, zone: Zone): string {
  const { clock } = time
  if (clock === null) return dateText(time)
  const offset = time.offsetMinutes ?? zone(localMs(time))
  return `${dateText(time)}T${two(clock.hour)}:${two(clock.minute)}:${two(clock.second)}${clock.fraction}${offsetText(offset)}`
}

/** Null where the sender told no time of day. */
export function instantOf (time: Timestamp, zone: Zone): Date | null {
  if (time.clock === null) return null
  const local = localMs(time)
  return new Date(local - (time.offsetMinutes ?? zone(local)) * 60_000)
}

/** The day in the zone: a time with an offset of its own may be on another day there. */
export function dayText (time: Timestamp, zone: Zone): string {
  const instant = time.offsetMinutes === null ? null : instantOf(time, zone)
  if (instant === null) return dateText(time)
  const offset = zone(instant.getTime() + (time.offsetMinutes ?? 0) * 60_000)
  return new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, 10)
}

function localMs ({ year, month, day, clock }: Timestamp): number {
  const fractionMs = clock === null || clock.fraction === '' ? 0 : Math.floor(Number(clock.fraction) * 1000)
  return Date.UTC(year, (month ?? 1) - 1, day ?? 1, clock?.hour ?? 0, clock?.minute ?? 0, clock?.second ?? 0, fractionMs)
}

function two (value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function offsetText (minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** Offset from UTC in minutes at a local time (ms as if it were UTC). */
export type Zone = (localMs: number) => number

/**
 * The rules of an IANA zone. Asking Intl costs 10 µs and more, so a year's changes are looked up once and kept; a
 * zone is kept as long as its compiled tables (some 150 years at most, a few numbers each).
 */
export function zoneOf (name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
  const years = new Map<number, ReadonlyArray<readonly [fromMs: number, offset: number]>>()
  return (localMs) => {
    const year = new Date(localMs).getUTCFullYear()
    let changes = years.get(year)
    if (changes === undefined) {
      changes = changesOf(year, (utcMs) => offsetAt(format, utcMs))
      years.set(year, changes)
    }
    let offset = changes[0]?.[1] ?? 0
    for (const [fromMs, next] of changes) {
      if (localMs - Math.max(offset, next) * 60_000 < fromMs) break
      offset = next
    }
    return offset
  }
}

function changesOf (year: number, offsetAtUtc: (utcMs: number) => number): ReadonlyArray<readonly [number, number]> {
  const start = Date.UTC(year, 0, 1) - 86_400_000
  const changes: Array<readonly [number, number]> = [[start, offsetAtUtc(start)]]
  for (let month = 1; month <= 12; month++) {
    const [from, offset] = [month === 1 ? start : Date.UTC(year, month - 1, 1), changes[changes.length - 1]?.[1] ?? 0]
    const end = Date.UTC(year, month, month === 12 ? 2 : 1)
    const later = offsetAtUtc(end)
    if (later !== offset) changes.push([changeBetween(from, end, offset, offsetAtUtc), later])
  }
  return changes
}

function changeBetween (from: number, to: number, before: number, offsetAtUtc: (utcMs: number) => number): number {
  let [low, high] = [from, to]
  while (high - low > 60_000) {
    const middle = Math.floor((low + high) / 120_000) * 60_000
    if (middle <= low) break
    if (offsetAtUtc(middle) === before) low = middle
    else high = middle
  }
  return high
}

function offsetAt (format: Intl.DateTimeFormat, utcMs: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(utcMs)) parts[type] = Number(value)
  const local = Date.UTC(parts['year'] ?? 1970, (parts['month'] ?? 1) - 1, parts['day'] ?? 1, parts['hour'] ?? 0, parts['minute'] ?? 0, parts['second'] ?? 0)
  return Math.round((local - utcMs) / 60_000)
}
