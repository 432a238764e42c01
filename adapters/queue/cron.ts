import { createTask, parse, schedule, validate } from 'node-cron'
import type { Matches } from '../../core/operations/index.ts'

/** Offsets of all zones of today are multiples of this. */
const offsetMinutes = 15
/** More than a year of a job that runs every hour. */
const mostKept = 20_000

/**
 * Whether a schedule names a minute in the business zone. Most minutes are told by their number alone; the rest ask
 * node-cron, which needs 10 µs for the zone, so its answers are kept: a clock that is moved asks again after every job.
 */
export function cronMatches (pattern: string, zone: string): Matches {
  if (!validate(pattern)) throw new Error(`not a cron schedule: ${pattern}`)
  const task = createTask(pattern, () => undefined, { timezone: zone })
  const quarterMinutes = new Set(parse(pattern).minute.map((minute) => minute % offsetMinutes))
  const answers = new Map<number, boolean>()
  const matches = (minute: Date): boolean => {
    if (!quarterMinutes.has(minute.getUTCMinutes() % offsetMinutes)) return false
    const known = answers.get(minute.getTime())
    if (known !== undefined) return known
    if (answers.size >= mostKept) answers.clear()
    const isNamed = task.match(minute)
    answers.set(minute.getTime(), isNamed)
    return isNamed
  }
  return Object.assign(matches, { quarterMinutes })
}

export type EveryMinute = (tick: () => void) => { readonly stop: () => Promise<void> }

/** Ticks at each full minute of real time. A tick that is missed is no harm: whoever it wakes computes what is due. */
export const everyMinute: EveryMinute = (tick) => {
  const task = schedule('* * * * *', tick, { suppressMissedWarning: true, unref: true })
  return { stop: async () => { await task.destroy() } }
}
