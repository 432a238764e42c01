/** Whether a job's schedule names this minute. */
export type Matches = (minute: Date) => boolean

const minuteMs = 60_000

/**
 * Instants (whole minutes) at which a schedule is due, after `after` and up to and including `until`, in order. Lazy:
 * whoever catches up after a long time takes as many as it wants.
 */
export function * dueInstants (matches: Matches, after: Date, until: Date): Generator<Date, void> {
  const first = (Math.floor(after.getTime() / minuteMs) + 1) * minuteMs
  for (let at = first; at <= until.getTime(); at += minuteMs) {
    const minute = new Date(at)
    if (matches(minute)) yield minute
  }
}
