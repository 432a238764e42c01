import assert from 'node:assert'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { decodeText, parseMessage } from '../../adapters/hl7v2/index.ts'
import { northSite } from '../../adapters/simulators/fhir-server/north.ts'
import { simulatedFhirHospital } from '../../adapters/simulators/fhir-server/simulated-fhir-hospital.ts'
import { planDay } from '../../adapters/simulators/hospital/plan-day.ts'
import { printStep } from '../../adapters/simulators/hospital/print-step.ts'
import { demoSites } from '../../adapters/simulators/hospital/site.ts'
import type { Store } from '../../adapters/store/index.ts'
import { takeInTools } from '../../app/compose/applying.ts'
import { composeFhirMappings, fhirDescriber } from '../../app/compose/fhir-sources.ts'
import { fhirTranslator } from '../../app/compose/fhir-translate.ts'
import { composeMappings } from '../../app/compose/mappings.ts'
import { textTranslator } from '../../app/compose/translate.ts'
import type { FhirSourceConfig } from '../../app/site-config.ts'
import { calendarIn } from '../../core/clock.ts'
import type { StoredMessage } from '../../core/inbox/index.ts'
import { takeIn } from '../../core/intake/index.ts'
import { owedByPerson, trialBalance } from '../../core/ledger/index.ts'
import type { RecordChange, Resource } from '../../core/records/index.ts'
import { compileFhir, compileFhirKeys } from '../../mappings/index.ts'
import { aFollower, messagesOf, stableId, types } from '../adapters/fhir-client/a-follower.ts'
import { plainBooking } from '../fixtures/booking.ts'
import { seedSettings } from '../fixtures/pay-after-care.ts'
import { freshStore } from '../fixtures/store.ts'

const zone = 'Asia/Shanghai'
const calendar = calendarIn(zone)
const wallClock = { now: () => new Date() }
const morning = new Date('2027-03-01T08:00:00+08:00')
const mappings = await composeMappings({ mappingsDir: 'mappings', sites: ['east', 'north'] })
const fhirMappings = await composeFhirMappings({ mappingsDir: 'mappings', sites: ['north'] })
const tools = takeInTools({ factsOf: mappings.factsOf, searchValuesOf: () => [], stableId, ids: { next: randomUUID }, calendar, destinations: [], billing: { settings: seedSettings, hasInsurance: false }, booking: plainBooking, hearAnswer: async () => undefined })
const followed = ['Organization', 'Practitioner', 'PractitionerRole', 'Patient', 'Encounter', 'Appointment', 'ServiceRequest', 'Observation', 'DiagnosticReport', 'DocumentReference', 'ChargeItem', 'PaymentNotice']

const base = 'https://his.north.example/fhir'
const source = (url = base): FhirSourceConfig => ({ name: 'north', kind: 'fhir', hospital: 'north', url, types: followed, pageSize: 100, overlapMs: 60_000, pollMs: 5_000, timeoutMs: 5_000, mappingSite: 'north', silentAfterMs: 0 })

interface TakenIn {
  readonly produced: readonly string[]
  readonly notes: readonly string[]
}

/** Applies one kept resource, as the applier does. */
async function apply (store: Store, message: Pick<StoredMessage, 'id' | 'raw'>, url = base): Promise<TakenIn> {
  const translate = fhirTranslator({ site: { sources: [source(url)] }, mappings: fhirMappings, checkResource: mappings.checkResource, stableId, calendar })
  return store.inTransaction(async (stores) => {
    const { changes, notes } = await translate({ ...message, source: 'north', hospitalId: 'north', receivedAt: morning } as StoredMessage, stores)
    const { produced } = await takeIn({ ...stores, ...tools }, changes, morning)
    return { produced, notes }
  })
}

let messages = 0
const says = (store: Store, resource: Resource): Promise<TakenIn> => apply(store, { id: `m${messages += 1}`, raw: Buffer.from(JSON.stringify(resource)) })
const refusal = async (work: Promise<unknown>): Promise<string> => work.then(() => 'taken', (error: unknown) => (error as { code: string }).code)

