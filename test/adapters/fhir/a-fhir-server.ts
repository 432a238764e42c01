import { readFileSync } from 'node:fs'
import { createHash, randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import { fhirServer, searchValuesIn, type FhirAccessNote, type FhirServerDeps } from '../../../adapters/fhir/index.ts'
import type { Role } from '../../../core/access/index.ts'
import { calendarIn } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { writeRecords, type WriteRecordsDeps } from '../../../core/intake/index.ts'
import type { Store, Stores } from '../../../adapters/store/index.ts'
import type { RecordVersion, Resource } from '../../../core/records/index.ts'
import { compileR4, type ElementTable } from '../../../mappings/r4/index.ts'
import { compileFacts, readPostedMoney } from '../../../mappings/index.ts'
import { plainBooking } from '../../fixtures/booking.ts'
import { seedSettings } from '../../fixtures/pay-after-care.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'
import { aRecord } from './a-record.ts'

export const validate = compileR4(JSON.parse(readFileSync(new URL('../../../mappings/r4/elements.json', import.meta.url), 'utf8')) as ElementTable)
const searchValuesOf = searchValuesIn('Asia/Shanghai')

const facts = ['charge-item', 'encounter', 'patient', 'payment-notice', 'practitioner', 'practitioner-role']
const factsOf = compileFacts(Object.fromEntries(facts.map((name) => [name, JSON.parse(readFileSync(new URL(`../../../mappings/facts/${name}.json`, import.meta.url), 'utf8')) as unknown])))

interface Identified { readonly identifier?: ReadonlyArray<{ readonly value?: string, readonly type?: { readonly coding?: ReadonlyArray<{ readonly code?: string }> } }> }

/** The first number of the hospital's own stands for the thing; an order is known by its placer number. */
const keyOf: WriteRecordsDeps<Stores>['keyOf'] = (resource) => {
  const identifiers = (resource as Identified).identifier ?? []
  const wanted = { Patient: 'MR', Encounter: 'VN', ServiceRequest: 'PLAC', ChargeItem: undefined, Observation: null }[resource.resourceType]
  return wanted === null ? null : identifiers.find(({ type }) => wanted === undefined || type?.coding?.some(({ code }) => code === wanted) === true)?.value ?? null
}

const now = new Date('2027-03-01T09:00:00Z')

/** Writing as the product composes it, over a store. */
function writingTo (store: Store): FhirServerDeps['writeRecords'] {
  const deps: WriteRecordsDeps<Stores> = {
    inTransaction: store.inTransaction,
    tools: {
      destinations: [],
      factsOf,
      searchValuesOf,
      stableId: (hospitalId, kind, name) => `${hospitalId}-${kind}-${createHash('sha1').update(name).digest('hex').slice(0, 12)}`,
      hashOf: (base64) => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('base64'),
      ids: { next: randomUUID },
      calendar: calendarIn('Asia/Shanghai'),
      billing: { settings: seedSettings, hasInsurance: false },
      booking: plainBooking,
      hearAnswer: async () => undefined
    },
    keyOf,
    readMoney: readPostedMoney,
    hospitalIds: ['east', 'west'],
    contentHash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    clock: { now: () => now }
  }
  return (submission, afterwards) => writeRecords(deps, submission, afterwards)
}

export interface AFhirServer {
  readonly store: Store
  readonly server: FastifyInstance
  readonly notes: FhirAccessNote[]
  readonly save: (...records: readonly RecordVersion[]) => Promise<void>
  /** As an integrator of no hospital unless `as` says otherwise. Fails where the answer is not valid R4. */
  readonly ask: (url: string, options?: Omit<InjectOptions, 'url'> & { readonly as?: string }) => Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: LightMyRequestResponse['headers']
  readonly body: Resource
  readonly raw: Buffer
  /** `Type/id` of the entries. */
  readonly entries: readonly string[]
}

/** Who calls, by a header: `role person organization ownPatient…`, apart by spaces, `-` for none. */
function callerOf (who: string | undefined): ReturnType<FhirServerDeps['callerOf']> {
  if (who === 'nobody') throw new DomainError('ACCESS_UNAUTHENTICATED', 'Send a valid token as Authorization: Bearer.')
  const [role = 'integrator', personId = '-', organizationId = '-', ...patientIds] = who?.split(' ') ?? []
  return { principal: { tokenId: 't1', role: role as Role, personId: personId === '-' ? null : personId, organizationId: organizationId === '-' ? null : organizationId, scopes: null }, patientIds }
}

/** As the product composes it, but for who calls: that a header tells. */
export function fhirDeps (store: Store): FhirServerDeps {
  return {
    inReading: store.inReading,
    callerOf: (request) => callerOf(request.headers['x-as'] as string | undefined),
    note: () => {},
    samePerson: async (id) => ['p1', 'p1-west'].includes(id) ? ['p1', 'p1-west'] : [id],
    writeRecords: writingTo(store),
    isOurs: () => false,
    convert: () => { throw new DomainError('MESSAGE_MALFORMED', 'Send a message that begins with MSH.') },
    validate,
    zone: 'Asia/Shanghai',
    publicUrl: 'https://yiqiao.example/fhir',
    software: { name: 'yiqiao', version: '0.1.0' },
    realNow: () => now
  }
}

export async function aFhirServer (t: Teardown, change: Partial<FhirServerDeps> = {}): Promise<AFhirServer> {
  const store = await freshStore(t)
  const notes: FhirAccessNote[] = []
  const server = Fastify({ genReqId: () => randomUUID(), ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true } } })
  t.teardown(async () => { await server.close() })
  await server.register(fhirServer({ ...fhirDeps(store), note: (_request, note) => { notes.push(note) }, ...change }), { prefix: '/fhir' })
  return {
    store,
    server,
    notes,
    save: async (...records) => {
      await store.inTransaction(async (stores) => { await stores.records.save(records.map((record) => ({ ...record, searchValues: searchValuesOf(record) }))) })
    },
    ask: async (url, { as, ...options } = {}) => {
      const response = await server.inject({ method: 'GET', ...options, url: `/fhir${url}`, headers: { ...options.headers, ...(as === undefined ? {} : { 'x-as': as }) } })
      const isFhir = String(response.headers['content-type']).startsWith('application/fhir+json')
      const body = (isFhir ? response.json() : { resourceType: 'None' })
      const faults = isFhir ? validate(body) : []
      if (faults.length > 0) throw new Error(`answer is not valid R4: ${JSON.stringify(faults)}`)
      const entries = ((body['entry'] ?? []) as ReadonlyArray<{ readonly resource?: Resource }>).map(({ resource }) => resource === undefined ? '' : `${resource.resourceType}/${resource.id ?? ''}`)
      return { status: response.statusCode, headers: response.headers, body, raw: response.rawPayload, entries }
    }
  }
}

