import { Redis } from 'ioredis'
import { Queue, Worker } from 'bullmq'
import { codeOf } from '../../core/back-off.ts'
import type { OutboxEngine } from '../../core/outbox.ts'
import { drainersOf, type Drainers } from './drainers.ts'
import type { LeaseHolder } from './lease-holder.ts'
import { dueOf, ruleOf, settlesOutbox, type OutboxWork, type SettleOutbox } from './settle-outbox.ts'
import { wakeable } from './wake.ts'

export interface BullOutboxOptions extends OutboxWork {
  readonly redisUrl: string
  /** Before every key, so that installations may share a Redis. */
  readonly keyPrefix?: string
  /** Of a kind that keeps its order: the node that holds it carries the kind out. */
  readonly leaseOf: (kind: string) => LeaseHolder
  /** A job whose node gave no sign for so long is taken over by another. */
  readonly lockMs?: number
}

/** Jobs of one kind that this node puts into Redis ahead of the workers. */
const mostEnqueued = 200
/** So long after a message was enqueued and is still due, its job may be lost; a second one with its id is none. */
const enqueueAgainMs = 5_000
const usualPollMs = 1_000
const commandTimeoutMs = 5_000
const closeGraceMs = 5_000

/** Bull refuses numbers as ids of jobs. */
const jobIdOf = (messageId: string): string => `message-${messageId}`
const messageIdOf = (jobId: string): string => jobId.slice('message-'.length)

interface Kind {
  readonly name: string
  readonly queue: Queue
  readonly worker: Worker
  /** Null where any node may carry out. */
  readonly lease: LeaseHolder | null
  /** When this node enqueued each message that it has not seen settled, in real ms. */
  readonly enqueued: Map<string, number>
  isHeld: boolean
  lookedAtMs: number
}

interface State {
  readonly options: BullOutboxOptions
  readonly settle: SettleOutbox
  readonly commands: Redis
  readonly blocking: Redis
  readonly kinds: readonly Kind[]
  readonly running: Map<string, Promise<void>>
  readonly drainers: Drainers
  readonly wake: ReturnType<typeof wakeable>
  isStopping: boolean
  /** One fault for each time that Redis goes away. */
  isAway: boolean
}

/**
 * The engine of the outbox for several nodes. The outbox stays the truth: a job is no more than the id of a message
 * that is due, looked up again before it is carried out, and what becomes of it is written to the outbox. So jobs may
 * be lost, doubled or late: what is due is enqueued again from time to time by every node.
 *
 * Of a kind that keeps its order only the oldest message has a job, and only the node with the kind's lease works.
 * Starts at once, also while Redis is away.
 */
export function openBullEngine (options: BullOutboxOptions): OutboxEngine {
  const state = open(options)
  const loop = runLoop(state)
  return {
    notify: state.wake.wake,
    drain: async () => {
      if (state.isStopping) return
      const drained = state.drainers.wait()
      state.wake.wake()
      await drained
    },
    stop: async () => {
      state.isStopping = true
      state.wake.wake()
      await loop
      await close(state)
      state.drainers.answerAll()
    }
  }
}

function open (options: BullOutboxOptions): State {
  const away = { isAway: false, isStopping: false }
  const commands = new Redis(options.redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: commandTimeoutMs })
  const blocking = new Redis(options.redisUrl, { maxRetriesPerRequest: null })
  const kinds: Kind[] = []
  const state: State = {
    options, commands, blocking, kinds, settle: settlesOutbox(options), running: new Map(), drainers: drainersOf(), wake: wakeable(), ...away
  }
  for (const connection of [commands, blocking]) connection.on('error', () => { lostRedis(state) })
  commands.on('ready', () => {
    state.isAway = false
    state.wake.wake()
  })
  for (const name of Object.keys(options.carryOut)) kinds.push(openKind(state, name))
  return state
}

function openKind (state: State, name: string): Kind {
  const { options, commands, blocking } = state
  const { keyPrefix: prefix = 'yiqiao', lockMs = 15_000, leaseOf } = options
  const { maxRunning, inOrder } = ruleOf(options, name)
  // A colon separates the parts of Bull's own keys.
  const queueName = name.replaceAll(':', '.')
  const queue = new Queue(queueName, { connection: commands, prefix, skipWaitingForReady: true, skipVersionCheck: true })
  const worker = new Worker(queueName, async ({ id = '' }) => { await carryOut(state, name, messageIdOf(id)) }, {
    connection: blocking, prefix, concurrency: maxRunning, lockDuration: lockMs, stalledInterval: lockMs, skipVersionCheck: true, autorun: !inOrder
  })
  const kind: Kind = { name, queue, worker, lease: inOrder ? leaseOf(name) : null, enqueued: new Map(), isHeld: !inOrder, lookedAtMs: -Infinity }
  queue.on('error', () => { lostRedis(state) })
  worker.on('error', () => { lostRedis(state) })
  // Only now is its id free for the job of the next attempt.
  worker.on('completed', ({ id = '' }) => {
    kind.enqueued.delete(messageIdOf(id))
    state.wake.wake()
  })
  return kind
}