const meta = (versionId: number, time = `08:0${versionId}`): object => ({ versionId: String(versionId), lastUpdated: `2027-03-01T${time}:00+08:00` })
const mr = (value: string): object => ({ system: 'https://his.north.example/sid/patient', value })
const patient: Resource = { resourceType: 'Patient', id: '7', meta: meta(1), identifier: [mr('N000001')], name: [{ text: '测试甲' }] }
const visit: Resource = { resourceType: 'Encounter', id: '8', meta: meta(1), identifier: [{ system: 'https://his.north.example/sid/visit', value: 'NV1' }], status: 'in-progress', class: { code: 'AMB' }, subject: { reference: 'Patient/7' } }
const charge: Resource = { resourceType: 'ChargeItem', id: '9', meta: meta(1), identifier: [{ value: 'NT1' }], status: 'billable', code: { text: '挂号费' }, subject: { reference: 'Patient/7' }, context: { reference: 'Encounter/8' }, occurrenceDateTime: '2027-03-01', priceOverride: { value: 15, currency: 'CNY' } }
const payment: Resource = { resourceType: 'PaymentNotice', id: '10', meta: meta(1), identifier: [{ value: 'NT2' }], status: 'active', created: '2027-03-01', request: { reference: 'Encounter/8' }, payment: { display: '现金' }, recipient: { display: '北院' }, amount: { value: 10, currency: 'CNY' } }
const ours = (type: string, key: string): string => stableId('north', type, key)

const without = (resource: Resource, element: string): Resource => Object.fromEntries(Object.entries(resource).filter(([name]) => name !== element)) as Resource

async function recordOf (store: Store, type: string, key: string): Promise<Record<string, unknown>> {
  const [found] = await store.inReading(({ records }) => records.current([{ type, id: ours(type, key) }]))
  return { ...found?.resource }
}
const owed = (store: Store, number = 'N000001'): Promise<number> => store.inReading(async (stores) => (await owedByPerson(stores, ours('Patient', number))).owedFen)

async function aMorning (t: Test): Promise<Store> {
  const store = await freshStore(t)
  for (const resource of [patient, visit, charge]) await says(store, resource)
  return store
}

/** What the contexts make of a day. */
async function ending (store: Store, numbers: readonly string[]): Promise<unknown> {
  return store.inReading(async (stores) => {
    const visits = await stores.visits.list({ patientIds: null, hospitalId: 'north', state: null }, { limit: 500, offset: 0 })
    const patients = []
    for (const number of numbers) {
      const found = await stores.patients.find(ours('Patient', number))
      patients.push({ number, name: found?.name, birthDate: found?.birthDate, gender: found?.gender, active: found?.active, numbers: found?.identifiers.map(({ system, value }) => `${system} ${value}`), owedFen: (await owedByPerson(stores, ours('Patient', number))).owedFen })
    }
    const { practitioners } = stores
    return { visits: visits.filter(({ visitNumber }) => visitNumber !== null), patients, doctors: await practitioners.list({ hospitalId: 'north' }, { limit: 50, offset: 0 }), isProven: (await trialBalance(stores, null)).isProven }
  })
}

t.test('the same day over MLLP and from a FHIR server → the same visits, patients and amounts owed, also after all of it again', async (t) => {
  const [overMllp, overFhir] = [await freshStore(t), await freshStore(t)]
  const steps = planDay({ seed: 7, patients: 14, site: northSite, date: '2027-03-01' })
  const translateText = textTranslator({ ...mappings, stableId, zone })
  for (const step of steps.filter(({ fate }) => fate === 'applied')) {
    const text = decodeText(printStep(northSite, step), 'utf8')
    const { changes } = translateText(text, { site: 'base', charset: 'utf8', hospitalId: 'north', receivedAt: step.at, source: step.controlId })
    await overMllp.inTransaction((stores) => takeIn({ ...stores, ...tools }, changes, step.at))
  }
  const numbers = [...new Set(steps.flatMap(({ money }) => money).map(({ mrn }) => mrn))].sort()

  const hospital = await simulatedFhirHospital({ site: northSite, seed: 7, patients: 14, host: '127.0.0.1', port: 0, credentials: null, clock: { now: () => morning }, wallClock, calendar, ids: { next: randomUUID } })
  t.teardown(hospital.close)
  t.ok(hospital.playDay().written > 200)
  const follower = aFollower(overFhir, hospital.url, { types: followed, pageSize: 50 })
  await follower.look()
  const outcomes: string[] = []
  const all = await messagesOf(overFhir)
  for (const message of [...all, ...all]) outcomes.push(await refusal(apply(overFhir, message, hospital.url)))
  t.strictSame([...new Set(outcomes)], ['taken'])
  t.strictSame(await ending(overFhir, numbers), await ending(overMllp, numbers))
  t.ok(hospital.items(null).some(({ kind }) => kind === 'charge_cancelled'))
})

