import { createHash } from 'node:crypto'
import { groupReceiver, inboxApplier, leaseHolder, outcomes, type GroupReceiver, type InboxApplier } from '../../adapters/queue/index.ts'
import type { Store, Stores } from '../../adapters/store/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import { applyMessages, type Applied, type ApplyMessage, type AwaitOutcome, type StoredMessage } from '../../core/inbox/index.ts'
import { takeIn, type TakeInDeps } from '../../core/intake/index.ts'
import type { Pauses } from '../../core/operations/index.ts'
import type { InboxMetrics } from './metrics.ts'
import type { TranslateMessage } from './translate.ts'

export interface ApplyingDeps {
  readonly store: Store
  readonly translate: TranslateMessage
  readonly tools: TakeInTools
  readonly clock: Clock
  readonly wallClock: Clock
  readonly ids: Ids
  readonly random: () => number
  readonly metrics: InboxMetrics
  readonly pauses: Pick<Pauses, 'list' | 'isPaused' | 'revision'>
  readonly noteApplied: (message: StoredMessage, applied: Applied) => void
  readonly noteDead: (stores: Stores, id: string, error: unknown) => Promise<void>
}

export interface Applying {
  readonly receiver: GroupReceiver
  readonly applier: InboxApplier
  readonly awaitOutcome: AwaitOutcome
  readonly apply: ApplyMessage<Stores>
  readonly stop: () => Promise<void>
}

/** Parallel batches: SQLite has one writer; PostgreSQL gains from a few connections on two cores. */
const batches = { sqlite: { parallel: 1, maxBatch: 24 }, postgres: { parallel: 4, maxBatch: 16 } } as const

/** Inbox → translate → records and contexts, in lanes, on the node that holds the lease. */
export function composeApplying (deps: ApplyingDeps): Applying {
  const { store, clock, wallClock, random, metrics, pauses, noteApplied, noteDead } = deps
  const apply = applyWith(deps)
  const answers = outcomes({ inReading: store.inReading })
  const receiver = groupReceiver({ inTransaction: store.inTransaction, stored: () => { applier.notify() } })
  const applier = inboxApplier({
    inReading: store.inReading,
    apply: (batch) => applyMessages({ inTransaction: store.inTransaction, apply, clock, wallClock, random, noteApplied, noteDead }, batch),
    lease: leaseHolder({ inTransaction: store.inTransaction, name: 'inbox', holder: deps.ids.next(), wallClock }),
    wallClock,
    paused: () => pausedOf(pauses),
    isIngesting: () => receiver.isIngesting() && !answers.isAwaited(),
    ...batches[store.dialect],
    on: {
      settled: (settled, tookMs) => {
        answers.settled(settled)
        metrics.settled(settled, tookMs)
      },
      fault: metrics.fault
    }
  })
  return {
    receiver,
    applier,
    awaitOutcome: answers.awaitOutcome,
    apply,
    stop: async () => {
      await receiver.drain()
      await applier.stop()
      answers.close()
    }
  }
}

const sourceQueue = 'source:'

function pausedOf ({ list, isPaused, revision }: ApplyingDeps['pauses']): { readonly all: boolean, readonly sources: readonly string[], readonly revision: number } {
  const sources = list().filter(({ queue }) => queue.startsWith(sourceQueue)).map(({ queue }) => queue.slice(sourceQueue.length))
  return { all: isPaused('inbox'), sources, revision: revision() }
}

function applyWith (deps: ApplyingDeps): ApplyMessage<Stores> {
  const { translate, clock, tools } = deps
  return async (stores, message) => {
    const mapped = await translate(message, stores)
    const { produced, doubts } = await takeIn({ ...stores, ...tools }, mapped.changes, clock.now())
    return { mappingVersion: mapped.version, produced, notes: [...mapped.notes, ...doubts.map((doubt) => `identity: ${doubt.reason}`)], unmapped: mapped.unmapped }
  }
}

/** What takeIn needs besides the stores of a transaction. */
export type TakeInTools = Omit<TakeInDeps, keyof Stores>

export function takeInTools ({ factsOf, searchValuesOf, stableId, ids, calendar, destinations, billing, booking, hearAnswer }: Omit<TakeInTools, 'hashOf'>): TakeInTools {
  return { destinations, factsOf, searchValuesOf, stableId, ids, calendar, billing, booking, hearAnswer, hashOf: (base64) => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('base64') }
}
