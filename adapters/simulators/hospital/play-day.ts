import type { HospitalLink } from './hospital-link.ts'
import type { Step } from './step.ts'

interface DayPlay {
  /** Steps of all hospitals, in order of their time. */
  readonly plan: readonly Step[]
  readonly links: ReadonlyMap<string, HospitalLink>
  readonly clock: MovableClock
  /** When the last desk closes; the clock stands here afterwards. */
  readonly closesAt: Date
  /** Null plays as fast as the receivers answer. */
  readonly pace: Pace | null
  readonly signal: AbortSignal
}

/** The business clock, which a played day carries forward. */
export interface MovableClock {
  readonly now: () => Date
  readonly setNow: (now: Date) => Promise<void>
}

export interface Pace {
  /** Real time that the whole day takes. */
  readonly totalMs: number
  /** Real time since some fixed moment. */
  readonly elapsedMs: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** Sends each step at its business time: the clock never runs ahead of a message that is still unanswered. */
export async function playDay (play: DayPlay): Promise<{ readonly sent: number }> {
  const opensAt = play.plan[0]?.at ?? play.closesAt
  const startedMs = play.pace?.elapsedMs() ?? 0
  const reach = async (instant: Date): Promise<void> => {
    const share = (instant.getTime() - opensAt.getTime()) / Math.max(1, play.closesAt.getTime() - opensAt.getTime())
    const aheadMs = play.pace === null ? 0 : startedMs + share * play.pace.totalMs - play.pace.elapsedMs()
    if (aheadMs > 0) await play.pace?.wait(aheadMs)
    if (instant > play.clock.now()) await play.clock.setNow(instant)
  }
  let sent = 0
  try {
    for (const step of play.plan) {
      if (play.signal.aborted) return { sent }
      await reach(step.at)
      await play.links.get(step.hospital)?.deliver(step)
      sent += 1
    }
    await reach(play.closesAt)
  } catch (error) {
    // Whoever ends the play closes the lines too; what was under way then fails, and that is no fault.
    if (!play.signal.aborted) throw error
  }
  return { sent }
}
