import type { Calendar } from '../core/clock.ts'
import { alertWhile, type AlertDeps, type Job } from '../core/operations/index.ts'
import { sweepLocks, type SweepDeps, type SweepStores } from '../core/pay-after-care/index.ts'

/** 解锁巡检: whoever owes nothing overdue any more is set free, also where an answer was lost on the way. */
export function unlockSweep<Stores extends SweepStores> ({ calendar, alerts, ...deps }: SweepDeps<Stores> & { readonly calendar: Calendar, readonly alerts: AlertDeps }): Job {
  return {
    name: 'unlock-sweep',
    schedule: '35 * * * *',
    requirements: ['A-31', 'K-09'],
    run: async (dueAt) => {
      const swept = await sweepLocks(deps, { now: dueAt, today: calendar(dueAt) })
      await alertWhile(alerts, { key: 'job:unlock-sweep', detail: `${swept.failed} cards could not be unlocked`, isTrouble: swept.failed > 0, at: dueAt })
      return swept
    }
  }
}
