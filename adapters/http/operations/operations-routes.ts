import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InboxStatistics, InboxStore, MessageStatus } from '../../../core/inbox/index.ts'
import type { Alert, AlertStore, ConnectionStatus, JobRun, JobRunStore } from '../../../core/operations/index.ts'
import type { OutboxStore } from '../../../core/outbox.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { Day, Id, Instant, nullable, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface OperationsRoutesDeps {
  readonly inReading: InTransaction<{ readonly inbox: InboxStore, readonly alerts: AlertStore, readonly jobRuns: JobRunStore, readonly outbox: OutboxStore }>
  readonly writeInstant: WriteInstant
  /** Business time. */
  readonly now: () => Date
  readonly sources: () => Promise<readonly SourceState[]>
  readonly jobs: () => readonly JobState[]
  /** Runs a job for a business date, null for its newest due instant. Refuses with JOB_NOT_FOUND. */
  readonly runJob: (run: { readonly name: string, readonly date: CalendarDate | null }) => Promise<JobRun>
}

/** A configured sender and how it stands now. */
export interface SourceState {
  readonly name: string
  readonly kind: string
  readonly hospitalId: string
  readonly mappingSite: string
  /** Of a listener; null for what we poll. */
  readonly port: number | null
  readonly listening: boolean
  readonly connections: number
  readonly charset: string | null
  readonly ack: string | null
  readonly status: ConnectionStatus
  /** Messages that came by this node in the last minute, quarter of an hour, hour. */
  readonly rates: { readonly minute: number, readonly quarter: number, readonly hour: number }
}

export interface JobState {
  readonly name: string
  readonly schedule: string
  readonly requirements: readonly string[]
  readonly nextDueAt: Date | null
}

const statuses = ['received', 'applied', 'dead', 'conflict', 'skipped'] as const satisfies readonly MessageStatus[]
const Counts = Type.Object(Object.fromEntries(statuses.map((status) => [status, Type.Integer()])) as Record<MessageStatus, ReturnType<typeof Type.Integer>>)
const SourceBody = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  hospitalId: Id,
  port: nullable(Type.Integer()),
  listening: Type.Boolean(),
  connections: Type.Integer(),
  charset: nullable(Type.String()),
  mappingSite: Type.String(),
  ack: nullable(Type.String()),
  status: Type.Object({ state: Type.String(), since: Instant, code: nullable(Type.String()), detail: nullable(Type.String()), lastAt: nullable(Instant) }),
  rates: Type.Object({ minute: Type.Integer(), quarter: Type.Integer(), hour: Type.Integer() }, { description: 'messages by this node' }),
  lastReceivedAt: nullable(Instant),
  messages: Counts
})
const RunBody = Type.Object({
  job: Type.String(),
  dueAt: Instant,
  status: Type.String(),
  attempts: Type.Integer(),
  startedAt: Instant,
  finishedAt: nullable(Instant),
  result: nullable(Type.Record(Type.String(), Type.Number())),
  error: nullable(Type.String())
})
const JobBody = Type.Object({ name: Type.String(), schedule: Type.String(), requirements: Type.Array(Type.String()), nextDueAt: nullable(Instant), lastRun: nullable(RunBody) })
const AlertBody = Type.Object({ id: Id, key: Type.String(), openedAt: Instant, closedAt: nullable(Instant), detail: Type.String() })
const StatusBody = Type.Object({
  now: Instant,
  messages: Counts,
  oldestQueuedAt: nullable(Instant),
  outbox: Type.Object({ waiting: Type.Integer(), dead: Type.Integer(), oldestAt: nullable(Instant) }),
  sources: Type.Array(SourceBody),
  alerts: Type.Array(AlertBody),
  pruned: Type.Integer({ description: 'messages whose bytes were deleted by age' })
})
const ByName = Type.Object({ name: Type.String({ maxLength: 100 }) })
const common = { tags: ['operations'], 'x-requirements': ['K-12'] }
const reading = { access: 'operations.read' } as const