/** An error while Redis is there is about one job: what it was for is still due, and is enqueued again. */
function lostRedis (state: State): void {
  if (state.commands.status !== 'ready') tellAway(state)
}

function tellAway (state: State): void {
  if (state.isAway || state.isStopping) return
  state.isAway = true
  state.options.on?.fault?.('OUTSIDE_UNAVAILABLE')
}

async function runLoop (state: State): Promise<void> {
  const { options: { pollMs = usualPollMs, on }, wake } = state
  while (!state.isStopping) {
    const notice = state.drainers.notice()
    const isFree = state.running.size === 0
    try {
      let due = 0
      for (const kind of state.kinds) due += await sweep(state, kind)
      if (due === 0 && isFree) state.drainers.answer(notice)
    } catch (error) {
      on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
    }
    await wake.wait(pollMs)
  }
}

/** Enqueues what is due; answers how much that is, not counting what Redis holds from before. */
async function sweep (state: State, kind: Kind): Promise<number> {
  const { options, commands } = state
  const isMine = await holdsLease(state, kind)
  if (!isMine) return (await dueOf(options, kind.name, 1)).length
  const now = performance.now()
  // A long queue is not read anew for each message that leaves it.
  if (kind.enqueued.size > mostEnqueued / 2 && now - kind.lookedAtMs < (options.pollMs ?? usualPollMs)) return kind.enqueued.size
  kind.lookedAtMs = now
  const due = await dueOf(options, kind.name, kind.lease === null ? mostEnqueued : 1)
  const ids = new Set(due.map(({ id }) => id))
  for (const id of kind.enqueued.keys()) if (!ids.has(id)) kind.enqueued.delete(id)
  const missing = due.filter(({ id }) => !state.running.has(id) && now - (kind.enqueued.get(id) ?? -Infinity) >= enqueueAgainMs)
  if (missing.length === 0 || commands.status !== 'ready') return due.length
  try {
    await kind.queue.addBulk(missing.map(({ id }) => ({ name: kind.name, data: null, opts: { jobId: jobIdOf(id), removeOnComplete: true, removeOnFail: true } })))
    for (const { id } of missing) kind.enqueued.set(id, now)
  } catch {
    tellAway(state)
  }
  return due.length
}

async function holdsLease (state: State, kind: Kind): Promise<boolean> {
  if (kind.lease === null) return true
  const isHeld = await kind.lease.hold()
  if (isHeld && !kind.isHeld && !state.isStopping) {
    if (kind.worker.isPaused()) await kind.worker.resume()
    else if (!kind.worker.isRunning()) void kind.worker.run().catch(() => { lostRedis(state) })
  }
  if (!isHeld && kind.isHeld) await kind.worker.pause(true)
  kind.isHeld = isHeld
  return isHeld
}

async function carryOut (state: State, kind: string, id: string): Promise<void> {
  const { options, running } = state
  try {
    // Settled meanwhile, not yet due again, no longer the oldest, or paused: then this job has nothing to do.
    const message = ruleOf(options, kind).inOrder
      ? (await dueOf(options, kind, 1)).find((oldest) => oldest.id === id) ?? null
      : options.isPaused?.(kind) === true ? null : await options.inReading(({ outbox }) => outbox.dueOne(id, options.wallClock.now()))
    if (message === null || running.has(id) || state.isStopping) return
    const run = state.settle(message).finally(() => { running.delete(id) })
    running.set(id, run)
    await run
  } catch (error) {
    options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED')
  }
}

async function close (state: State): Promise<void> {
  const { kinds, running, commands, blocking, options } = state
  await Promise.all(running.values())
  // Without Redis there is nobody to take leave of.
  const isAway = commands.status !== 'ready'
  const closed = Promise.all(kinds.flatMap(({ worker, queue }) => [worker.close(isAway), queue.close()])).catch(() => undefined)
  let timer: NodeJS.Timeout | undefined
  await Promise.race([closed, new Promise((resolve) => { timer = setTimeout(resolve, isAway ? 100 : closeGraceMs) })])
  clearTimeout(timer)
  commands.disconnect()
  blocking.disconnect()
  for (const { lease, isHeld } of kinds) {
    if (isHeld) await lease?.release().catch((error: unknown) => { options.on?.fault?.(codeOf(error) ?? 'UNEXPECTED') })
  }
}
