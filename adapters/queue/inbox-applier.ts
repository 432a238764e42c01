import { setImmediate } from 'node:timers/promises'
import { codeOf } from '../../core/back-off.ts'
import { lanes, type InboxStore, type Lanes, type QueuedMessage, type Settled, type Then } from '../../core/inbox/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { LeaseHolder } from './lease-holder.ts'
import { wakeable, type Wake } from './wake.ts'

export interface InboxApplierOptions {
  readonly inReading: InTransaction<{ inbox: InboxStore }>
  /** Applies one batch (applyMessages with its deps). */
  readonly apply: (batch: readonly QueuedMessage[]) => Promise<readonly Settled[]>
  /** Only the holder of the lease `inbox` applies. */
  readonly lease: LeaseHolder
  /** Real time. */
  readonly wallClock: Clock
  /** Whether messages are coming in now whose senders wait for nothing but the disk: they go first, for a while. */
  readonly isIngesting?: () => boolean
  /** What an operator holds: everything, or what came by some sources. A new revision makes the queue be read anew. */
  readonly paused?: () => { readonly all: boolean, readonly sources: readonly string[], readonly revision: number }
  /** Batches at a time: 1 on SQLite, which has one writer; some on PostgreSQL. */
  readonly parallel?: number
  readonly maxBatch?: number
  /** How often other nodes' messages are looked for. */
  readonly pollMs?: number
  /** Messages that are known without their bytes; the rest stays in the store. */
  readonly maxKnown?: number
  readonly on?: ApplierEvents
}

/** For metrics, the log and those who wait for an outcome. */
interface ApplierEvents {
  readonly settled?: (settled: readonly Settled[], tookMs: number) => void
  readonly fault?: (code: string) => void
}

export interface InboxApplier {
  readonly notify: () => void
  /** Settles when no message can be applied now: none is queued, or each waits for its retry. */
  readonly drain: () => Promise<void>
  /** Settles when the running batches are done; the lease is given back. */
  readonly stop: () => Promise<void>
  readonly state: () => { readonly known: number, readonly running: number, readonly isLeader: boolean }
}

interface State {
  lanes: Lanes
  /** The newest sequence that was read. */
  cursor: number
  isLeader: boolean
  /** The queue was read to its end, and nothing was told since. */
  isRead: boolean
  readAt: number
  isStopping: boolean
  /** Batches in a row that the store refused as a whole. */
  troubles: number
  /** After such trouble: no batch before this time (ms). */
  notBefore: number
  /** Ingest goes first until this time (ms), unless somebody waits for the queue to be drained. */
  yieldUntil: number
  /** Since when (ms) ingest has been going first without a pause; null when it has not. */
  yieldingSince: number | null
  readonly running: Set<Promise<void>>
  /** Messages that the store got in the way of: they are to be tried soon, so nothing is at rest before. */
  readonly disturbed: Set<string>
  readonly drainers: Array<() => void>
  /** Of `paused`, when the queue was read. */
  pauseRevision: number
  /** When (ms) the loop last went round, to notice a clock that is set back. */
  roundAt: number
}

/**
 * While messages come in without a pause, applying takes this share of the time, so that acknowledgements stay fast;
 * after `mostYieldingMs` half of it, or the queue would only grow.
 */
const shareWhileIngesting = 1 / 20
/** A batch is one synchronous transaction on SQLite: while messages come in, readers and senders wait for no longer than this many take. */
const mostWhileIngesting = 8
const mostYieldingMs = 10_000
const longestYieldMs = 400
const shortestTroubleMs = 50
const longestTroubleMs = 5_000
/** Until a message is tried again that somebody else's write got in the way of. */
const conflictMs = 250
const pageSize = 1_000

