import { bullOutbox, outboxDispatcher, type LeaseHolder, type OutboxWork } from '../../adapters/queue/index.ts'
import type { OutboxEngine } from '../../core/outbox.ts'

interface OutboxEngineOptions {
  /** Null: one node carries out, in its own process. */
  readonly redisUrl: string | null
  readonly leaseOf: (name: string) => LeaseHolder
}

/** One of the two engines of the outbox; test/contracts/outbox-engine.ts says what both do. */
export function composeOutbox (work: OutboxWork, { redisUrl, leaseOf }: OutboxEngineOptions): OutboxEngine {
  return redisUrl === null
    ? outboxDispatcher({ ...work, lease: leaseOf('outbox') })
    : bullOutbox({ ...work, redisUrl, leaseOf: (kind) => leaseOf(`outbox:${kind}`) })
}
