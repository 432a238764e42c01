import { cronMatches, jobLoop, leaseHolder, monitor, outboxDispatcher, type JobLoop, type Monitor } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import { sendSms, type SmsSender } from '../../core/notifications/index.ts'
import type { Job, Matches } from '../../core/operations/index.ts'
import type { CarryOut, OutboxEngine } from '../../core/outbox.ts'
import type { Config } from '../config.ts'
import type { Log } from './log.ts'

export interface OperationsDeps {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly wallClock: Clock
  readonly ids: Ids
  readonly random: () => number
  readonly jobs: readonly Job[]
  /** Null where no gateway is configured: then nothing is written for it either. */
  readonly sms: SmsSender | null
  readonly log: Log
}

export interface Operations {
  readonly outbox: OutboxEngine
  readonly jobs: JobLoop
  readonly monitor: Monitor
  readonly matchesOf: (job: Job) => Matches
  readonly stop: () => Promise<void>
}

const monitorLeaseMs = 5_000
const outboxAgeMs = 3_600_000
const manyDeadLetters = 50

/** Jobs, alerts and the outbox: each on one node at a time. */
export function composeOperations (deps: OperationsDeps): Operations {
  const { config, store, clock, wallClock, ids, random, log } = deps
  const { inTransaction, inReading } = store
  const lease = (name: string, leaseMs?: number): ReturnType<typeof leaseHolder> =>
    leaseHolder({ inTransaction, name, holder: ids.next(), wallClock, ...(leaseMs === undefined ? {} : { leaseMs }) })
  const fault = (part: string) => (code: string) => { log.warn({ part, code }, 'trouble; it is tried again') }
  const carryOut: Readonly<Record<string, CarryOut>> = deps.sms === null ? {} : { sms: sendSms(deps.sms) }
  const outbox = outboxDispatcher({ inTransaction, inReading, carryOut, lease: lease('outbox'), clock, wallClock, random, on: { fault: fault('outbox') } })
  const matches = new Map(deps.jobs.map((job) => [job.name, cronMatches(job.schedule, config.zone)]))
  const matchesOf = (job: Job): Matches => matches.get(job.name) ?? (() => false)
  const jobs = jobLoop({ inTransaction, jobs: deps.jobs, timers: [], matchesOf, clock, wallClock, lease: lease('jobs'), on: { fault: fault('jobs'), ran: (run) => { log.info({ job: run.job, dueAt: run.dueAt, status: run.status }, 'job') } } })
  const watching = monitor({
    inTransaction,
    inReading,
    ids,
    clock,
    onCall: onCallOf(deps),
    minuteOfDay: minuteOfDayIn(config.zone),
    limits: { queueAgeMs: config.site.timers.queueAgeAlertMs, outboxAgeMs, manyDeadLetters, sources: config.site.sources.map(({ name, silentAfterMs }) => ({ name, silentAfterMs, opening: null })) },
    lease: lease('monitor', monitorLeaseMs),
    everyMs: config.site.timers.monitorEveryMs,
    writeProbe: () => inTransaction(({ settings }) => settings.set('monitor.last_look', wallClock.now().toISOString())),
    tellDirectly: async (notice) => { await carryOut[notice.kind]?.(notice) },
    on: {
      opened: (key) => { log.warn({ alert: key }, 'alert opened') },
      closed: (key) => { log.info({ alert: key }, 'alert closed') },
      fault: fault('monitor'),
      told: outbox.notify
    }
  })
  return {
    outbox,
    jobs,
    monitor: watching,
    matchesOf,
    stop: async () => {
      await jobs.stop()
      await watching.stop()
      await outbox.stop()
    }
  }
}

/** Who is told of alerts; nobody where no gateway could carry it. */
export function onCallOf ({ config, sms }: Pick<OperationsDeps, 'config' | 'sms'>): readonly string[] {
  return sms === null ? [] : config.site.alerts.smsTo
}

function minuteOfDayIn (zone: string): (instant: Date) => number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return (instant) => {
    const [hour = '0', minute = '0'] = format.format(instant).split(':')
    return Number(hour) * 60 + Number(minute)
  }
}
