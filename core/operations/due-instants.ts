/** Whether a job's schedule names this minute. */
export interface Matches {
  (minute: Date): boolean
  /** Minutes of a quarter of an hour, 0 to 14, outside of which it names none: spares nearly all questions. */
  readonly quarterMinutes?: ReadonlySet<number>
}

const minuteMs = 60_000
/** Offsets of all zones of today are multiples of so many minutes. */
const quarter = 15

/**
 * Instants (whole minutes) at which a schedule is due, after `after` and up to and including `until`, in order. Lazy:
 * whoever catches up after a long time takes as many as it wants.
 */
export function * dueInstants (matches: Matches, after: Date, until: Date): Generator<Date, void> {
  const first = (Math.floor(after.getTime() / minuteMs) + 1) * minuteMs
  const { quarterMinutes } = matches
  for (let at = first; at <= until.getTime(); at += minuteMs) {
    if (quarterMinutes?.has(Math.floor(at / minuteMs) % quarter) === false) continue
    const minute = new Date(at)
    if (matches(minute)) yield minute
  }
}
