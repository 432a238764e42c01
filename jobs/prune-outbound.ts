import type { Job } from '../core/operations/index.ts'
import { pruneOutbound as prune, type OutboundStore } from '../core/outbound/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

const dayMs = 86_400_000

/** Messages to destinations that were sent or skipped and are older than the retention go. */
export function pruneOutbound ({ inTransaction, retainDays }: { readonly inTransaction: InTransaction<{ outbound: OutboundStore }>, readonly retainDays: number }): Job {
  return {
    name: 'prune-outbound',
    schedule: '20 3 * * *',
    requirements: ['K-01'],
    run: async (dueAt) => ({ pruned: await prune(inTransaction, new Date(dueAt.getTime() - retainDays * dayMs)) })
  }
}
