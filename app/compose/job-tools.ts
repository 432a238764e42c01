import { randomUUID } from 'node:crypto'
import { searchValuesIn } from '../../adapters/fhir/index.ts'
import { createLogger, instantIn } from '../../adapters/http/index.ts'
import { cronMatches } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import { calendarIn, type Calendar } from '../../core/clock.ts'
import { startOfDayIn } from '../../core/days.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import { takeIn } from '../../core/intake/index.ts'
import { dueInstants, runJob, type Job, type Matches, type RanJob } from '../../core/operations/index.ts'
import type { Config } from '../config.ts'
import { accessKeys, openingSms } from './access-keys.ts'
import { takeInTools } from './applying.ts'
import { type AreaDeps } from './area.ts'
import { composeAreas } from './areas.ts'
import { heardBooking } from './appointments.ts'
import { heardRequestAnswers } from './consultation-requests.ts'
import { billingOf } from './bills.ts'
import { composeTables, type ComposeOptions } from './compose.ts'
import { destinationsOf } from './destinations.ts'
import { nobodyToAsk } from './his-lookup.ts'
import { composeJobs } from './jobs.ts'
import { onCallOf } from './operations.ts'

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
export async function jobTools (config: Config, store: Store, parties: Pick<ComposeOptions, 'sms' | 'wechat' | 'outside'>): Promise<JobTools> {
  const jobs = composeJobs({
    ...store,
    ids,
    onCall: onCallOf({ config, sms: parties.sms }),
    retainDays: config.site.timers.retainMessageDays,
    retainOutboxDays: config.site.timers.retainOutboxDays,
    site: config.site,
    areas: composeAreas(await areaDeps(config, store, parties)),
    compare: async () => { throw new DomainError('JOB_NOT_FOUND', 'Views are compared by the service that follows them: POST /v1/ops/jobs/<name>/run.') }
  })
  return {
    jobs,
    run: async ({ name, ...day }) => {
      const job = jobs.find((one) => one.name === name)
      if (job === undefined) throw new DomainError('JOB_NOT_FOUND', 'There is no job of this name. `yiqiao jobs list` tells the names.')
      return runJob({ inTransaction: store.inTransaction, wallClock: { now: () => day.now }, jobs }, name, dueInstantOn(cronMatches(job.schedule, config.zone), day))
    }
  }
}

const ids: Ids = { next: randomUUID }
const wallClock = { now: () => new Date() }

/** What areas are composed from, for a command: nothing of it starts by itself. */
export async function areaDeps (config: Config, store: Store, { sms, wechat, outside }: Pick<ComposeOptions, 'sms' | 'wechat' | 'outside'>): Promise<AreaDeps> {
  const { zone } = config
  const { mappings, stableId } = await composeTables(config, store)
  const calendar = calendarIn(zone)
  const tools = takeInTools({ factsOf: mappings.factsOf, searchValuesOf: searchValuesIn(zone), stableId, ids, calendar, destinations: destinationsOf(config.site), billing: billingOf(config, outside), booking: heardBooking(config), hearAnswer: heardRequestAnswers({ config, ids, stableId, calendar, onCall: onCallOf({ config, sms }) }) })
  const keys = await accessKeys(store)
  return {
    config, store, clock: wallClock, wallClock, calendar, startOfDay: startOfDayIn(zone), ids, stableId, keys, random: Math.random, log: createLogger({ level: 'silent' }),
    onCall: onCallOf({ config, sms }), outside, sms: sms === null ? null : openingSms(sms, keys), wechat, writeInstant: instantIn(zone), takeIn: (stores, changes, at) => takeIn({ ...stores, ...tools }, changes, at), his: nobodyToAsk, notifyOutbox: () => undefined
  }
}
