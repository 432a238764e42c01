import { bullOutbox, outboxDispatcher, type LeaseHolder, type OutboxWork } from '../../adapters/queue/index.ts'
import type { StableId } from '../../core/ids.ts'
import type { OutboxEngine } from '../../core/outbox.ts'

interface OutboxEngineOptions {
  /** Null: one node carries out, in its own process. */
  readonly redisUrl: string | null
  readonly stableId: StableId
  readonly leaseOf: (name: string) => LeaseHolder
}

/** Before every key in Redis: the same on all nodes of an installation and nobody else's, since it follows from its database. */
export const redisPrefixOf = (stableId: StableId): string => `yiqiao-${stableId('installation', 'Redis', 'outbox')}`

/** One of the two engines of the outbox; test/contracts/outbox-engine.ts says what both do. */
export function composeOutbox (work: OutboxWork, { redisUrl, stableId, leaseOf }: OutboxEngineOptions): OutboxEngine {
  return redisUrl === null
    ? outboxDispatcher({ ...work, lease: leaseOf('outbox') })
    : bullOutbox({ ...work, redisUrl, keyPrefix: redisPrefixOf(stableId), leaseOf: (kind) => leaseOf(`outbox:${kind}`) })
}
