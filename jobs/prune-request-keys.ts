import type { IdempotencyStore, Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** Longer than any caller repeats a request; the answer that is kept may hold personal data. */
const retainMs = 30 * 86_400_000
/** Small, so that nobody waits long for the writer. */
const perTransaction = 500
const mostTransactions = 2_000

/** Answers that are kept under an Idempotency-Key go after 30 days. */
export function pruneRequestKeys ({ inTransaction }: { readonly inTransaction: InTransaction<{ idempotency: IdempotencyStore }> }): Job {
  return {
    name: 'prune-request-keys',
    schedule: '30 3 * * *',
    requirements: [],
    run: async (dueAt) => {
      let pruned = 0
      for (let turn = 0; turn < mostTransactions; turn += 1) {
        const gone = await inTransaction(({ idempotency }) => idempotency.prune(new Date(dueAt.getTime() - retainMs), perTransaction))
        pruned += gone
        if (gone === 0) break
      }
      return { pruned }
    }
  }
}
