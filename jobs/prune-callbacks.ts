import type { Job } from '../core/operations/index.ts'
import type { PaymentStore } from '../core/payments/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** As long as a payment may still be disputed at its channel. */
const retainMs = 180 * 86_400_000
/** Small, so that nobody waits long for the writer. */
const perTransaction = 500
const mostTransactions = 2_000

/** Call-backs of payment channels, as they came, go after half a year. */
export function pruneCallbacks ({ inTransaction }: { readonly inTransaction: InTransaction<{ payments: Pick<PaymentStore, 'dropCallbacks'> }> }): Job {
  return {
    name: 'prune-callbacks',
    schedule: '40 3 * * *',
    requirements: [],
    run: async (dueAt) => {
      let pruned = 0
      for (let turn = 0; turn < mostTransactions; turn += 1) {
        const gone = await inTransaction(({ payments }) => payments.dropCallbacks(new Date(dueAt.getTime() - retainMs), perTransaction))
        pruned += gone
        if (gone === 0) break
      }
      return { pruned }
    }
  }
}
