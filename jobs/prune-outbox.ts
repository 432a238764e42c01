import { pruneOutbox as prune, type Job, type OutboxRetention } from '../core/operations/index.ts'
import type { OutboxStore } from '../core/outbox.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

const dayMs = 86_400_000

/** Effects that were carried out are forgotten after the retention, or keep their key alone. */
export function pruneOutbox ({ inTransaction, retainDays, ...retention }: OutboxRetention & { readonly inTransaction: InTransaction<{ outbox: OutboxStore }>, readonly retainDays: number }): Job {
  return {
    name: 'prune-outbox',
    schedule: '50 3 * * *',
    requirements: [],
    run: async (dueAt) => ({ ...await prune(inTransaction, new Date(dueAt.getTime() - retainDays * dayMs), retention) })
  }
}
