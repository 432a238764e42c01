import { codeOf } from '../../core/back-off.ts'
import type { OutboxEngine } from '../../core/outbox.ts'
import { drainersOf, type Drainers } from './drainers.ts'
import type { LeaseHolder } from './lease-holder.ts'
import { dueOf, ruleOf, settlesOutbox, type OutboxWork, type SettleOutbox } from './settle-outbox.ts'
import { wakeable } from './wake.ts'

export interface OutboxDispatcherOptions extends OutboxWork {
  /** Only the holder of the lease `outbox` carries out. */
  readonly lease: LeaseHolder
}

interface State {
  readonly settle: SettleOutbox
  isStopping: boolean
  isLeader: boolean
  readonly running: Map<string, Promise<void>>
  readonly runningOfKind: Map<string, number>
  readonly drainers: Drainers
}

/** The in-process engine of the outbox. Starts at once. */
export function outboxDispatcher (options: OutboxDispatcherOptions): OutboxEngine {
  const state: State = { settle: settlesOutbox(options), isStopping: false, isLeader: false, running: new Map(), runningOfKind: new Map(), drainers: drainersOf() }
  const wake = wakeable()
  const loop = runLoop(options, state, wake)
  return {
    notify: wake.wake,
    drain: async () => {
      if (state.isStopping) return
      const drained = state.drainers.wait()
      wake.wake()
      await drained
    },
    stop: async () => {
      state.isStopping = true
      wake.wake()
      await loop
      await Promise.all(state.running.values())
      if (state.isLeader) await options.lease.release().catch((error: unknown) => { options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
      state.drainers.answerAll()
    }
  }
}

async function runLoop (options: OutboxDispatcherOptions, state: State, wake: ReturnType<typeof wakeable>): Promise<void> {
  const { lease, pollMs = 1_000, on } = options
  while (!state.isStopping) {
    const notice = state.drainers.notice()
    // Also what ends during this pass: its kind was not asked for more.
    const isFree = state.running.size === 0
    try {
      state.isLeader = await lease.hold()
      const started = state.isLeader ? await startDue(options, state, wake.wake) : await countDue(options)
      if (started === 0 && isFree) state.drainers.answer(notice)
    } catch (error) {
      on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    }
    await wake.wait(pollMs)
  }
}

/** Answers how many were started. */
async function startDue (options: OutboxDispatcherOptions, state: State, wake: () => void): Promise<number> {
  let started = 0
  for (const kind of await kindsDue(options)) {
    const { maxRunning } = ruleOf(options, kind)
    const free = maxRunning - (state.runningOfKind.get(kind) ?? 0)
    if (free <= 0) continue
    // What settles while this is read would look as if it were still due.
    const before = new Set(state.running.keys())
    const due = await dueOf(options, kind, maxRunning + free)
    if (state.isStopping) return started
    for (const message of due.filter(({ id }) => !before.has(id)).slice(0, free)) {
      started += 1
      state.runningOfKind.set(kind, (state.runningOfKind.get(kind) ?? 0) + 1)
      const run = state.settle(message).finally(() => {
        state.running.delete(message.id)
        state.runningOfKind.set(kind, (state.runningOfKind.get(kind) ?? 1) - 1)
        wake()
      })
      state.running.set(message.id, run)
    }
  }
  return started
}

async function kindsDue ({ inReading, wallClock, carryOut }: OutboxDispatcherOptions): Promise<readonly string[]> {
  return (await inReading(({ outbox }) => outbox.dueKinds(wallClock.now()))).filter((kind) => Object.hasOwn(carryOut, kind))
}

/** What another node has still to carry out. */
async function countDue (options: OutboxDispatcherOptions): Promise<number> {
  let count = 0
  for (const kind of await kindsDue(options)) count += (await dueOf(options, kind, 1)).length
  return count
}
