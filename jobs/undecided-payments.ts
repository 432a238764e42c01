import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import { askUndecided, type PaymentStores, type PaymentTools } from '../core/payments/index.ts'

/** A channel that is silent on a payment a day after it expired: asked once more, then told to operators, until it is decided. */
export function undecidedPayments<Stores extends PaymentStores> (tools: PaymentTools<Stores>, alertDeps: AlertDeps): Job {
  return {
    name: 'undecided-payments',
    schedule: '25 * * * *',
    requirements: ['A-17'],
    run: async (dueAt) => {
      const { asked, left } = await askUndecided(tools, dueAt)
      const channels = [...new Set(left.map(({ channel }) => channel))].sort().join(', ')
      await alertWhile(alertDeps, { key: 'job:undecided-payments', detail: `${left.length} payments of ${channels} undecided a day after they expired`, isTrouble: left.length > 0, at: dueAt })
      return { asked, undecided: left.length }
    }
  }
}
