/** The instants that a FHIR date text stands for, first and last, in ms since 1970. */
export interface DateRange { readonly from: number, readonly to: number }

/** How far local time is ahead of UTC at an instant, in ms. */
export type ZoneOffset = (utcMs: number) => number

/** Open ends of periods: the largest instants of a Date. */
export const beginningOfTime = -8.64e15
export const endOfTime = 8.64e15

const form = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

/** Make it once: the formatter behind it costs about 50 µs, a call a few µs. */
export function zoneOffset (zone: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
  return (utcMs) => {
    const parts: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(utcMs)) parts[type] = Number(value)
    const local = Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], parts['hour'], parts['minute'], parts['second'])
    return local - Math.floor(utcMs / 1000) * 1000
  }
}

/**
 * A text without time or offset is local time (FHIR R4 §3.1.1.4.7 leaves that to the server): a day in Beijing is not the
 * day of UTC. Null where the text is no date.
 */
export function dateRange (text: string, offset: ZoneOffset): DateRange | null {
  const parts = form.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour, minute, second, fraction, zone] = parts
  const at = (added: readonly [number, number, number]): number =>
    Date.UTC(Number(year) + added[0], Number(month ?? '1') - 1 + added[1], Number(day ?? '1') + added[2], Number(hour ?? '0'), Number(minute ?? '0'), Number(second ?? '0'))
  if (hour !== undefined) {
    const ms = Number(`${fraction ?? ''}000`.slice(0, 3))
    const from = toUtc(at([0, 0, 0]) + ms, zone, offset)
    return { from, to: from + (fraction !== undefined ? 0 : second !== undefined ? 999 : 59_999) }
  }
  const next = at(month === undefined ? [1, 0, 0] : day === undefined ? [0, 1, 0] : [0, 0, 1])
  return { from: toUtc(at([0, 0, 0]), undefined, offset), to: toUtc(next, undefined, offset) - 1 }
}

function toUtc (localMs: number, zone: string | undefined, offset: ZoneOffset): number {
  if (zone === 'Z') return localMs
  if (zone === undefined) return localMs - offset(localMs - offset(localMs))
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return localMs - (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
