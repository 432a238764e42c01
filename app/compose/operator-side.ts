import type { DestinationRoutesDeps, JobState, OperationsRoutesDeps, QueueRoutesDeps, SourceState, ViewRoutesDeps } from '../../adapters/http/index.ts'
import { decodeText } from '../../adapters/hl7v2/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import { searchMessages, type FoundMessages, type MessageSearch } from '../../core/inbox/index.ts'
import { dueInstants, type ConnectionStatus, type JobRun } from '../../core/operations/index.ts'
import { resendOutbound, skipOutbound } from '../../core/outbound/index.ts'
import type { Composed } from './compose.ts'
import { dueInstantOn } from './job-tools.ts'
import { readText } from './repair.ts'
import { vanishedRows } from './view-sources.ts'

type OperatorDeps = Pick<OperationsRoutesDeps, 'sources' | 'jobs' | 'runJob'> & QueueRoutesDeps & ViewRoutesDeps & Pick<DestinationRoutesDeps, 'destinations' | 'pauses'>
  & { readonly searchMessages: (search: MessageSearch) => Promise<FoundMessages> }

/** What an operator watches and holds: sources, destinations, queues, jobs. */
export function operatorSide (parts: Composed, writeInstant: QueueRoutesDeps['writeInstant']): OperatorDeps {
  const { config: { site }, store: { inTransaction, inReading }, clock, operations, lines, pauses, stableId } = parts
  const repair = { inTransaction, clock, notify: operations.outbox.notify, isConfigured: (name: string) => site.destinations.some((destination) => destination.name === name) }
  return {
    writeInstant,
    sources: () => sourceStates(parts),
    jobs: () => jobStates(parts),
    runJob: (run) => runJobFor(parts, run),
    searchMessages: (search) => searchMessages({ inReading, hospitalIds: site.hospitals.map(({ id }) => id), stableId, readText }, search),
    viewsOf: (source) => parts.viewPollers.get(source)?.status().views,
    vanishedRows: vanishedRows(inReading),
    queues: () => ['inbox', ...site.sources.map(({ name }) => `source:${name}`), ...site.destinations.map(({ name }) => `destination:${name}`)],
    pauses,
    destinations: {
      states: lines.states,
      readText: (content, charset) => {
        try {
          return decodeText(content, charset)
        } catch {
          return null
        }
      },
      resend: (resend) => resendOutbound(repair, resend),
      skip: (skip) => skipOutbound(repair, skip)
    }
  }
}

async function sourceStates (parts: Composed): Promise<readonly SourceState[]> {
  const { config, listeners, rates, operations } = parts
  const polled = new Map((await operations.connections.all()).map(({ queue, status }) => [queue, status]))
  return config.site.sources.map((source) => {
    const { name, kind, hospital, mappingSite } = source
    const listener = listeners.get(name)
    return {
      name,
      kind,
      hospitalId: hospital,
      mappingSite,
      port: listener?.port ?? null,
      listening: listener !== undefined,
      connections: listener?.connections() ?? 0,
      charset: source.kind === 'mllp' ? source.charset : null,
      ack: source.kind === 'mllp' ? source.ack : null,
      status: polled.get(`source:${name}`) ?? listenerStatus(parts, name),
      rates: rates.of(name)
    }
  })
}

/** A listener is up for as long as the process. */
function listenerStatus ({ pauses, startedAt }: Composed, name: string): ConnectionStatus {
  return { state: pauses.isPaused(`source:${name}`) ? 'paused' : 'up', since: startedAt, code: null, detail: null, lastAt: null }
}

const lookAheadMs = 40 * 86_400_000

function jobStates ({ jobs, operations, clock }: Composed): readonly JobState[] {
  const now = clock.now()
  return jobs.map((job) => {
    const [next] = dueInstants(operations.matchesOf(job), now, new Date(now.getTime() + lookAheadMs))
    return { name: job.name, schedule: job.schedule, requirements: job.requirements, nextDueAt: next ?? null }
  })
}

async function runJobFor (parts: Composed, { name, date }: { readonly name: string, readonly date: CalendarDate | null }): Promise<JobRun> {
  const job = parts.jobs.find((one) => one.name === name)
  if (job === undefined) throw new DomainError('JOB_NOT_FOUND', 'There is no job of this name. `yiqiao jobs list` tells the names.')
  const dueAt = dueInstantOn(parts.operations.matchesOf(job), { date, calendar: parts.calendar, now: parts.clock.now() })
  await parts.operations.jobs.run(name, dueAt)
  const run = await parts.store.inReading(({ jobRuns }) => jobRuns.find(name, dueAt))
  if (run === null) throw new Error('a job that ran has a record')
  return run
}
