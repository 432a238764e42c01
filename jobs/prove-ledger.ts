import { trialBalance, type LedgerStore } from '../core/ledger/index.ts'
import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

/** 试算平衡. Recounts the books; an alert stands for as long as they are not proven. */
export function proveLedger ({ inReading, ...alertDeps }: AlertDeps & { readonly inReading: InTransaction<{ ledger: LedgerStore }> }): Job {
  return {
    name: 'prove-ledger',
    schedule: '30 2 * * *',
    requirements: ['K-06'],
    run: async (dueAt) => {
      const { isProven, accounts, unbalancedEntries, wrongBalances } = await inReading(({ ledger }) => trialBalance({ ledger }, null))
      const found = { accounts: accounts.length, unbalancedEntries: unbalancedEntries.length, wrongBalances: wrongBalances.length }
      const detail = `${found.unbalancedEntries} unbalanced entries, ${found.wrongBalances} wrong balances`
      await alertWhile(alertDeps, { key: 'job:prove-ledger', detail, isTrouble: !isProven, at: dueAt })
      return found
    }
  }
}