/** Applies what is queued, in lanes, for as long as this node holds the lease. Starts at once. */
export function inboxApplier (options: InboxApplierOptions): InboxApplier {
  const state: State = {
    lanes: lanes(), cursor: 0, isLeader: false, isRead: false, readAt: 0, isStopping: false, troubles: 0, notBefore: 0, yieldUntil: 0, yieldingSince: null, running: new Set(), disturbed: new Set(), drainers: [], pauseRevision: 0, roundAt: 0
  }
  const wake = wakeable()
  const loop = runLoop(options, state, wake)
  return {
    notify: () => {
      state.isRead = false
      wake.wake()
    },
    drain: () => new Promise((resolve) => {
      if (state.isStopping) return resolve()
      state.drainers.push(resolve)
      state.isRead = false
      wake.wake()
    }),
    stop: async () => {
      state.isStopping = true
      wake.wake()
      await loop
      await Promise.all(state.running)
      if (state.isLeader) await options.lease.release().catch((error: unknown) => { options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
      state.isLeader = false
      answerDrainers(state)
    },
    state: () => ({ known: state.lanes.known(), running: state.lanes.running(), isLeader: state.isLeader })
  }
}

async function runLoop (options: InboxApplierOptions, state: State, wake: Wake): Promise<void> {
  const { pollMs = 500, wallClock, on } = options
  while (!state.isStopping) {
    noticeClock(state, wallClock.now().getTime())
    try {
      // Reading costs what an acknowledgement costs: not while ingest goes first.
      if (wallClock.now().getTime() >= startsAt(state)) await leadAndRead(options, state)
    } catch (error) {
      on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
      postpone(state, wallClock.now())
      state.isRead = false
    }
    const isIdle = await startBatches(options, state, wake)
    if (isIdle && state.isRead && state.disturbed.size === 0) answerDrainers(state)
    await wake.wait(untilNext(state, wallClock.now().getTime(), pollMs))
    if (wallClock.now().getTime() - state.readAt >= pollMs) state.isRead = false
  }
}

/** A clock that is set back must not make what is known wait until it is where it was: it is read anew. */
function noticeClock (state: State, now: number): void {
  if (now < state.roundAt) Object.assign(state, { isLeader: false, isRead: false, notBefore: 0, yieldUntil: 0, yieldingSince: null } satisfies Partial<State>)
  state.roundAt = now
}

async function leadAndRead (options: InboxApplierOptions, state: State): Promise<void> {
  await lead(options, state)
  if (state.isLeader) await read(options, state)
  else if (state.drainers.length > 0 && !await isSomethingDue(options)) answerDrainers(state)
}

/** Whoever takes over reads the queue anew: another node has settled some of what this one knew. So does a pause or its end. */
async function lead ({ lease, paused }: InboxApplierOptions, state: State): Promise<void> {
  const wasLeader = state.isLeader
  state.isLeader = await lease.hold()
  const revision = paused?.().revision ?? 0
  if ((wasLeader && revision === state.pauseRevision) || !state.isLeader) return
  state.pauseRevision = revision
  await Promise.all(state.running)
  state.disturbed.clear()
  state.lanes = lanes()
  state.cursor = 0
  state.isRead = false
}

async function read ({ inReading, wallClock, paused, maxKnown = 100_000 }: InboxApplierOptions, state: State): Promise<void> {
  if (state.isRead) return
  const limit = Math.min(pageSize, maxKnown - state.lanes.known())
  state.isRead = true
  state.readAt = wallClock.now().getTime()
  if (limit <= 0) return
  const sources = paused?.().sources ?? []
  const { newest, page } = await inReading(async ({ inbox }) => ({ newest: sources.length === 0 ? 0 : await inbox.newest(), page: await inbox.queued(state.cursor, limit, sources) }))
  state.lanes.add(page)
  state.cursor = page.at(-1)?.sequence ?? state.cursor
  if (page.length === limit) state.isRead = false
  // What is held piles up; it is not looked through again for each message that comes.
  else state.cursor = Math.max(state.cursor, newest)
}

async function isSomethingDue ({ inReading, wallClock, paused }: InboxApplierOptions): Promise<boolean> {
  if (paused?.().all === true) return false
  const now = wallClock.now()
  const queued = await inReading(({ inbox }) => inbox.queued(0, pageSize, paused?.().sources ?? []))
  return queued.some(({ nextAt }) => nextAt === null || nextAt <= now)
}

/** Answers whether nothing runs and nothing that is known may run. */
async function startBatches (options: InboxApplierOptions, state: State, wake: Wake): Promise<boolean> {
  const { parallel = 1, maxBatch = 32, wallClock, paused } = options
  if (paused?.().all === true) return state.running.size === 0
  while (!state.isStopping && state.isLeader && state.running.size < parallel && wallClock.now().getTime() >= startsAt(state)) {
    // At least one turn, or a synchronous database would keep sockets and timers waiting for the whole queue.
    await setImmediate()
    const size = Math.min(options.isIngesting?.() === true ? mostWhileIngesting : maxBatch, Math.ceil(state.lanes.known() / parallel))
    const batch = state.lanes.take(size, wallClock.now())
    if (batch.length === 0) return state.running.size === 0
    const run = runBatch(options, state, batch).finally(() => {
      state.running.delete(run)
      wake.wake()
    })
    state.running.add(run)
  }
  return false
}

function letIngestGoFirst ({ isIngesting }: InboxApplierOptions, state: State, { now, tookMs }: { readonly now: number, readonly tookMs: number }): void {
  if (isIngesting?.() !== true) {
    state.yieldingSince = null
    return
  }
  state.yieldingSince ??= now
  const share = now - state.yieldingSince < mostYieldingMs ? shareWhileIngesting : 1 / 2
  state.yieldUntil = now + Math.min(longestYieldMs, tookMs * (1 / share - 1))
}

async function runBatch (options: InboxApplierOptions, state: State, batch: readonly QueuedMessage[]): Promise<void> {
  const { apply, wallClock, on } = options
  const startedAt = wallClock.now().getTime()
  let settled: readonly Settled[]
  try {
    settled = await apply(batch)
  } catch (error) {
    on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    settled = batch.map(({ id }) => ({ id, kind: 'again' }))
  }
  const now = wallClock.now()
  if (settled.every(({ kind }) => kind === 'again')) postpone(state, now)
  else state.troubles = 0
  for (const { id, kind } of settled) {
    if (kind === 'again') state.disturbed.add(id)
    else state.disturbed.delete(id)
  }
  const attempts = new Map(batch.map((message) => [message.id, message.attempts]))
  state.lanes.settle(settled.map((one) => ({ id: one.id, then: thenOf(one, attempts.get(one.id) ?? 0, now) })))
  const tookMs = now.getTime() - startedAt
  letIngestGoFirst(options, state, { now: now.getTime(), tookMs: Math.max(1, tookMs) })
  on?.settled?.(settled, tookMs)
}

function thenOf (settled: Settled, attempts: number, now: Date): Then {
  switch (settled.kind) {
    case 'applied':
    case 'dead':
    case 'settled_before':
      return { kind: 'gone' }
    case 'retry':
      return { kind: 'again', attempts: settled.attempts, notBefore: settled.nextAt }
    case 'again':
      return { kind: 'again', attempts, notBefore: new Date(now.getTime() + conflictMs) }
    case 'behind':
      return { kind: 'again', attempts, notBefore: null }
  }
}

function postpone (state: State, now: Date): void {
  state.notBefore = now.getTime() + Math.min(longestTroubleMs, shortestTroubleMs * 2 ** Math.min(state.troubles, 10))
  state.troubles += 1
}

function untilNext (state: State, now: number, pollMs: number): number {
  if (state.running.size > 0) return pollMs
  if (startsAt(state) > now) return startsAt(state) - now
  if (state.isLeader && !state.isRead) return 0
  const retryAt = state.lanes.nextRetryAt()?.getTime()
  return retryAt === undefined ? pollMs : Math.max(1, Math.min(pollMs, retryAt - now))
}

function startsAt ({ notBefore, yieldUntil, drainers }: State): number {
  return drainers.length > 0 ? notBefore : Math.max(notBefore, yieldUntil)
}

function answerDrainers ({ drainers }: State): void {
  for (const resolve of drainers.splice(0)) resolve()
}
