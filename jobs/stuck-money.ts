import { stuckMoney, type EscrowStores } from '../core/escrow/index.ts'
import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** 退款或分账失败. What a channel refused to give back or to split is for finance; an alert stands until it is asked for again. */
export function stuckMoneyJob ({ inReading, ...alertDeps }: AlertDeps & { readonly inReading: InTransaction<Pick<EscrowStores, 'escrows'>> }): Job {
  return {
    name: 'stuck-money',
    schedule: '25 * * * *',
    requirements: ['M10', 'C10'],
    run: async (dueAt) => {
      const { refunds, splits } = await inReading(stuckMoney)
      await alertWhile(alertDeps, { key: 'job:stuck-money', detail: `${refunds} refunds and ${splits} splits that the channel refused`, isTrouble: refunds + splits > 0, at: dueAt })
      return { refunds, splits }
    }
  }
}
