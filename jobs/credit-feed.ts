import type { Calendar } from '../core/clock.ts'
import type { Job, JobResult } from '../core/operations/index.ts'
import type { Moment } from '../core/pay-after-care/index.ts'

/** What each of them does is in core/credit-feed. */
export interface CreditFeedWork {
  readonly calendar: Calendar
  readonly sweep: (moment: Moment) => Promise<JobResult>
  readonly build: (moment: Moment) => Promise<JobResult>
  readonly deleteExpired: (moment: Moment) => Promise<JobResult>
  readonly snapshot: (moment: Moment) => Promise<JobResult>
}

/** 征信报送. Notices, gates and releases by the hour, so that a day that is reconciled late is followed soon; files at noon. */
export function creditFeedJobs ({ calendar, sweep, build, deleteExpired, snapshot }: CreditFeedWork): readonly Job[] {
  const at = (work: (moment: Moment) => Promise<JobResult>) => (dueAt: Date): Promise<JobResult> => work({ now: dueAt, today: calendar(dueAt) })
  return [
    { name: 'episodes', schedule: '30 11-23 * * *', requirements: ['A-19', 'A-29', 'K-10'], run: at(sweep) },
    { name: 'feed-build', schedule: '30 12 * * *', requirements: ['A-19', 'A-29', 'K-10'], run: at(build) },
    { name: 'feed-deletion', schedule: '40 3 * * *', requirements: ['K-10'], run: at(deleteExpired) },
    { name: 'feed-snapshot', schedule: '0 12 1 * *', requirements: ['K-10'], run: at(snapshot) }
  ]
}
