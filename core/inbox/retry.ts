import { codeOf, isStoreTrouble, mayPass, nextAttempt, placeOfSurprise } from '../back-off.ts'
import { DomainError } from '../errors.ts'
import type { Failure } from './message.ts'

/** What follows from a failed attempt to apply a message. */
type AfterFailure =
  /** The store was away or somebody wrote first: no attempt is counted and nothing is recorded. */
  | { readonly kind: 'again' }
  | { readonly kind: 'retry', readonly attempts: number, readonly nextAt: Date, readonly failure: Failure }
  | { readonly kind: 'dead', readonly attempts: number, readonly failure: Failure }

/** `attempts` are those before this one; `now` is real time; `random` is in [0, 1). */
export function afterFailure (error: unknown, attempts: number, { now, random }: { readonly now: Date, readonly random: number }): AfterFailure {
  if (isStoreTrouble(error)) return { kind: 'again' }
  const failure = failureOf(error)
  const counted = attempts + 1
  const nextAt = mayPass(error) ? nextAttempt(counted, now, random) : null
  return nextAt === null ? { kind: 'dead', attempts: counted, failure } : { kind: 'retry', attempts: counted, nextAt, failure }
}

/**
 * A refusal's message tells what to do and by the rule of the catalogue quotes no data. A surprise's message might, so
 * only its place is kept.
 */
export function failureOf (error: unknown): Failure {
  const code = codeOf(error)
  if (code === null) return { code: 'UNEXPECTED', detail: `An unexpected fault: ${placeOfSurprise(error)}.`, place: null }
  const place: unknown = error instanceof DomainError ? error.place : (error as { place?: unknown }).place
  return { code, detail: (error as Error).message, place: typeof place === 'string' ? place : null }
}
