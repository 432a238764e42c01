import type { FastifyInstance } from 'fastify'
import { fhirServer } from '../../adapters/fhir/index.ts'
import { buildServer, callerOf, instantIn, noteAccess, usualLimits, type HttpDeps, type JobState, type PartState, type SourceState } from '../../adapters/http/index.ts'
import { consolePages } from '../../adapters/web/index.ts'
import { authenticate, findCaller } from '../../core/access/index.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { mergePatients, unmergePatients, type MergeCommand } from '../../core/identity/index.ts'
import { takeIn } from '../../core/intake/index.ts'
import { dueInstants, type JobRun } from '../../core/operations/index.ts'
import { DomainError } from '../../core/errors.ts'
import { takeInTools } from './applying.ts'
import type { Composed } from './compose.ts'
import { dueInstantOn } from './job-tools.ts'
import { readText, repairWith, writeText } from './repair.ts'
import { sha256 } from './sha256.ts'
import { tiedPatientIds } from './tied-patient-ids.ts'

/** The HTTP side with FHIR and the pages on it, not listening yet. */
export async function composeHttp (parts: Composed, demo: HttpDeps['demo']): Promise<FastifyInstance> {
  const server = await buildServer(httpDeps(parts, demo))
  const { config, store, wallClock } = parts
  await server.register(fhirServer({
    inReading: store.inReading,
    callerOf,
    note: noteAccess,
    samePerson: (id) => store.inReading(({ patients }) => tiedPatientIds(patients, id)),
    convert: (text, site) => parts.translateText(text, { site: site ?? 'base', charset: 'utf8', hospitalId: site ?? 'convert', receivedAt: wallClock.now(), source: 'convert-data', isConversion: true }),
    validate: parts.mappings.checkResource,
    zone: config.zone,
    publicUrl: null,
    software: parts.version,
    realNow: wallClock.now
  }), { prefix: '/fhir' })
  await server.register(consolePages({ root: parts.consoleRoot }))
  return server
}

function httpDeps (parts: Composed, demo: HttpDeps['demo']): HttpDeps {
  const { config, store: { inTransaction, inReading }, clock, wallClock, ids, log } = parts
  return {
    logger: log,
    ids,
    realNow: wallClock.now,
    limits: usualLimits,
    authenticate: (secret, now) => inReading(({ tokens }) => authenticate({ tokens, hash: sha256 }, secret, now)),
    findCaller: (principal) => inReading(({ guardians, patients }) => findCaller({ guardians, tiedPatientIds: (id) => tiedPatientIds(patients, id) }, principal)),
    appendAudit: (events) => inTransaction(({ audit }) => audit.append(events)),
    health: { parts: () => partStates(parts), metrics: parts.metrics, version: parts.version, partTimeoutMs: 2_000 },
    repetition: { inTransaction, hash: sha256, now: clock.now },
    demo,
    v1: {
      inReading,
      writeInstant: instantIn(config.zone),
      now: clock.now,
      hospitals: config.site.hospitals,
      mergePatients: (merge) => changeLink(parts, mergePatients, merge),
      unmergePatients: (merge) => changeLink(parts, unmergePatients, merge),
      readText,
      writeText,
      ...repairWith(parts),
      sources: () => sourceStates(parts),
      mappings: () => [...parts.mappings.sites.values()].map(({ site, version }) => ({ site, version })),
      jobs: () => jobStates(parts),
      runJob: (run) => runJobFor(parts, run)
    }
  }
}

/** Messages that wait for the disk; more mean that it takes them slower than they come, and soon they are refused. */
const mostWaiting = 5_000

async function partStates ({ store, listeners, config, applying }: Composed): Promise<readonly PartState[]> {
  const database = await store.ping().then(() => null, () => 'The database does not answer. Check DATABASE_URL or the disk of DATA_DIR.')
  const sources = config.site.sources.filter(({ kind }) => kind === 'mllp').map(({ name }) => {
    const isListening = listeners.has(name)
    return { name: `source ${name}`, ready: isListening, reason: isListening ? null : 'It does not listen.' }
  })
  const isQueueFull = applying.receiver.waiting() > mostWaiting
  const queue = { name: 'queue', ready: !isQueueFull, reason: isQueueFull ? 'Messages come faster than the disk takes them. Check the disk of the database.' : null }
  return [{ name: 'database', ready: database === null, reason: database }, queue, ...sources]
}

function sourceStates ({ config, listeners }: Composed): readonly SourceState[] {
  return config.site.sources.flatMap((source) => {
    if (source.kind !== 'mllp') return []
    const { name, kind, hospital, charset, mappingSite, ack } = source
    const listener = listeners.get(name)
    return { name, kind, hospitalId: hospital, port: listener?.port ?? null, listening: listener !== undefined, connections: listener?.connections() ?? 0, charset, mappingSite, ack }
  })
}

/** A decision at the desk goes the same way in as a message. */
async function changeLink (parts: Composed, change: typeof mergePatients, command: MergeCommand): Promise<void> {
  const at = parts.clock.now()
  await parts.store.inTransaction(async (stores) => change({ ...stores, takeIn: (changes) => takeIn({ ...stores, ...takeInTools(parts) }, changes, at) }, command, at))
}

const lookAheadMs = 40 * 86_400_000

function jobStates ({ jobs, operations, clock }: Composed): readonly JobState[] {
  const now = clock.now()
  return jobs.map((job) => {
    const [next] = dueInstants(operations.matchesOf(job), now, new Date(now.getTime() + lookAheadMs))
    return { name: job.name, schedule: job.schedule, requirements: job.requirements, nextDueAt: next ?? null }
  })
}

async function runJobFor (parts: Pick<Composed, 'jobs' | 'operations' | 'clock' | 'calendar' | 'store'>, { name, date }: { readonly name: string, readonly date: CalendarDate | null }): Promise<JobRun> {
  const job = parts.jobs.find((one) => one.name === name)
  if (job === undefined) throw new DomainError('JOB_NOT_FOUND', 'There is no job of this name. `yiqiao jobs list` tells the names.')
  const dueAt = dueInstantOn(parts.operations.matchesOf(job), { date, calendar: parts.calendar, now: parts.clock.now() })
  await parts.operations.jobs.run(name, dueAt)
  const run = await parts.store.inReading(({ jobRuns }) => jobRuns.find(name, dueAt))
  if (run === null) throw new Error('a job that ran has a record')
  return run
}
