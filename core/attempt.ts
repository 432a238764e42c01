import { codeOf, isStoreTrouble, mayPass, nextAttempt, nextLook } from './back-off.ts'
import type { WaitingOutboxMessage } from './outbox.ts'

/** What follows from a failed attempt to carry an outbox message out. */
export type AfterAttempt =
  | { readonly kind: 'retry', readonly attempts: number, readonly nextAt: Date, readonly reason: string }
  | { readonly kind: 'dead', readonly attempts: number, readonly reason: string }

interface Circumstances {
  /** Business time, which `createdAt` is by. */
  readonly now: Date
  /** Real time, for the next attempt. */
  readonly realNow: Date
  /** How often in a row the kind's other party could not be reached, this time included. */
  readonly misses: number
  /** In [0, 1). */
  readonly random: number
}

/** So old a message is not news any more: nobody would expect it to take effect by itself. */
const oldestMs = 7 * 86_400_000
/** An error of the other party's application holds up all that is behind: it is given up after 1 s, 5 s and 30 s. */
const mostFailures = 3

/** OUTSIDE_DOWN counts no attempt, since nothing was sent; it ends by the message's age. */
export function afterAttempt (error: unknown, { attempts: before, createdAt }: WaitingOutboxMessage, { now, realNow, misses, random }: Circumstances): AfterAttempt {
  const reason = codeOf(error) ?? 'UNEXPECTED'
  if (reason === 'OUTSIDE_DOWN') {
    return now.getTime() - createdAt.getTime() >= oldestMs
      ? { kind: 'dead', attempts: before, reason }
      : { kind: 'retry', attempts: before, nextAt: nextLook(misses, realNow, random), reason }
  }
  const attempts = before + (isStoreTrouble(error) ? 0 : 1)
  const isEnough = !mayPass(error) || (reason === 'OUTSIDE_FAILED' && attempts > mostFailures)
  const nextAt = isEnough ? null : nextAttempt(Math.max(1, attempts), realNow, random)
  return nextAt === null ? { kind: 'dead', attempts, reason } : { kind: 'retry', attempts, nextAt, reason }
}
