import { kindOfCode, isStoreTrouble } from '../back-off.ts'
import type { Clock } from '../clock.ts'
import type { ErrorKind } from '../errors.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { Failure, StoredMessage } from './message.ts'
import type { InboxStore, QueuedMessage } from './ports.ts'
import { afterFailure } from './retry.ts'

/** A code of the sender's that a mapping table lacks, and where it stood (`PID-8`). */
export interface SeenCode {
  readonly table: string
  readonly code: string
  readonly place: string
}

/** What applying a message made. */
export interface Applied {
  readonly mappingVersion: string
  /** `Type/id` of what it made or changed. */
  readonly produced: readonly string[]
  readonly notes: readonly string[]
  /** Codes that tables lack. */
  readonly unmapped?: readonly SeenCode[]
}

/** Carries out all effects of one message in the transaction of `stores`. */
export type ApplyMessage<Stores> = (stores: Stores, message: StoredMessage) => Promise<Applied>

interface ApplyMessagesDeps<Stores extends { readonly inbox: InboxStore }> {
  readonly inTransaction: InTransaction<Stores>
  readonly apply: ApplyMessage<Stores>
  readonly clock: Clock
  /** Real time, for retries. */
  readonly wallClock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Hears of an applied message when its transaction is over. */
  readonly noteApplied?: (message: StoredMessage, applied: Applied) => void
  /** Keeps what the refusal tells beside its failure, in the transaction that parks the message. */
  readonly noteDead?: (stores: Stores, id: string, error: unknown) => Promise<void>
}

/** What became of one message of a batch. */
export type Settled =
  | { readonly id: string, readonly kind: 'applied' }
  /** Applied, parked or skipped before; there was nothing to do. */
  | { readonly id: string, readonly kind: 'settled_before' }
  | { readonly id: string, readonly kind: 'retry', readonly attempts: number, readonly nextAt: Date, readonly failure: Failure }
  | { readonly id: string, readonly kind: 'dead', readonly failure: Failure, readonly errorKind: ErrorKind }
  /** The store was away or somebody wrote first; nothing is counted. */
  | { readonly id: string, readonly kind: 'again' }
  /** An older message of its lane waits, so it was not tried. */
  | { readonly id: string, readonly kind: 'behind' }

/**
 * Applies one batch in the order given, in one transaction. When anything in it throws, all is rolled back and each
 * message is tried in a transaction of its own, so that one bad message costs its neighbours time only.
 */
export async function applyMessages<Stores extends { readonly inbox: InboxStore }> (deps: ApplyMessagesDeps<Stores>, batch: readonly QueuedMessage[]): Promise<readonly Settled[]> {
  try {
    const applied = new Map<StoredMessage, Applied>()
    const settled = await deps.inTransaction(async (stores) => {
      const settled: Settled[] = []
      const loaded = new Map((await stores.inbox.load(batch.map(({ id }) => id))).map((message) => [message.id, message]))
      for (const { id } of batch) settled.push(await applyOne(deps, stores, loaded.get(id) ?? { id, status: 'skipped' }, applied))
      return settled
    })
    if (deps.noteApplied !== undefined) for (const [message, what] of applied) deps.noteApplied(message, what)
    return settled
  } catch (error) {
    if (batch.length === 1 || isStoreAway(error)) return recordFailure(deps, batch, error)
    return eachAlone(deps, batch)
  }
}

async function applyOne<Stores extends { readonly inbox: InboxStore }> ({ apply, clock }: ApplyMessagesDeps<Stores>, stores: Stores, message: StoredMessage | { readonly id: string, readonly status: 'skipped' }, done: Map<StoredMessage, Applied>): Promise<Settled> {
  if (message.status !== 'received') return { id: message.id, kind: 'settled_before' }
  const applied = await apply(stores, message)
  await stores.inbox.markApplied(message.id, { at: clock.now(), ...applied })
  done.set(message, applied)
  return { id: message.id, kind: 'applied' }
}

async function eachAlone<Stores extends { readonly inbox: InboxStore }> (deps: ApplyMessagesDeps<Stores>, batch: readonly QueuedMessage[]): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  const held = new Set<string>()
  for (const message of batch) {
    const [outcome] = message.lanes.some((lane) => held.has(lane))
      ? [{ id: message.id, kind: 'behind' } as const]
      : await applyMessages(deps, [message])
    if (outcome === undefined) continue
    // Who waits holds up what comes behind it in any of its lanes.
    if (outcome.kind === 'retry' || outcome.kind === 'again' || outcome.kind === 'behind') message.lanes.forEach((lane) => held.add(lane))
    settled.push(outcome)
  }
  return settled
}

/** Of a single message, or of a whole batch that the store did not take. */
async function recordFailure<Stores extends { readonly inbox: InboxStore }> (deps: ApplyMessagesDeps<Stores>, batch: readonly QueuedMessage[], error: unknown): Promise<readonly Settled[]> {
  const again = batch.map(({ id }) => ({ id, kind: 'again' }) as const)
  const [message] = batch
  if (message === undefined || batch.length > 1) return again
  const after = afterFailure(error, message.attempts, { now: deps.wallClock.now(), random: deps.random() })
  try {
    switch (after.kind) {
      case 'again':
        return again
      case 'retry':
        await deps.inTransaction(({ inbox }) => inbox.markRetry(message.id, after))
        return [{ id: message.id, ...after }]
      case 'dead':
        await deps.inTransaction(async (stores) => {
          await stores.inbox.markDead(message.id, after)
          await deps.noteDead?.(stores, message.id, error)
        })
        return [{ id: message.id, kind: 'dead', failure: after.failure, errorKind: kindOfCode(after.failure.code) }]
    }
  } catch (recording) {
    if (isStoreTrouble(recording)) return again
    throw recording
  }
}

function isStoreAway (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'STORE_UNAVAILABLE'
}
