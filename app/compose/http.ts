import type { FastifyInstance } from 'fastify'
import { fhirServer } from '../../adapters/fhir/index.ts'
import { buildServer, callerOf, instantIn, noteAccess, usualLimits, accessRoutes, wellKnownRoutes, type HttpDeps, type PartState } from '../../adapters/http/index.ts'
import { pages } from '../../adapters/web/index.ts'
import { authenticate, type Principal } from '../../core/access/index.ts'
import { mergePatients, unmergePatients, type MergeCommand } from '../../core/identity/index.ts'
import { takeIn } from '../../core/intake/index.ts'
import { callerFinder, composeAccess } from './access.ts'
import type { Composed } from './compose.ts'
import { fhirWriting } from './fhir-writing.ts'
import { inspectWith } from './inspect.ts'
import { mappingOperations } from './mapping-routes.ts'
import { operatorSide } from './operator-side.ts'
import { readText, repairWith, writeText } from './repair.ts'
import { sha256 } from './sha256.ts'
import { tiedPatientIds } from './tied-patient-ids.ts'
import { textTranslator } from './translate.ts'

/** The HTTP side with FHIR and the pages on it, not listening yet. */
export async function composeHttp (parts: Composed, demo: HttpDeps['demo']): Promise<FastifyInstance> {
  const server = await buildServer(httpDeps(parts, demo))
  const { config, store, wallClock, stableId, operations: { outbox } } = parts
  // Ids of a numbering of its own, as in trying a mapping: nobody learns from a number which record has it.
  const convert = textTranslator({ ...parts.mappings, zone: config.zone, stableId: (hospitalId, kind, name) => stableId(`convert:${hospitalId}`, kind, name) })
  await server.register(fhirServer({
    writeRecords: fhirWriting(parts, parts.fhirMappings.keyOf),
    isOurs,
    inReading: store.inReading,
    callerOf,
    note: noteAccess,
    samePerson: (id) => store.inReading(({ patients }) => tiedPatientIds(patients, id)),
    convert: (text, site) => convert(text, { site: site ?? 'base', charset: 'utf8', hospitalId: site ?? 'convert', receivedAt: wallClock.now(), source: 'convert-data', isConversion: true }),
    validate: parts.mappings.checkResource,
    zone: config.zone,
    publicUrl: null,
    software: parts.version,
    realNow: wallClock.now
  }), { prefix: '/fhir' })
  await server.register(accessRoutes(composeAccess({
    ...parts,
    notifyOutbox: outbox.notify,
    takeIn: (stores, changes, at) => takeIn({ ...stores, ...parts.tools }, changes, at)
  }), instantIn(config.zone)))
  await server.register(wellKnownRoutes(parts.areas))
  for (const routes of parts.areas.routes) await server.register(routes)
  await server.register(pages({ root: parts.pagesRoot }))
  return server
}

/** Whoever speaks for one hospital tells what that hospital knows; an app, or an integrator of none, does not. */
function isOurs ({ speaksFor, organizationId }: Principal): boolean {
  return speaksFor === 'app' || (speaksFor === undefined && organizationId === null)
}

function httpDeps (parts: Composed, demo: HttpDeps['demo']): HttpDeps {
  const { config, store: { inTransaction, inReading }, clock, wallClock, ids, log } = parts
  const writeInstant = instantIn(config.zone)
  const repair = repairWith(parts)
  return {
    logger: log,
    ids,
    realNow: wallClock.now,
    limits: usualLimits,
    authenticate: (secret, now) => inReading(({ tokens }) => authenticate({ tokens, hash: sha256 }, secret, now)),
    findCaller: callerFinder(parts),
    appendAudit: (events) => inTransaction(({ audit }) => audit.append(events)),
    health: { parts: () => partStates(parts), metrics: parts.metrics, version: parts.version, partTimeoutMs: 2_000 },
    repetition: { inTransaction, hash: sha256, now: clock.now },
    demo,
    v1: {
      inReading,
      now: clock.now,
      hospitals: config.site.hospitals,
      mergePatients: (merge) => changeLink(parts, mergePatients, merge),
      unmergePatients: (merge) => changeLink(parts, unmergePatients, merge),
      readText,
      writeText,
      ...repair,
      messageDetails: inspectWith(parts),
      ...operatorSide(parts, writeInstant),
      ...mappingOperations({ ...parts, zone: config.zone, hospitalOf: (site) => config.site.sources.find(({ mappingSite }) => mappingSite === site)?.hospital ?? site, replayMessages: repair.replayMessages })
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

/** A decision at the desk goes the same way in as a message. */
async function changeLink (parts: Composed, change: typeof mergePatients, command: MergeCommand): Promise<void> {
  const at = parts.clock.now()
  await parts.store.inTransaction(async (stores) => change({ ...stores, takeIn: (changes) => takeIn({ ...stores, ...parts.tools }, changes, at) }, command, at))
}
