import { randomUUID } from 'node:crypto'
import { cronMatches } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Calendar } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { dueInstants, runJob, type Job, type Matches, type RanJob } from '../../core/operations/index.ts'
import type { Config } from '../config.ts'
import { composeJobs } from './jobs.ts'

const lookBackMs = 40 * 86_400_000

/** The newest due instant of a business day within the last 40; of today only what is due by now. */
export function dueInstantOn (matches: Matches, { date, calendar, now }: { readonly date: string | null, readonly calendar: Calendar, readonly now: Date }): Date {
  const dueAt = [...dueInstants(matches, new Date(now.getTime() - lookBackMs), now)].filter((instant) => date === null || calendar(instant) === date).at(-1)
  if (dueAt === undefined) throw new DomainError('REQUEST_INVALID', 'The job was not due on that day. Name a day within the last 40.', 'date')
  return dueAt
}

export interface JobTools {
  readonly jobs: readonly Job[]
  readonly run: (by: { readonly name: string, readonly date: string, readonly calendar: Calendar, readonly now: Date }) => Promise<RanJob>
}

/** Jobs for the command line, beside a service that may be running: effects have keys, so both may run one. */
export function jobTools (config: Config, { inTransaction, inReading }: Store): JobTools {
  const jobs = composeJobs({
    inTransaction,
    inReading,
    ids: { next: randomUUID },
    onCall: config.site.sms === undefined ? [] : config.site.alerts.smsTo,
    retainDays: config.site.timers.retainMessageDays,
    site: config.site,
    compare: async () => { throw new DomainError('JOB_NOT_FOUND', 'Views are compared by the service that follows them: POST /v1/ops/jobs/<name>/run.') }
  })
  return {
    jobs,
    run: async ({ name, ...day }) => {
      const job = jobs.find((one) => one.name === name)
      if (job === undefined) throw new DomainError('JOB_NOT_FOUND', 'There is no job of this name. `yiqiao jobs list` tells the names.')
      return runJob({ inTransaction, wallClock: { now: () => day.now }, jobs }, name, dueInstantOn(cronMatches(job.schedule, config.zone), day))
    }
  }
}
