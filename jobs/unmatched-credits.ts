import type { ChargeStore } from '../core/ledger/index.ts'
import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

const dayMs = 86_400_000

/** 冲正无原单. A credit whose charge did not come within a day: the charge was lost on its way, or the credit names a wrong one. */
export function unmatchedCredits ({ inReading, ...alertDeps }: AlertDeps & { readonly inReading: InTransaction<{ charges: Pick<ChargeStore, 'countAwaiting'> }> }): Job {
  return {
    name: 'unmatched-credits',
    schedule: '5 * * * *',
    requirements: ['K-06'],
    run: async (dueAt) => {
      const unmatched = await inReading(({ charges }) => charges.countAwaiting(new Date(dueAt.getTime() - dayMs)))
      await alertWhile(alertDeps, { key: 'job:unmatched-credits', detail: `${unmatched} credits wait for their charge`, isTrouble: unmatched > 0, at: dueAt })
      return { unmatched }
    }
  }
}
