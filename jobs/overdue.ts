import type { Calendar } from '../core/clock.ts'
import type { Job } from '../core/operations/index.ts'
import { followOverdue, type OverdueDeps, type OverdueStores } from '../core/pay-after-care/index.ts'

/** 逾期处理: every hour of the day after reconciliation, so that a day that is closed late is followed soon. */
export function overdue<Stores extends OverdueStores> ({ calendar, ...deps }: OverdueDeps<Stores> & { readonly calendar: Calendar }): Job {
  return {
    name: 'overdue',
    schedule: '5 11-22 * * *',
    requirements: ['A-19', 'A-29', 'A-37', 'K-09'],
    run: (dueAt) => followOverdue(deps, { now: dueAt, today: calendar(dueAt) })
  }
}