t.test('a key', async (t) => {
  t.test('of what HL7 v2 made → is the one it was made by', async (t) => {
    const keyOf = compileFhirKeys(types)
    const differ: string[] = []
    for (const site of [demoSites.east, northSite]) {
      for (const step of planDay({ seed: 1, patients: 6, site, date: '2027-03-01' }).filter(({ fate }) => fate === 'applied')) {
        const mapping = mappings.sites.get(site === northSite ? 'base' : 'east')
        const changes = mapping?.map(parseMessage(decodeText(printStep(site, step), 'utf8')), { hospitalId: site.hospital, stableId: (_hospital, kind, name) => `${kind} ${name}`, zone, receivedAt: step.at, source: 'm' }).changes ?? []
        for (const { resource } of changes) {
          const key = keyOf(resource)
          if (['Location', 'Organization'].includes(resource.resourceType) || key === null) continue
          if (resource.id !== `${resource.resourceType} ${key}`) differ.push(`${resource.id} ${key}`)
        }
      }
    }
    t.strictSame([...new Set(differ)], [])
  })
  t.test('is the number of its kind, else one of no kind; of a department apart from other organisations', async (t) => {
    const keyOf = compileFhirKeys(types)
    const typed = (code: string, value: string): object => ({ type: { coding: [{ code }] }, value })
    const keys = ([
      ['Patient', { identifier: [typed('NI', 'X'), { value: 'A' }, typed('PI', 'P'), typed('MR', 'M')] }],
      ['Patient', { identifier: [typed('NI', 'X'), { value: 'A' }] }],
      ['Encounter', { identifier: [typed('AN', '5')] }],
      ['ServiceRequest', { identifier: [typed('FILL', 'F')] }],
      ['DiagnosticReport', { identifier: [typed('FILL', 'F')], code: { coding: [{ code: 'L001' }] } }],
      ['Organization', { identifier: [{ value: '0101' }], type: [{ coding: [{ code: 'dept' }] }] }],
      ['Organization', { identifier: [{ value: '0101' }] }],
      ['DocumentReference', { masterIdentifier: { value: 'D1' } }],
      ['Encounter', {}],
      ['Device', { identifier: [{ value: '1' }] }]
    ] as const).map(([resourceType, elements]) => keyOf({ resourceType, ...elements }))
    t.strictSame(keys, ['M', 'A', 'account:5', 'filler:F', 'F|L001', 'department:0101', '0101', 'D1', null, null])
  })
  t.test('by a faulty table → stops the start, each fault on its own line', async (t) => {
    t.throws(() => compileFhirKeys({ types: { Patient: { key: ['identifier['] }, Slot: {} } }), { message: 'fhir/types.json Slot: needs "key", an empty list where it has none' })
    t.throws(() => compileFhirKeys({ types: { Patient: { key: ['identifier['] } } }), { message: 'fhir/types.json Patient: no such path: "identifier["' })
    t.throws(() => compileFhir(types, { Visit: {}, Patient: { drops: [] }, identifiers: { x: 1 } }), { message: /fhir\/identifiers.json: needs.*\nfhir\/Patient.json: unknown key "drops"\nfhir\/Visit.json: .*not name/ })
  })
})

