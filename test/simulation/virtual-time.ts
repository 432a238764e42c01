import type { MovableClock } from '../../core/operations/index.ts'
import type { Ids } from '../../core/ids.ts'

/** One clock for everything: what is due by business time and what waits for a retry by real time go by the same instants. */
export interface VirtualClock extends MovableClock {
  /** Forward, and nothing runs on the way. */
  readonly jump: (instant: Date) => void
}

export function virtualClock (start: Date): VirtualClock {
  let now = start.getTime()
  const jump = (instant: Date): void => {
    if (instant.getTime() < now) throw new Error(`time goes forward only: ${instant.toISOString()} is before ${new Date(now).toISOString()}`)
    now = instant.getTime()
  }
  return { now: () => new Date(now), set: async (instant) => { jump(instant) }, jump }
}

/** Rising ids in the form of UUIDs, the same in every run. */
export function countedIds (): Ids {
  let count = 0
  return {
    next: () => {
      count += 1
      const hex = count.toString(16).padStart(20, '0')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-${hex.slice(-12)}`
    }
  }
}

export const minutes = (count: number): number => count * 60_000
export const daysLong = (count: number): number => count * 86_400_000
/** Beijing has no summer time. */
export const beijing = (day: string, time: string): Date => new Date(`${day}T${time}+08:00`)
export const dayOf = (instant: Date): string => new Date(instant.getTime() + 28_800_000).toISOString().slice(0, 10)
