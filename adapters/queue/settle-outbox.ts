import { afterAttempt } from '../../core/attempt.ts'
import { codeOf } from '../../core/back-off.ts'
import type { Clock } from '../../core/clock.ts'
import type { CarryOut, KindRule, OutboxStore, WaitingOutboxMessage } from '../../core/outbox.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'

/** What both engines of the outbox are told. */
export interface OutboxWork {
  readonly inTransaction: InTransaction<{ outbox: OutboxStore }>
  readonly inReading: InTransaction<{ outbox: OutboxStore }>
  /** What carries out each kind. A kind without one stays in the outbox until a version that knows it comes. */
  readonly carryOut: Readonly<Record<string, CarryOut>>
  /** Of kinds that keep an order or another number than `maxRunning`. */
  readonly rules?: Readonly<Record<string, KindRule>>
  /** At a time, of each kind without a rule. */
  readonly maxRunning?: number
  /** A paused kind is not begun; what runs ends. */
  readonly isPaused?: (kind: string) => boolean
  /** Business time, for when it was done. */
  readonly clock: Clock
  /** Real time, for attempts. */
  readonly wallClock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly pollMs?: number
  readonly on?: {
    readonly settled?: (settled: { readonly kind: string, readonly as: 'done' | 'retry' | 'dead' }) => void
    readonly fault?: (code: string) => void
  }
}

export function ruleOf ({ rules = {}, maxRunning = 4 }: OutboxWork, kind: string): KindRule {
  return (Object.hasOwn(rules, kind) ? rules[kind] : undefined) ?? { maxRunning, inOrder: false }
}

/** Messages of a kind that may be begun now; none while it is paused. */
export async function dueOf (work: OutboxWork, kind: string, limit: number): Promise<readonly WaitingOutboxMessage[]> {
  if (work.isPaused?.(kind) === true) return []
  const now = work.wallClock.now()
  return work.inReading(({ outbox }) => ruleOf(work, kind).inOrder ? outbox.dueInOrder(now, limit, kind) : outbox.due(now, limit, kind))
}

export type SettleOutbox = (message: WaitingOutboxMessage) => Promise<void>

/** Carries out and records what became of it. Never refuses: what could not be recorded is still due, with the same key. */
export function settlesOutbox (work: OutboxWork): SettleOutbox {
  /** Of each kind, how often in a row its other party was out of reach. Forgotten with the process: then it is looked for sooner. */
  const misses = new Map<string, number>()
  return async (message) => {
    const { inTransaction, carryOut, clock, on } = work
    let as: 'done' | 'retry' | 'dead' = 'done'
    try {
      const failed = await failureOf(async () => carryOut[message.kind]?.(message))
      misses.set(message.kind, failed !== null && codeOf(failed.error) === 'OUTSIDE_DOWN' ? (misses.get(message.kind) ?? 0) + 1 : 0)
      await inTransaction(async ({ outbox }) => {
        if (failed === null) await outbox.markDone(message.id, clock.now())
        else as = await recordFailure(work, outbox, { message, error: failed.error, misses: misses.get(message.kind) ?? 0 })
      })
      on?.settled?.({ kind: message.kind, as })
    } catch (error) {
      on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

async function failureOf (work: () => Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await work()
    return null
  } catch (error) {
    return { error }
  }
}

async function recordFailure ({ clock, wallClock, random }: OutboxWork, outbox: OutboxStore, { message, error, misses }: {
  readonly message: WaitingOutboxMessage, readonly error: unknown, readonly misses: number
}): Promise<'retry' | 'dead'> {
  const after = afterAttempt(error, message, { now: clock.now(), realNow: wallClock.now(), misses, random: random() })
  if (after.kind === 'dead') await outbox.markDead(message.id, { ...after, at: clock.now() })
  else await outbox.markRetry(message.id, after)
  return after.kind
}