t.test('a resource of the server', async (t) => {
  t.test('becomes the record that the hospital\'s number stands for, with our references and no meta of the server', async (t) => {
    const store = await aMorning(t)
    t.match(await recordOf(store, 'Patient', 'N000001'), { identifier: [{ system: 'urn:yiqiao:hospital:north:MR', value: 'N000001', type: { coding: [{ code: 'MR' }] } }], meta: { versionId: '1' } })
    t.match(await recordOf(store, 'Encounter', 'NV1'), { subject: { reference: `Patient/${ours('Patient', 'N000001')}` } })
    const [found] = await store.inReading(({ visits }) => visits.list({ patientIds: null, hospitalId: 'north', state: null }, { limit: 9, offset: 0 }))
    t.match(found, { visitNumber: 'NV1', patientId: ours('Patient', 'N000001'), class: 'outpatient', state: 'in_progress' })
  })
  t.test('refers in every way that R4 knows → to our records; elsewhere by its address', async (t) => {
    const store = await aMorning(t)
    const [patientId, visitId] = [ours('Patient', 'N000001'), ours('Encounter', 'NV1')]
    await says(store, { resourceType: 'ServiceRequest', id: '11', meta: { ...meta(1), tag: [{ code: 'urgent' }] }, text: { status: 'generated', div: '<div/>' }, identifier: [{ value: 'NO1' }], status: 'active', intent: 'order',
      contained: [{ resourceType: 'Practitioner', id: 'p' }], requester: { reference: '#p' }, subject: { reference: `${base}/Patient/7/_history/1` }, encounter: { reference: 'Encounter/8' },
      basedOn: [{ reference: 'CarePlan/3' }, { reference: 'https://other.example/fhir/CarePlan/4' }], performer: [{ identifier: { value: 'unknown' }, display: '某医生' }] })
    t.match(await recordOf(store, 'ServiceRequest', 'NO1'), { subject: { reference: `Patient/${patientId}` }, encounter: { reference: `Encounter/${visitId}` }, requester: { reference: '#p' }, contained: [{ id: 'p' }], meta: { tag: [{ code: 'urgent' }] },
      basedOn: [{ reference: `${base}/CarePlan/3` }, { reference: 'https://other.example/fhir/CarePlan/4' }], performer: [{ identifier: { value: 'unknown' } }], text: undefined })
    for (const [id, subject] of [['12', { reference: 'Patient?identifier=https://his.north.example/sid/patient%7CN000002' }], ['13', { type: 'Patient', identifier: mr('N000002') }]] as const) {
      await says(store, { ...visit, id, identifier: [{ value: `NV${id}` }], subject })
      t.match(await recordOf(store, 'Encounter', `NV${id}`), { subject: { reference: `Patient/${ours('Patient', 'N000002')}` } })
    }
    t.match(await recordOf(store, 'Patient', 'N000002'), { identifier: [{ value: 'N000002' }] }, 'a patient who is only named is there')
    const byResidentId = { resourceType: 'Condition', id: '14', subject: { type: 'Patient', identifier: { system: 'https://his.north.example/sid/resident-id', value: '100000' } } }
    t.strictSame((await says(store, byResidentId)).notes, ['Condition: names no patient; left out'])
  })
  t.test('that refers to what has not come → waits; when that came, it is taken', async (t) => {
    const store = await freshStore(t)
    t.equal(await refusal(says(store, visit)), 'REFERENCE_NOT_KNOWN_YET')
    await says(store, patient)
    t.equal(await refusal(says(store, payment)), 'REFERENCE_NOT_KNOWN_YET')
    t.equal(await refusal(says(store, visit)), 'taken')
  })
  t.test('whose patient the server did not show when it was asked → waits for the patient; nothing is left out', async (t) => {
    const store = await freshStore(t)
    await store.inTransaction(({ remoteIds }) => remoteIds.add([{ source: 'north', type: 'Patient', remoteId: '7', recordId: null, key: null }, { source: 'north', type: 'Encounter', remoteId: '8', recordId: null, key: null }]))
    for (const early of [visit, charge, payment, { ...payment, request: { reference: 'Patient/7' } }]) t.equal(await refusal(says(store, early)), 'REFERENCE_NOT_KNOWN_YET')
    for (const each of [patient, visit, charge, payment]) t.equal(await refusal(says(store, each)), 'taken')
    const [found] = await store.inReading(({ visits }) => visits.list({ patientIds: null, hospitalId: 'north', state: null }, { limit: 9, offset: 0 }))
    t.match(found, { visitNumber: 'NV1', patientId: ours('Patient', 'N000001') })
  })
  t.test('in a Bundle → refers to its neighbours by urn:uuid', async (t) => {
    const store = await freshStore(t)
    const uuid = 'urn:uuid:00000000-0000-4000-8000-000000000001'
    const unnamed = without(patient, 'id')
    const { produced } = await says(store, { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: uuid, resource: unnamed }, { resource: { ...visit, subject: { reference: uuid } } }] })
    t.equal(produced.length, 2)
    t.match(await recordOf(store, 'Encounter', 'NV1'), { subject: { reference: `Patient/${ours('Patient', 'N000001')}` } })
  })
  t.test('that leaves out what it said → takes it away, and nothing that others said', async (t) => {
    const store = await aMorning(t)
    await says(store, { ...patient, meta: meta(2), gender: 'female', birthDate: '1990-01-01' })
    const other: RecordChange = { resource: { resourceType: 'Patient', id: ours('Patient', 'N000001'), maritalStatus: { text: 'x' } }, removed: [], weak: false, asOf: new Date('2027-03-01T08:02:30+08:00'), hospitalId: 'north', patientId: ours('Patient', 'N000001'), source: 'mllp', mappingVersion: null }
    await store.inTransaction((stores) => takeIn({ ...stores, ...tools }, [other], morning))
    await says(store, { ...patient, meta: meta(3), gender: 'female' })
    const { birthDate, gender, maritalStatus } = await recordOf(store, 'Patient', 'N000001')
    t.strictSame([birthDate, gender, maritalStatus], [undefined, 'female', { text: 'x' }])
  })
  t.test('in an older version than was taken in → says nothing; a server\'s clock that ran back does not make it older', async (t) => {
    const store = await aMorning(t)
    await says(store, { ...patient, meta: meta(3), gender: 'female' })
    t.match(await says(store, { ...patient, meta: meta(2), gender: 'male', birthDate: '1990-01-01' }), { produced: [], notes: [/newer version/] })
    await says(store, { ...patient, meta: meta(4, '07:00'), gender: 'other' })
    const { gender, birthDate } = await recordOf(store, 'Patient', 'N000001')
    t.strictSame([gender, birthDate], ['other', undefined])
  })
  t.test('in any order of its versions, any number of times → stands as in the newest', async (t) => {
    const versions = [patient, { ...patient, birthDate: '1990-01-01', gender: 'male' }, { ...patient, gender: 'female', telecom: [{ system: 'other', value: '1' }] }, { ...patient, telecom: [{ system: 'other', value: '2' }] }]
      .map((version, place): Resource => ({ ...version, meta: { versionId: String(place + 1), lastUpdated: '2027-03-01T08:00:00+08:00' } }))
    const store = await freshStore(t)
    await fc.assert(fc.asyncProperty(fc.uuid(), fc.array(fc.nat(3), { maxLength: 6 }), async (number, order) => {
      for (const place of [...order.slice(0, 3), 3, ...order.slice(3)]) await says(store, { ...versions[place] as Resource, id: number, identifier: [mr(number)] })
      const { name, telecom, gender, birthDate } = await recordOf(store, 'Patient', number)
      assert.deepEqual({ name, telecom, gender, birthDate }, { name: patient['name'], telecom: [{ system: 'other', value: '2' }], gender: undefined, birthDate: undefined })
    }), { numRuns: 40 })
  })
  t.test('of a type that is not taken, or of nobody → is left out with a note; invalid → is refused', async (t) => {
    const store = await aMorning(t)
    t.strictSame(await says(store, { resourceType: 'Device', id: '1' }), { produced: [], notes: ['Device: is not taken from FHIR servers; left out'] })
    t.strictSame(await says(store, { resourceType: 'Appointment', id: '1', status: 'booked', participant: [{ actor: { display: 'room' }, status: 'accepted' }] }), { produced: [], notes: ['Appointment: names no patient; left out'] })
    t.equal(await refusal(says(store, { ...visit, id: '20', status: 'in hospital' })), 'MAPPING_OUTPUT_INVALID')
    t.equal(await refusal(says(store, { ...charge, id: '21', subject: { display: 'x' } })), 'MAPPING_VALUE_MISSING')
    t.equal(await refusal(apply(store, { id: 'x', raw: Buffer.from('{') })), 'MESSAGE_MALFORMED')
  })
  t.test('that retires a patient → merges the records, as ADT^A40 does', async (t) => {
    const store = await aMorning(t)
    await says(store, { resourceType: 'Patient', id: '30', meta: meta(1), identifier: [mr('N000009')] })
    await says(store, { ...patient, meta: meta(2), active: false, link: [{ type: 'replaced-by', other: { reference: 'Patient/30' } }] })
    t.equal(await owed(store, 'N000009'), 1500)
  })
})

