import type { Calendar } from '../../core/clock.ts'

/** Where reading goes on, as it is kept beside the rows that were taken in. */
export type ViewCursor =
  | { readonly kind: 'version', /** Hex of the last rowversion that was read. */ readonly after: string }
  | { readonly kind: 'pass', /** The newest time that any row told. */ readonly newest: string | null, /** When the last reach over all of `rereadDays` began. */ readonly reachedAt: string | null, readonly pass: Pass | null }

/** One way through the rows by key. */
export interface Pass {
  /** Rows that changed since then, in the database's own time; null: all. */
  readonly from: string | null
  /** Key of the last row that was taken in. */
  readonly after: string | null
}

const fromTheStart = { version: { kind: 'version', after: '' }, pass: { kind: 'pass', newest: null, reachedAt: null, pass: null } } as const satisfies Readonly<Record<string, ViewCursor>>

/** What was kept, where it is of the kind that the view needs now; else from the start, which only repeats what is known. */
export function cursorOf<Kind extends ViewCursor['kind']> (kind: Kind, kept: string | null): Extract<ViewCursor, { kind: Kind }> {
  const start = fromTheStart[kind] as unknown as Extract<ViewCursor, { kind: Kind }>
  if (kept === null) return start
  const cursor = JSON.parse(kept) as ViewCursor
  return cursor.kind === kind ? cursor as Extract<ViewCursor, { kind: Kind }> : start
}

const overlapMs = 600_000
const reachEveryMs = 3_600_000
const dayMs = 86_400_000

/**
 * Which rows the next pass reads: all at first; once an hour those of the last `rereadDays`, because a row may be
 * written long after the time it tells; otherwise those that are about as new as the newest that was seen. Where a
 * time lies ahead (a shift, a slip of a clerk), everything from today on.
 */
export function nextPass (cursor: Extract<ViewCursor, { kind: 'pass' }>, by: { readonly now: Date, readonly calendar: Calendar, readonly rereadDays: number }): Extract<ViewCursor, { kind: 'pass' }> & { readonly pass: Pass } {
  const { newest, reachedAt, pass } = cursor
  if (pass !== null) return { ...cursor, pass }
  if (reachedAt === null) return { ...cursor, reachedAt: by.now.toISOString(), pass: { from: null, after: null } }
  const reachedMs = by.now.getTime() - Date.parse(reachedAt)
  // Below 0: the clock was ahead when it was written down.
  if (newest === null || reachedMs >= reachEveryMs || reachedMs < 0) {
    return { ...cursor, reachedAt: by.now.toISOString(), pass: { from: dayBefore(by.calendar(by.now), by.rereadDays), after: null } }
  }
  const today = by.calendar(by.now)
  return { ...cursor, pass: { from: newest.slice(0, 10) > today ? today : earlier(newest), after: null } }
}

/** A day more than asked for: the database's day may begin some hours off ours. */
function dayBefore (date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - (days + 1) * dayMs).toISOString().slice(0, 10)
}

function earlier (time: string): string {
  return new Date(parameterOf(time).getTime() - overlapMs).toISOString().slice(0, -1)
}

/** A time of the database's as the driver binds it: its parts as if they were UTC. */
export function parameterOf (time: string): Date {
  return new Date(/T.*(Z|[+-]\d{2}:\d{2})$/.test(time) ? time : time.includes('T') ? `${time}Z` : `${time}T00:00:00Z`)
}

/** The later of two times of one column, which are written alike. */
export function later (one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return other > one ? other : one
}