export function operationsRoutes (deps: OperationsRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant, sources, now } = deps
  const alertBody = (alert: Alert) => ({ ...alert, openedAt: writeInstant(alert.openedAt), closedAt: orNull(alert.closedAt, writeInstant) })
  const sourceBodies = async (statistics: InboxStatistics) => (await sources()).map((source) => {
    const rows = statistics.bySource.filter((row) => row.source === source.name)
    const last = rows.reduce<Date | null>((latest, row) => latest === null || row.lastReceivedAt > latest ? row.lastReceivedAt : latest, null)
    const { since, lastAt } = source.status
    return { ...source, status: { ...source.status, since: writeInstant(since), lastAt: orNull(lastAt, writeInstant) }, lastReceivedAt: orNull(last, writeInstant), messages: countsOf(rows) }
  })
  return async (server) => {
    await server.register(jobRoutes(deps))

    server.get('/v1/ops/status', {
      config: reading,
      schema: { ...common, summary: 'How everything stands, on one page', response: { 200: StatusBody } }
    }, async () => {
      const { statistics, alerts, outbox } = await inReading(async (stores) => ({ statistics: await stores.inbox.statistics(), alerts: await stores.alerts.open(), outbox: await stores.outbox.counts() }))
      return {
        now: writeInstant(now()),
        messages: countsOf(statistics.bySource),
        oldestQueuedAt: orNull(statistics.oldestQueuedAt, writeInstant),
        outbox: { ...outbox, oldestAt: orNull(outbox.oldestAt, writeInstant) },
        sources: await sourceBodies(statistics),
        alerts: alerts.map(alertBody),
        pruned: statistics.prunedByDay.reduce((sum, day) => sum + day.count, 0)
      }
    })

    server.get('/v1/ops/sources', {
      config: reading,
      schema: { ...common, summary: 'The configured senders and what came by each', response: { 200: pageOf(SourceBody) } }
    }, async () => ({ items: await sourceBodies(await inReading(async ({ inbox }) => await inbox.statistics())), next: null }))

    server.get('/v1/ops/alerts', {
      config: reading,
      schema: { ...common, summary: 'Episodes of trouble, the newest first', querystring: Type.Object({ ...PageQuery, open: Type.Optional(Type.Boolean()) }, { additionalProperties: false }), response: { 200: pageOf(AlertBody) } }
    }, async (request) => {
      const { open } = request.query
      const { rows, next } = await inReading(async ({ alerts }) => open === true
        ? { rows: await alerts.open(), next: null }
        : await pageByOffset(request.query, async (page) => await alerts.list(page)))
      return { items: rows.map(alertBody), next }
    })
  }
}

function jobRoutes ({ inReading, writeInstant, jobs, runJob }: OperationsRoutesDeps): FastifyPluginAsyncTypebox {
  const runBody = (run: JobRun) => ({
    ...run,
    dueAt: writeInstant(run.dueAt),
    startedAt: writeInstant(run.startedAt),
    finishedAt: orNull(run.finishedAt, writeInstant),
    result: run.result === null ? null : { ...run.result }
  })
  const mustBeKnown = (name: string): void => {
    if (!jobs().some((job) => job.name === name)) throw new DomainError('JOB_NOT_FOUND', 'No job has this name; list the jobs.')
  }
  return async (server) => {
    server.get('/v1/ops/jobs', {
      config: reading,
      schema: { ...common, summary: 'The scheduled jobs, each with its newest run', response: { 200: pageOf(JobBody) } }
    }, async () => await inReading(async ({ jobRuns }) => {
      const items = []
      for (const job of jobs()) {
        const [last] = await jobRuns.list({ job: job.name }, { limit: 1, offset: 0 })
        items.push({ name: job.name, schedule: job.schedule, requirements: [...job.requirements], nextDueAt: orNull(job.nextDueAt, writeInstant), lastRun: orNull(last ?? null, runBody) })
      }
      return { items, next: null }
    }))

    server.get('/v1/ops/jobs/:name/runs', {
      config: reading,
      schema: { ...common, summary: 'The runs of a job, the newest first', params: ByName, querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(RunBody) } }
    }, async (request) => {
      const { name } = request.params
      mustBeKnown(name)
      const { rows, next } = await inReading(async ({ jobRuns }) => await pageByOffset(request.query, async (page) => await jobRuns.list({ job: name }, page)))
      return { items: rows.map(runBody), next }
    })

    server.post('/v1/ops/jobs/:name/run', {
      config: { access: 'job.run' },
      schema: { ...common, summary: 'Runs a job now, for a business date; running it again changes nothing more', params: ByName, body: Type.Object({ date: Type.Optional(Day) }, { additionalProperties: false }), response: { 200: RunBody } }
    }, async (request) => {
      const { name } = request.params
      mustBeKnown(name)
      noteAccess(request, { action: 'operate', target: 'job', targetId: name, patientId: null, outcome: 'allowed' })
      return runBody(await runJob({ name, date: (request.body.date ?? null) as CalendarDate | null }))
    })
  }
}

function countsOf (rows: ReadonlyArray<{ readonly status: MessageStatus, readonly count: number }>): Record<MessageStatus, number> {
  const counts: Record<MessageStatus, number> = { received: 0, applied: 0, dead: 0, conflict: 0, skipped: 0 }
  for (const { status, count } of rows) counts[status] += count
  return counts
}
