/** Tells the offset from UTC in minutes that a zone had at an instant. */
export type ZoneOffset = (instant: Date) => number

const quarterHourMs = 900_000
const mostBuckets = 1000

/**
 * Offsets of an IANA zone. They change at quarters of an hour only, so one answer per quarter is remembered: asking
 * Intl costs some 5 µs, and message times crowd around now.
 */
export function zoneOffsetIn (zone: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric'
  })
  const known = new Map<number, number>()
  return (instant) => {
    const bucket = Math.floor(instant.getTime() / quarterHourMs)
    const remembered = known.get(bucket)
    if (remembered !== undefined) return remembered
    if (known.size >= mostBuckets) known.clear()
    const start = bucket * quarterHourMs
    const part = Object.fromEntries(format.formatToParts(start).map(({ type, value }) => [type, Number(value)]))
    const local = Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second'])
    const offset = Math.round((local - start) / 60_000)
    known.set(bucket, offset)
    return offset
  }
}

const timeStampShape = /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,4}))?)?)?)?)?)?([+-]\d{4})?$/

/**
 * An HL7 time stamp, YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ]; its start where it is not precise. Without an offset it is
 * local time of the zone. Null where it is no real date and time.
 */
export function parseTimeStamp (text: string, zoneOffset: ZoneOffset): Date | null {
  const found = timeStampShape.exec(text.trim())
  if (found === null) return null
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) => Number(found[group] ?? (group < 4 ? 1 : 0))) as [number, number, number, number, number, number]
  const local = Date.UTC(year, month - 1, day, hour, minute, second, Number(`0.${found[7] ?? '0'}`) * 1000)
  const back = new Date(local)
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null
  const sent = found[8]
  if (sent !== undefined) return new Date(local - (Number(sent.slice(1, 3)) * 60 + Number(sent.slice(3))) * (sent.startsWith('-') ? -60_000 : 60_000))
  const nearby = new Date(local - zoneOffset(back) * 60_000)
  return new Date(local - zoneOffset(nearby) * 60_000)
}

/** YYYYMMDDHHMMSS±ZZZZ. */
export function printTimeStamp (instant: Date, zoneOffset: ZoneOffset): string {
  const offset = zoneOffset(instant)
  const local = new Date(instant.getTime() + offset * 60_000).toISOString()
  const size = Math.abs(offset)
  const zone = (offset < 0 ? '-' : '+') + twoDigits(Math.trunc(size / 60)) + twoDigits(size % 60)
  return local.slice(0, 4) + local.slice(5, 7) + local.slice(8, 10) + local.slice(11, 13) + local.slice(14, 16) + local.slice(17, 19) + zone
}

function twoDigits (number: number): string {
  return number < 10 ? `0${number}` : String(number)
}
