import { cronMatches, jobLoop, leaseHolder, monitor, type EveryMinute, type JobLoop, type LeaseHolder, type Monitor } from '../../adapters/queue/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import { sendSms, type SmsSender } from '../../core/notifications/index.ts'
import type { Job, Matches, Pauses } from '../../core/operations/index.ts'
import type { CarryOut, OutboxEngine } from '../../core/outbox.ts'
import type { Config } from '../config.ts'
import type { Area } from './area.ts'
import { watchConnections, type Connection, type Connections } from './connections.ts'
import type { Destinations } from './destinations.ts'
import type { Log } from './log.ts'
import { sealLoop } from './seal-loop.ts'
import { composeOutbox } from './outbox.ts'

export interface OperationsDeps {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly wallClock: Clock
  readonly ids: Ids
  readonly stableId: StableId
  readonly random: () => number
  readonly jobs: readonly Job[]
  readonly areas: Area
  /** Null where no gateway is configured: then nothing is written for it either. */
  readonly sms: SmsSender | null
  readonly lines: Destinations
  /** Sources that we poll. */
  readonly polled: readonly Connection[]
  readonly pauses: Pauses
  readonly log: Log
  readonly everyMinute: EveryMinute | undefined
}

export interface Operations {
  readonly outbox: OutboxEngine
  readonly jobs: JobLoop
  readonly monitor: Monitor
  readonly connections: Connections
  readonly matchesOf: (job: Job) => Matches
  readonly stop: () => Promise<void>
}

const monitorLeaseMs = 5_000
const outboxAgeMs = 3_600_000
const manyDeadLetters = 50
const connectionsEveryMs = 1_000

/** Jobs, alerts and the outbox: each on one node at a time, but for the outbox on Redis. */
export function composeOperations (deps: OperationsDeps): Operations {
  const { config, store, clock, wallClock, random, pauses, lines, areas } = deps
  const { inTransaction, inReading } = store
  const lease = leaseWith(deps)
  const fault = faultWith(deps)
  const carryOut: Readonly<Record<string, CarryOut>> = { ...deps.sms === null ? {} : { sms: sendSms(deps.sms) }, ...lines.carryOut, ...areas.carryOut }
  const outbox = composeOutbox({ inTransaction, inReading, carryOut, rules: { ...lines.rules, ...areas.rules }, isPaused: pauses.isPaused, clock, wallClock, random, on: { fault: fault('outbox') } },
    { redisUrl: config.redisUrl, stableId: deps.stableId, leaseOf: lease })
  const destinations = lines.states().map(({ name }) => ({ queue: `destination:${name}`, status: statusIn(lines, name) }))
  const connections = watchConnections([...deps.polled, ...destinations], { inTransaction, inReading, pauses, clock, everyMs: connectionsEveryMs, fault: fault('connections') })
  const matches = new Map(deps.jobs.map((job) => [job.name, cronMatches(job.schedule, config.zone)]))
  const matchesOf = (job: Job): Matches => matches.get(job.name) ?? (() => false)
  const jobs = jobLoop({
    inTransaction, inReading, jobs: deps.jobs, timers: areas.timers, matchesOf, clock, wallClock, lease: lease('jobs'), ...deps.everyMinute === undefined ? {} : { everyMinute: deps.everyMinute },
    on: { fault: fault('jobs'), ran: (run) => { deps.log.info({ job: run.job, dueAt: run.dueAt, status: run.status }, 'job') } }
  })
  const sealing = sealLoop(store, { lease: lease('seal'), wallClock, fault: fault('seal') })
  const watching = startMonitor(deps, { carryOut, connections, notify: outbox.notify })
  return {
    outbox,
    jobs,
    monitor: watching,
    connections,
    matchesOf,
    stop: async () => {
      await connections.stop()
      await jobs.stop()
      await watching.stop()
      await sealing.stop()
      await Promise.all([outbox.stop(), lines.close()])
      for (const end of areas.end) await end()
    }
  }
}

function statusIn (lines: Destinations, name: string): Connection['status'] {
  return () => {
    const found = lines.states().find((state) => state.name === name)
    if (found === undefined) throw new Error('a configured destination has a line')
    return found.status
  }
}

interface Watching {
  readonly carryOut: Readonly<Record<string, CarryOut>>
  readonly connections: Connections
  readonly notify: () => void
}

function startMonitor (deps: OperationsDeps, { carryOut, connections, notify }: Watching): Monitor {
  const { config, store: { inTransaction, inReading }, clock, wallClock, ids, log } = deps
  return monitor({
    inTransaction,
    inReading,
    ids,
    clock,
    onCall: onCallOf(deps),
    minuteOfDay: minuteOfDayIn(config.zone),
    connections: connections.all,
    limits: { queueAgeMs: config.site.timers.queueAgeAlertMs, outboxAgeMs, manyDeadLetters, sources: config.site.sources.map(({ name, silentAfterMs }) => ({ name, silentAfterMs, opening: null })) },
    lease: leaseWith(deps)('monitor', monitorLeaseMs),
    everyMs: config.site.timers.monitorEveryMs,
    writeProbe: () => inTransaction(({ settings }) => settings.set('monitor.last_look', wallClock.now().toISOString())),
    tellDirectly: async (notice) => { await carryOut[notice.kind]?.(notice) },
    on: {
      opened: (key) => { log.warn({ alert: key }, 'alert opened') },
      closed: (key) => { log.info({ alert: key }, 'alert closed') },
      fault: faultWith(deps)('monitor'),
      told: notify
    }
  })
}

/** A lease of this node by its name. */
export function leaseWith ({ store: { inTransaction }, ids, wallClock }: Pick<OperationsDeps, 'store' | 'ids' | 'wallClock'>): (name: string, leaseMs?: number) => LeaseHolder {
  return (name, leaseMs) => leaseHolder({ inTransaction, name, holder: ids.next(), wallClock, ...(leaseMs === undefined ? {} : { leaseMs }) })
}

export function faultWith ({ log }: Pick<OperationsDeps, 'log'>): (part: string) => (code: string) => void {
  return (part) => (code) => { log.warn({ part, code }, 'trouble; it is tried again') }
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
