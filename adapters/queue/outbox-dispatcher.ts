import { codeOf, isStoreTrouble, mayPass, nextAttempt } from '../../core/back-off.ts'
import type { Clock } from '../../core/clock.ts'
import type { CarryOut, OutboxEngine, OutboxStore, WaitingOutboxMessage } from '../../core/outbox.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { LeaseHolder } from './lease-holder.ts'
import { wakeable } from './wake.ts'

interface OutboxDispatcherOptions {
  readonly inTransaction: InTransaction<{ outbox: OutboxStore }>
  readonly inReading: InTransaction<{ outbox: OutboxStore }>
  /** What carries out each kind. A kind without one stays in the outbox until a version that knows it comes. */
  readonly carryOut: Readonly<Record<string, CarryOut>>
  /** Only the holder of the lease `outbox` carries out. */
  readonly lease: LeaseHolder
  /** Business time, for when it was done. */
  readonly clock: Clock
  /** Real time, for attempts. */
  readonly wallClock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** At a time, of each kind. */
  readonly maxRunning?: number
  readonly pollMs?: number
  readonly on?: {
    readonly settled?: (settled: { readonly kind: string, readonly as: 'done' | 'retry' | 'dead' }) => void
    readonly fault?: (code: string) => void
  }
}

interface State {
  isStopping: boolean
  isLeader: boolean
  /** Grows with each notice; what was read before the newest one may be out of date. */
  notices: number
  readonly running: Map<string, Promise<void>>
  readonly runningOfKind: Map<string, number>
  readonly drainers: Array<{ readonly resolve: () => void, readonly notice: number }>
}

/** The in-process engine of the outbox. Starts at once. */
export function outboxDispatcher (options: OutboxDispatcherOptions): OutboxEngine {
  const state: State = { isStopping: false, isLeader: false, notices: 0, running: new Map(), runningOfKind: new Map(), drainers: [] }
  const wake = wakeable()
  const loop = runLoop(options, state, wake)
  return {
    notify: wake.wake,
    drain: () => new Promise((resolve) => {
      if (state.isStopping) return resolve()
      state.drainers.push({ resolve, notice: state.notices += 1 })
      wake.wake()
    }),
    stop: async () => {
      state.isStopping = true
      wake.wake()
      await loop
      await Promise.all(state.running.values())
      if (state.isLeader) await options.lease.release().catch((error: unknown) => { options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
      state.drainers.splice(0).forEach(({ resolve }) => { resolve() })
    }
  }
}

async function runLoop (options: OutboxDispatcherOptions, state: State, wake: ReturnType<typeof wakeable>): Promise<void> {
  const { lease, pollMs = 1_000, on } = options
  while (!state.isStopping) {
    const notice = state.notices
    // Also what ends during this pass: its kind was not asked for more.
    const isFree = state.running.size === 0
    try {
      state.isLeader = await lease.hold()
      const started = state.isLeader ? await startDue(options, state, wake.wake) : await countDue(options)
      if (started === 0 && isFree) answerDrainers(state, notice)
    } catch (error) {
      on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    }
    await wake.wait(pollMs)
  }
}

/** Answers how many were started. */
async function startDue (options: OutboxDispatcherOptions, state: State, wake: () => void): Promise<number> {
  const { inReading, carryOut, wallClock, maxRunning = 4 } = options
  let started = 0
  for (const kind of Object.keys(carryOut)) {
    const free = maxRunning - (state.runningOfKind.get(kind) ?? 0)
    if (free <= 0) continue
    // What settles while this is read would look as if it were still due.
    const before = new Set(state.running.keys())
    const due = await inReading(({ outbox }) => outbox.due(wallClock.now(), maxRunning + free, kind))
    for (const message of due.filter(({ id }) => !before.has(id)).slice(0, free)) {
      started += 1
      state.runningOfKind.set(kind, (state.runningOfKind.get(kind) ?? 0) + 1)
      const run = settle(options, message).finally(() => {
        state.running.delete(message.id)
        state.runningOfKind.set(kind, (state.runningOfKind.get(kind) ?? 1) - 1)
        wake()
      })
      state.running.set(message.id, run)
    }
  }
  return started
}

/** What another node has still to carry out. */
async function countDue ({ inReading, carryOut, wallClock }: OutboxDispatcherOptions): Promise<number> {
  let count = 0
  for (const kind of Object.keys(carryOut)) count += (await inReading(({ outbox }) => outbox.due(wallClock.now(), 1, kind))).length
  return count
}

async function settle (options: OutboxDispatcherOptions, message: WaitingOutboxMessage): Promise<void> {
  const { inTransaction, carryOut, clock, on } = options
  let as: 'done' | 'retry' | 'dead' = 'done'
  try {
    const failed = await failureOf(async () => carryOut[message.kind]?.(message))
    await inTransaction(async ({ outbox }) => {
      if (failed === null) await outbox.markDone(message.id, clock.now())
      else as = await recordFailure(options, outbox, message, failed.error)
    })
    on?.settled?.({ kind: message.kind, as })
  } catch (error) {
    // Not recorded: it is still due and is carried out again with the same key.
    on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    await new Promise((resolve) => setTimeout(resolve, 250))
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

async function recordFailure ({ clock, wallClock, random }: OutboxDispatcherOptions, outbox: OutboxStore, message: WaitingOutboxMessage, error: unknown): Promise<'retry' | 'dead'> {
  const attempts = message.attempts + (isStoreTrouble(error) ? 0 : 1)
  const reason = codeOf(error) ?? 'UNEXPECTED'
  const nextAt = mayPass(error) ? nextAttempt(Math.max(1, attempts), wallClock.now(), random()) : null
  if (nextAt === null) {
    await outbox.markDead(message.id, { attempts, reason, at: clock.now() })
    return 'dead'
  }
  await outbox.markRetry(message.id, { attempts, nextAt, reason })
  return 'retry'
}

function answerDrainers ({ drainers }: State, notice: number): void {
  const answered = drainers.filter((drainer) => drainer.notice <= notice)
  for (const drainer of answered) {
    drainers.splice(drainers.indexOf(drainer), 1)
    drainer.resolve()
  }
}
