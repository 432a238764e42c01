import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import type { Store } from '../../../adapters/store/index.ts'
import { buildServer, createLogger, instantIn, usualLimits, type HttpDeps } from '../../../adapters/http/index.ts'
import { authenticate, findCaller, issueToken, roles, type Role } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
export const businessNow = new Date('2027-03-01T00:30:00Z')
const realNow = new Date('2027-03-01T09:00:00Z')

export interface AServer {
  readonly server: FastifyInstance
  readonly store: Store
  /** Everything the server logged, line by line. */
  readonly logged: string[]
  readonly tokenOf: (role: Role, who?: { readonly personId?: string, readonly organizationId?: string | null }) => Promise<string>
  /** Merges, replays and the like that the routes asked for. */
  readonly asked: unknown[]
}

/** The HTTP side on a store of its own; what lies behind the use cases of other parts only notes that it was asked. */
export async function aServer (t: Teardown, change: (deps: HttpDeps) => HttpDeps = (deps) => deps): Promise<AServer> {
  const store = await freshStore(t)
  const logged: string[] = []
  const asked: unknown[] = []
  let businessTime = businessNow
  const ids = { next: () => randomUUID() }
  const logger = createLogger({ level: 'debug', destination: { write: (line: string) => { logged.push(line) } } })
  const server = await buildServer(change({
    logger,
    ids,
    realNow: () => realNow,
    limits: usualLimits,
    authenticate: async (secret, now) => await store.inReading(async ({ tokens }) => await authenticate({ tokens, hash }, secret, now)),
    findCaller: async (principal) => await store.inReading(async ({ guardians, patients }) => await findCaller({
      guardians,
      tiedPatientIds: async (personId) => {
        const patient = await patients.find(personId)
        return patient === null ? [] : (await patients.byPerson(patient.personId)).map(({ id }) => id)
      }
    }, principal)),
    appendAudit: async (events) => { await store.inTransaction(async ({ audit }) => { await audit.append(events) }) },
    health: { parts: async () => [{ name: 'database', ready: true, reason: null }], metrics: new Registry(), version: { name: 'yiqiao', version: '0.1.0', commit: null }, partTimeoutMs: 500 },
    repetition: { inTransaction: store.inTransaction, hash, now: () => realNow },
    v1: {
      inReading: store.inReading,
      writeInstant: instantIn('Asia/Shanghai'),
      now: () => businessNow,
      hospitals: [{ id: 'east', name: 'East Hospital' }, { id: 'west', name: 'West Hospital' }],
      mergePatients: async (merge) => { asked.push({ merge }) },
      unmergePatients: async (unmerge) => { asked.push({ unmerge }) },
      readText: (message) => Buffer.from(message.raw).toString('utf8'),
      writeText: (_message, text) => Buffer.from(text, 'utf8'),
      replayMessages: async (replay) => {
        asked.push({ replay })
        return (replay.filter.ids ?? []).map((original) => ({ original, id: `${original}-again` }))
      },
      tryReplay: async (filter) => {
        asked.push({ tryReplay: filter })
        return (filter.ids ?? []).map((original) => ({ original, produced: ['Patient/east-anna'], notes: [], changes: [{ record: 'Patient/east-anna', elements: ['birthDate'] }], failure: null }))
      },
      fixMessage: async ({ id, raw, reason }) => {
        asked.push({ fix: id, text: Buffer.from(raw).toString('utf8'), reason })
        return { id: `${id}-fixed` }
      },
      skipMessage: async ({ id }) => { asked.push({ skip: id }) },
      sources: () => [{ name: 'east', kind: 'mllp', hospitalId: 'east', port: 2575, listening: true, connections: 1, charset: 'utf8', mappingSite: 'east', ack: 'stored' }],
      mappings: () => [{ site: 'east', version: 'v1' }],
      jobs: () => [{ name: 'prune-inbox', schedule: '0 3 * * *', requirements: ['K-01'], nextDueAt: new Date('2027-03-01T19:00:00Z') }],
      runJob: async ({ name, date }) => {
        asked.push({ run: name, date })
        return { job: name, dueAt: businessNow, status: 'done', attempts: 1, startedAt: businessNow, finishedAt: businessNow, result: { pruned: 0 }, error: null }
      }
    },
    demo: {
      zone: 'Asia/Shanghai',
      now: () => businessTime,
      moveClock: async (target) => {
        if (target < businessTime) throw new DomainError('CLOCK_NOT_FORWARD', 'Business time only goes forward.')
        businessTime = target
        return [{ job: 'prune-inbox', dueAt: new Date('2027-03-01T19:00:00Z'), status: 'done' }]
      },
      simulators: {
        sms: {
          items: async (since) => [{ at: since ?? businessNow, kind: 'sent', key: 'k1', body: { templateId: 'bill' } }],
          setFaults: async (faults) => { asked.push({ faults }) },
          act: async (act) => { asked.push({ act }) }
        }
      }
    }
  }))
  t.teardown(async () => { await server.close() })
  return {
    server,
    store,
    logged,
    asked,
    tokenOf: async (role, { personId, organizationId } = {}) => await store.inTransaction(async ({ tokens }) => (await issueToken(
      { tokens, ids, hash, randomSecret: () => randomBytes(32).toString('base64url') },
      { role, personId: personId ?? null, organizationId: organizationId ?? null, at: realNow, expiresAt: null })).secret)
  }
}

/** One token of every role: the patient is Anna, the guardian Anna's mother; staff belong to the east hospital. */
export async function tokensOfAllRoles ({ tokenOf }: Pick<AServer, 'tokenOf'>): Promise<Readonly<Record<Role, string>>> {
  const pairs: Array<[Role, string]> = []
  for (const role of roles) {
    const isHeadquarters = role === 'operator' || role === 'administrator' || role === 'auditor'
    pairs.push([role, await tokenOf(role, role === 'patient' ? { personId: 'east-anna' } : role === 'guardian' ? { personId: 'east-mother' } : { organizationId: isHeadquarters ? null : 'east' })])
  }
  return Object.fromEntries(pairs) as Record<Role, string>
}

export const as = (token: string): { readonly authorization: string } => ({ authorization: `Bearer ${token}` })
