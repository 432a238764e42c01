import { pruneInbox as prune, type InboxStore } from '../core/inbox/index.ts'
import type { Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

const dayMs = 86_400_000

/** Messages that are older than the retention and settled go; their counts by day stay. */
export function pruneInbox ({ inTransaction, retainDays }: { readonly inTransaction: InTransaction<{ inbox: InboxStore }>, readonly retainDays: number }): Job {
  return {
    name: 'prune-inbox',
    schedule: '10 3 * * *',
    requirements: ['K-01'],
    run: async (dueAt) => ({ pruned: await prune(inTransaction, new Date(dueAt.getTime() - retainDays * dayMs)) })
  }
}
