import { createTask, parse, schedule, validate } from 'node-cron'
import type { Matches } from '../../core/operations/index.ts'

/** Offsets of all zones of today are multiples of this. */
const offsetMinutes = 15

/**
 * Whether a schedule names a minute in the business zone. Most minutes are told by their number alone; the rest ask
 * node-cron, which needs 10 µs for the zone.
 */
export function cronMatches (pattern: string, zone: string): Matches {
  if (!validate(pattern)) throw new Error(`not a cron schedule: ${pattern}`)
  const task = createTask(pattern, () => undefined, { timezone: zone })
  const minutes = new Set(parse(pattern).minute.map((minute) => minute % offsetMinutes))
  return (minute) => minutes.has(minute.getUTCMinutes() % offsetMinutes) && task.match(minute)
}

/** Ticks at each full minute of real time. A tick that is missed is no harm: whoever it wakes computes what is due. */
export function everyMinute (tick: () => void): { readonly stop: () => Promise<void> } {
  const task = schedule('* * * * *', tick, { suppressMissedWarning: true, unref: true })
  return { stop: async () => { await task.destroy() } }
}
