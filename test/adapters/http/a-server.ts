import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import type { Store } from '../../../adapters/store/index.ts'
import { buildServer, createLogger, instantIn, usualLimits, type HttpDeps } from '../../../adapters/http/index.ts'
import { accessRoutes } from '../../../adapters/http/index.ts'
import { usualAccessLimits } from '../../../adapters/http/access/access-routes.ts'
import { callerFinder, composeAccess, type ComposeAccess } from '../../../app/compose/access.ts'
import { keysFrom } from '../../../app/compose/access-keys.ts'
import { authenticate, issueToken, roles, type Role } from '../../../core/access/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { searchMessages, timelineOf } from '../../../core/inbox/index.ts'
import { pausesOf } from '../../../core/operations/index.ts'
import { saveChanges } from '../../../core/records/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
export const businessNow = new Date('2027-03-01T00:30:00Z')
export const realNow = new Date('2027-03-01T09:00:00Z')
/** Opens what the outbox holds sealed. */
export const keys = keysFrom(Buffer.alloc(32, 7))

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
export async function aServer (t: Teardown, change: (deps: HttpDeps) => HttpDeps = (deps) => deps, access: Partial<ComposeAccess> = {}, accessLimits = usualAccessLimits): Promise<AServer> {
  const store = await freshStore(t)
  const logged: string[] = []
  const asked: unknown[] = []
  let businessTime = businessNow
  const ids = { next: () => randomUUID() }
  const clock = { now: () => businessTime }
  const calendar = calendarIn('Asia/Shanghai')
  const logger = createLogger({ level: 'debug', destination: { write: (line: string) => { logged.push(line) } } })
  const server = await buildServer(change({
    logger,
    ids,
    realNow: () => realNow,
    limits: usualLimits,
    authenticate: async (secret, now) => await store.inReading(async ({ tokens }) => await authenticate({ tokens, hash }, secret, now)),
    findCaller: callerFinder({ store, clock, calendar }),
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
      searchMessages: async (search) => {
        asked.push({ search })
        return await searchMessages({ inReading: store.inReading, hospitalIds: ['east', 'west'], stableId: (...parts) => parts.join('-'), readText: ({ raw }) => Buffer.from(raw).toString('utf8') }, search)
      },
      messageDetails: async (id) => {
        const [message] = await store.inReading(async ({ inbox }) => await inbox.load([id]))
        return message === undefined
          ? null
          : {
              message,
              tree: { kind: 'segments', segments: [{ name: 'PID', fields: [{ path: 'PID-8', text: 'X' }] }] },
              mapped: { resources: [], notes: ['ZPI: no table'], unmapped: [{ table: 'administrative-sex', code: 'X', place: 'PID-8' }], mappingVersion: null, failure: null },
              effects: { records: message.produced.map((record) => ({ record, version: 1 })), entries: [] },
              timeline: timelineOf(message, [])
            }
      },
      viewsOf: (source) => source === 'south' ? [{ view: 'charges', state: 'up', since: businessNow, code: null, detail: null, lastAt: null, read: 3, taken: 2, keyless: 0, notes: [], pageSize: 500, comparedAt: null, vanished: 1 }] : undefined,
      vanishedRows: async () => ({ count: 1, keys: ['T-1'] }),
      queues: () => ['inbox', 'source:east', 'destination:east'],
      destinations: {
        states: () => [{
          name: 'east', hospitalId: 'east', kind: 'mllp', sends: [{ resource: 'Patient', message: 'ADT^A31' }],
          status: { state: 'down', since: businessNow, code: 'OUTSIDE_DOWN', detail: 'Nobody listens at the destination.', lastAt: null }
        }],
        readText: (content) => Buffer.from(content).toString('utf8'),
        resend: async (resend) => { asked.push({ resend }) },
        skip: async (skip) => { asked.push({ skip }) }
      },
      pauses: pausesOf({ inTransaction: store.inTransaction, inReading: store.inReading, clock: { now: () => businessNow }, changed: () => { asked.push('queues changed') } }),
      sources: async () => [{
        name: 'east', kind: 'mllp', hospitalId: 'east', port: 2575, listening: true, connections: 1, charset: 'utf8', mappingSite: 'east', ack: 'stored',
        status: { state: 'up', since: businessNow, code: null, detail: null, lastAt: null }, rates: { minute: 1, quarter: 2, hour: 3 }
      }],
      mappings: () => [{ site: 'east', version: 'v1' }],
      mappingTables: (site) => site !== 'east' ? undefined : { site, messages: [], segments: new Map(), codeTables: new Map([['sex', { table: 'sex', map: { F: 'female' } }]]), codeTableOrigins: new Map([['sex', { file: 'code-tables/sex.json', isSite: false, byOperator: new Set() }]]) },
      tryMapping: (site, text) => {
        asked.push({ tryMapping: site, text })
        return { version: 'v1', header: { resourceType: 'MessageHeader' }, resources: [], notes: [], unmapped: [], rows: [] }
      },
      resolveCode: async ({ id, to, actor }) => {
        asked.push({ resolveCode: id, to })
        return { resolution: { id: '1', mappingSite: 'east', table: 'sex', code: '2', to, by: actor, at: businessNow, revokedAt: null }, requeued: 0 }
      },
      revokeResolution: async ({ id }) => { asked.push({ revokeResolution: id }) },
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
  await server.register(accessRoutes(composeAccess({
    store, clock, calendar, ids, keys, wallClock: { now: () => realNow }, wechat: null, hasSms: true, notifyOutbox: () => {},
    takeIn: async ({ records }, changes, at) => {
      asked.push({ takeIn: changes })
      await saveChanges({ records, searchValuesOf: () => [], stableId: (...parts) => parts.join('-'), hashOf: hash }, changes, at)
    },
    ...access
  }), instantIn('Asia/Shanghai'), accessLimits))
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