/** A morning at two hospitals: two patients, one of them known to both; visits, charges, a result and a photo. */
export async function aMorning (t: Teardown, change: Partial<FhirServerDeps> = {}): Promise<AFhirServer> {
  const fhir = await aFhirServer(t, change)
  const mr = (hospital: string, value: string): object => ({ identifier: [{ system: `urn:yiqiao:hospital:${hospital}:MR`, value }] })
  const encounter = (id: string, patient: string, start: string, more: object = {}): Resource => ({
    resourceType: 'Encounter', id, status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, subject: { reference: `Patient/${patient}` }, period: { start },
    participant: [{ individual: { reference: 'Practitioner/d1' } }], ...more
  })
  const charge = (id: string, patient: string, code: string, enteredDate: string): Resource => ({
    resourceType: 'ChargeItem', id, status: 'billable', code: { coding: [{ system: 'urn:yiqiao:hospital:east:charge', code }] }, subject: { reference: `Patient/${patient}` }, context: { reference: 'Encounter/e1' },
    enteredDate, priceOverride: { value: 12.5, currency: 'CNY' }, ...mr('east', id)
  })
  await fhir.save(
    aRecord({ resourceType: 'Patient', id: 'p1', ...mr('east', 'E001'), name: [{ text: '测试甲', family: 'Ceshi', given: ['Jia'] }], gender: 'female', birthDate: '1990-05-17', telecom: [{ system: 'phone', value: '0571-0000' }] }),
    aRecord({ resourceType: 'Patient', id: 'p2', ...mr('east', 'E002'), name: [{ text: '测试乙' }], gender: 'male', birthDate: '1960' }, { patientId: 'p2', lastUpdated: new Date('2027-03-01T02:00:00Z') }),
    aRecord({ resourceType: 'Patient', id: 'p1-west', ...mr('west', 'W9'), name: [{ text: '测试甲' }] }, { patientId: 'p1-west', hospitalId: 'west' }),
    aRecord({ resourceType: 'Practitioner', id: 'd1', name: [{ text: '医生甲' }] }, { patientId: null }),
    aRecord(encounter('e1', 'p1', '2027-03-01T08:30:00+08:00')),
    aRecord(encounter('e2', 'p2', '2027-03-01T23:50:00+08:00', { status: 'in-progress' }), { patientId: 'p2' }),
    aRecord(encounter('e3', 'p1-west', '2027-02-20T10:00:00+08:00'), { patientId: 'p1-west', hospitalId: 'west' }),
    aRecord(charge('c1', 'p1', 'LAB', '2027-03-01T09:00:00+08:00')),
    aRecord(charge('c2', 'p1', 'REG', '2027-03-01T08:31:00+08:00')),
    aRecord({ resourceType: 'Observation', id: 'o1', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '2339-0' }] }, subject: { reference: 'Patient/p1' }, effectiveDateTime: '2027-03-01T09:10:00+08:00', valueString: 'normal' }),
    aRecord({ resourceType: 'Binary', id: 'b1', contentType: 'image/png', data: 'iVBORw0KGgo=' }),
    aRecord({ resourceType: 'Binary', id: 'b2', contentType: 'text/html', data: 'PGI+' })
  )
  return fhir
}