t.test('money of the server', async (t) => {
  t.test('a charge → is owed once; entered in error, aborted or not billable → is reversed', async (t) => {
    for (const status of ['entered-in-error', 'aborted', 'not-billable']) {
      const store = await aMorning(t)
      await says(store, charge)
      t.equal(await owed(store), 1500)
      await says(store, { ...charge, meta: meta(2), status })
      await says(store, charge)
      t.equal(await owed(store), 0, status)
    }
  })
  t.test('what is planned → is not owed yet; a price below zero → is a reduction', async (t) => {
    const store = await aMorning(t)
    const planned = { ...charge, id: '40', identifier: [{ value: 'NT40' }], status: 'planned' }
    await says(store, planned)
    t.equal(await owed(store), 1500)
    await says(store, { ...planned, meta: meta(2), status: 'billable' })
    t.equal(await owed(store), 3000)
    await says(store, { ...charge, id: '41', identifier: [{ value: 'NT41' }], priceOverride: { value: -5, currency: 'CNY' } })
    t.equal(await owed(store), 2500)
  })
  t.test('a line without a number → goes by the server\'s id; one without a price → is noted', async (t) => {
    const store = await aMorning(t)
    await says(store, { ...without(charge, 'identifier'), id: '42' })
    t.equal(await owed(store), 3000)
    t.match(await says(store, { ...without(charge, 'priceOverride'), id: '43', identifier: [{ value: 'NT43' }] }), { notes: [/priceOverride: absent/] })
  })
  t.test('a payment for a visit → is the patient\'s; cancelled → is reversed; a draft is none', async (t) => {
    const store = await aMorning(t)
    t.strictSame((await says(store, { ...payment, id: '44', status: 'draft' })).notes, ['PaymentNotice.status: a draft is no payment; left out'])
    await says(store, payment)
    t.equal(await owed(store), 500)
    await says(store, { ...payment, meta: meta(2), status: 'cancelled' })
    t.equal(await owed(store), 1500)
  })
})

