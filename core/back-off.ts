import { catalogue, type ErrorCode, type ErrorKind } from './errors.ts'

/** Waits after the first, second, … failed attempt: 1 s, 5 s, 30 s, 5 min, 1 h. After the last one nobody tries again by itself. */
const waitsMs = [1_000, 5_000, 30_000, 300_000, 3_600_000] as const

/**
 * When to try again after `attempts` failures, by real time; null when it is enough. `random` is in [0, 1): up to a
 * fifth is added, so that what failed together does not come back together.
 */
export function nextAttempt (attempts: number, now: Date, random: number): Date | null {
  const waitMs = waitsMs[attempts - 1]
  return waitMs === undefined ? null : new Date(now.getTime() + Math.round(waitMs * (1 + random / 5)))
}

/** Waits before a system that could not be reached is looked for again; the last one goes on. */
const missesMs = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const

/** When to look again after `misses` looks in a row in vain, by real time. It does not end by itself. */
export function nextLook (misses: number, now: Date, random: number): Date {
  const waitMs = missesMs[Math.min(misses, missesMs.length) - 1] ?? missesMs[0]
  return new Date(now.getTime() + Math.round(waitMs * (1 + random / 5)))
}

/** The catalogue's code of an error, also of one that is not a DomainError (a MappingError); null for a surprise. */
export function codeOf (error: unknown): ErrorCode | null {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && Object.hasOwn(catalogue, code) ? code as ErrorCode : null
}

/** The store was away or somebody wrote first: nothing is wrong with the thing itself, so it counts as no attempt. */
export function isStoreTrouble (error: unknown): boolean {
  const code = codeOf(error)
  return code === 'STORE_UNAVAILABLE' || code === 'STORE_WRITE_CONFLICT'
}

/** A surprise may pass; a refusal of the thing itself will not. */
export function mayPass (error: unknown): boolean {
  const code = codeOf(error)
  return code === null || kindOfCode(code) === 'unavailable'
}

/** Kind of a recorded failure's code; a surprise is the fault of a part, not of the message. */
export function kindOfCode (code: string): ErrorKind {
  return Object.hasOwn(catalogue, code) ? catalogue[code as ErrorCode] : 'unavailable'
}

/**
 * What may be kept of a surprise: what kind of error at which line of ours. Never its message, which may quote data.
 */
export function placeOfSurprise (error: unknown): string {
  if (!(error instanceof Error)) return 'not an error'
  const line = /^ +at .*?([\w.-]+\.[jt]s:\d+:\d+)\)?$/m.exec(error.stack ?? '')
  return line === null ? error.name : `${error.name} at ${line[1]}`
}
