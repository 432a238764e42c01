import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import { oldDisputes as countOld, type DefaultStore } from '../core/pay-after-care/index.ts'
import type { InTransaction } from '../core/unit-of-work.ts'

const alarmAfterMs = 15 * 86_400_000

/** Five days before the time for an answer runs out (Regulation on the Credit Reporting Industry, article 25). */
export function oldDisputes ({ inReading, ...alertDeps }: AlertDeps & { readonly inReading: InTransaction<{ defaults: DefaultStore }> }): Job {
  return {
    name: 'old-disputes',
    schedule: '45 8 * * *',
    requirements: ['A-37'],
    run: async (dueAt) => {
      const old = await inReading((stores) => countOld(stores, { openedBefore: new Date(dueAt.getTime() - alarmAfterMs) }))
      await alertWhile(alertDeps, { key: 'job:old-disputes', detail: `${old} disputes wait for an answer since 15 days`, isTrouble: old > 0, at: dueAt })
      return { old }
    }
  }
}
