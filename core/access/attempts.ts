import type { AttemptKind, AttemptStore } from './ports.ts'

/** Claims about persons that may be wrong: few a day, so that nobody finds out who is a patient by trying. */
const attemptLimits = { inADay: 5, dayMs: 86_400_000 } as const

/** When the next attempt is open, or null for now. */
export async function nextAttemptAt (attempts: AttemptStore, kind: AttemptKind, subject: string, now: Date): Promise<Date | null> {
  const since = new Date(now.getTime() - attemptLimits.dayMs)
  await attempts.dropBefore(since)
  const [oldest, ...others] = (await attempts.since(kind, subject, since)).slice(-attemptLimits.inADay)
  return oldest === undefined || others.length + 1 < attemptLimits.inADay ? null : new Date(oldest.getTime() + attemptLimits.dayMs)
}