t.test('a site\'s own table → drops, copies and reads codes', async (t) => {
  const mapping = compileFhir(types, { Encounter: {
    drop: ['reasonCode', 'extension:urn:x:bed'],
    copy: [{ from: 'extension[url=urn:x:bed].valueString', to: 'location[].location.display' }],
    codes: { status: { 在院: 'in-progress' }, 'participant.type.coding.code': { 主治: 'ATND' } }
  } })
  const local: Resource = { ...visit, status: '在院', reasonCode: [{ text: 'x' }], extension: [{ url: 'urn:x:bed', valueString: '3-12' }], participant: [{ type: [{ coding: [{ code: '主治' }] }], individual: { display: 'y' } }] }
  const { changes } = mapping.map(local, 'v1', {
    source: 'north', hospitalId: 'north', base, stableId, messageId: 'm', receivedAt: morning, dayOf: calendar, isHeld: () => true, recordOf: () => 'p1', entryOf: () => undefined, patientOf: () => undefined, standing: null
  })
  t.match(changes[0], { patientId: 'p1', asOf: new Date('2027-03-01T08:01:00+08:00'), resource: { status: 'in-progress', location: [{ location: { display: '3-12' } }], reasonCode: undefined, extension: undefined, participant: [{ type: [{ coding: [{ code: 'ATND' }] }] }] } })
  t.equal(local['status'], '在院', 'what came stays as it came')
})

t.test('what goes back to the server → names things by the server\'s own systems; other systems stay', async (t) => {
  const tell = fhirMappings.sites.get('north')?.tellIdentifiers
  const numbers = (...systems: readonly string[]): Resource => ({ resourceType: 'Patient', identifier: systems.map((system) => ({ system, value: '1' })), telecom: [{ system: 'phone', value: '000' }], managingOrganization: { identifier: { system: systems[0], value: '2' } } })
  t.strictSame(tell?.(numbers('urn:yiqiao:hospital:north:MR', 'urn:oid:2.16.156.10011.1.3', 'urn:yiqiao:hospital:north:PI', 'urn:yiqiao:hospital:east:MR', 'urn:yiqiao:placer'), { hospitalId: 'north' }),
    numbers('https://his.north.example/sid/patient', 'https://his.north.example/sid/resident-id', 'urn:yiqiao:hospital:north:PI', 'urn:yiqiao:hospital:east:MR', 'urn:yiqiao:placer'))
})

t.test('a kept resource → is described anew for a replay', async (t) => {
  const describe = fhirDescriber(fhirMappings, stableId)
  const raw = (resource: Resource): Uint8Array => Buffer.from(JSON.stringify(resource))
  const lanes = (resource: Resource): unknown => describe({ source: 'north', format: 'fhir', raw: raw(resource) }, source()).lanes
  t.match(describe({ source: 'north', format: 'fhir', raw: raw(visit) }, source()), { controlId: 'Encounter/8/_history/1', type: 'Encounter', lanes: ['north:fhir:Patient/7', 'north:fhir:Encounter/8'], parked: null, charset: 'utf8' })
  t.strictSame(lanes(patient), ['north:patient:N000001'])
  t.strictSame(lanes(payment), ['north:fhir:Encounter/8'], 'a payment comes after its visit')
  t.strictSame(lanes({ resourceType: 'Practitioner', id: '5' }), ['north:fhir:Practitioner/5'])
  t.match(describe({ source: 'north', format: 'fhir', raw: Buffer.from('MSH|') }, source()), { parked: { code: 'MESSAGE_MALFORMED' } })
})
