import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { compileR4, type ElementTable, type Fault } from '../../../mappings/r4/index.ts'

const table = JSON.parse(readFileSync(new URL('../../../mappings/r4/elements.json', import.meta.url), 'utf8')) as ElementTable
const check = compileR4(table)
const places = (resource: unknown): string[] => check(resource).map(({ path, code }) => `${code} ${path}`)

const aPatient = (more: object): object => ({ resourceType: 'Patient', id: 'p1', ...more })
const anObservation = (more: object): object => ({ resourceType: 'Observation', status: 'final', code: { text: 'Glucose' }, ...more })
const aChargeItem = (more: object): object =>
  ({ resourceType: 'ChargeItem', status: 'billable', code: { text: 'Blood count' }, subject: { reference: 'Patient/p1' }, ...more })
const anAppointment = (more: object): object =>
  ({ resourceType: 'Appointment', status: 'booked', start: '2027-03-01T09:00:00+08:00', end: '2027-03-01T09:10:00+08:00', participant: [{ status: 'accepted', actor: { reference: 'Patient/p1' } }], ...more })

t.test('a resource that keeps to R4 has no fault', async (t) => {
  t.same(places(aPatient({
    identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: 'x' }],
    name: [{ text: '测试甲', _given: [{ extension: [{ url: 'urn:x', valueBoolean: true }] }, null], given: [null, '甲'] }],
    _birthDate: { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] },
    contained: [{ resourceType: 'Organization', id: 'o1', name: 'Ward' }],
    managingOrganization: { reference: '#o1' },
    photo: [{ contentType: 'image/jpeg', data: '/9j/4AAQ' }]
  })), [])
  t.same(places(anObservation({ valueQuantity: { value: 5.4, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' }, effectiveDateTime: '2024-02-29' })), [])
  t.same(places(anAppointment({})), [])
  t.same(places(aChargeItem({ priceOverride: { value: 12.5, currency: 'CNY' } })), [])
})

t.test('the thirteen faults that no library of the trials caught together', async (t) => {
  const cases: ReadonlyArray<readonly [string, object, readonly string[]]> = [
    ['an unknown element', aPatient({ colour: 'red' }), ['structure Patient.colour']],
    ['a code outside its closed set', aPatient({ gender: 'M' }), ['code-invalid Patient.gender']],
    ['a date in another format', aPatient({ birthDate: '1990/05/17' }), ['value Patient.birthDate']],
    ['a day that does not exist', aPatient({ birthDate: '2023-02-30' }), ['value Patient.birthDate']],
    ['a text where a truth value belongs', aPatient({ active: 'true' }), ['value Patient.active']],
    ['a single value where a list belongs', aPatient({ name: { text: '测试甲' } }), ['structure Patient.name']],
    ['a list where a single value belongs', aPatient({ gender: ['female'] }), ['value Patient.gender']],
    ['an observation without a status', { resourceType: 'Observation', code: { text: 'Glucose' } }, ['required Observation.status']],
    ['a charge without a status', { resourceType: 'ChargeItem', code: { text: 'x' }, subject: { reference: 'Patient/p1' } }, ['required ChargeItem.status']],
    ['two values of different types', anObservation({ valueString: 'high', valueInteger: 7 }), ['structure Observation.value[x]']],
    ['a contact without details', aPatient({ contact: [{ gender: 'female' }] }), ['invariant Patient.contact[0]']],
    ['a booked appointment without times', anAppointment({ start: undefined, end: undefined }), ['invariant Appointment']],
    ['a reference to a type that is not allowed', aChargeItem({ subject: { reference: 'Practitioner/d1' } }), ['value ChargeItem.subject.reference']]
  ]
  for (const [title, resource, expected] of cases) {
    t.same(places(JSON.parse(JSON.stringify(resource))), expected, title)
  }
})

t.test('formats', async (t) => {
  const issued = (text: string): boolean => check(anObservation({ issued: text })).length === 0
  for (const right of ['2024-02-29T23:59:59Z', '2024-02-29T23:59:60.123+14:00', '2027-03-01T09:00:00-03:30']) t.ok(issued(right), right)
  for (const wrong of ['2023-02-29T10:00:00Z', '2027-03-01', '2027-03-01T09:00:00', '2027-03-01T24:00:00Z', '2027-03-01T09:00Z', '2027-13-01T09:00:00Z', '2027-03-01T09:00:00+14:30']) {
    t.notOk(issued(wrong), wrong)
  }
  t.same(places({ ...aPatient({}), id: 'a_b' }), ['value Patient.id'])
  t.same(places(aPatient({ identifier: [{ system: 'urn:uuid:no', value: '' }] })), ['value Patient.identifier[0].system', 'value Patient.identifier[0].value'])
  t.same(places(aPatient({ multipleBirthInteger: 1.5 })), ['value Patient.multipleBirthInteger'])
  t.same(places(aPatient({ photo: [{ contentType: 'image/jpeg', data: '/9j/4AA' }] })), ['value Patient.photo[0].data'])
})

t.test('what is empty is a fault', async (t) => {
  t.same(places(aPatient({ name: [] })), ['structure Patient.name'])
  t.same(places(aPatient({ name: [{}] })), ['structure Patient.name[0]'])
  t.same(places(aPatient({ name: [{ given: [null] }] })), ['value Patient.name[0].given[0]'])
  t.same(places(aPatient({ language: null })), ['value Patient.language'])
})

t.test('references', async (t) => {
  const subject = (reference: object): string[] => places(anObservation({ subject: reference }))
  for (const reference of ['Patient/p1', 'Patient/p1/_history/2', 'https://example.org/fhir/Patient/p1', 'urn:uuid:6f0a8c0e-0c1d-4e0b-9b7e-0d7f3b8f1a01']) t.same(subject({ reference }), [], reference)
  t.same(subject({ reference: 'p1' }), ['value Observation.subject.reference'])
  t.same(subject({ reference: '#none' }), ['value Observation.subject.reference'])
  t.same(subject({ reference: 'Patient?identifier=x' }), ['value Observation.subject.reference'], 'conditional references are for transactions')
  t.same(subject({ reference: 'Patient/p1', type: 'Group' }), ['value Observation.subject.type'])
  t.same(subject({ type: 'Patient' }), ['invariant Observation.subject'])
})

t.test('contained resources and extensions', async (t) => {
  t.same(places(aPatient({ contained: [{ resourceType: 'Organization', name: 'A', meta: { versionId: '1' }, contained: [{ resourceType: 'Organization', id: 'b', name: 'B' }] }] })),
    ['required Patient.contained[0].id', 'invariant Patient.contained[0].contained', 'invariant Patient.contained[0].meta'])
  t.same(places(aPatient({ extension: [{ url: 'urn:x' }] })), ['invariant Patient.extension[0]'])
  t.same(places(aPatient({ extension: [{ valueString: 'x' }] })), ['required Patient.extension[0].url'])
  t.same(places(aPatient({ extension: [{ url: 'urn:x', valueString: 'a', valueCode: 'b' }] })), ['structure Patient.extension[0].value[x]'])
  t.same(places(aPatient({ extension: [{ url: 'urn:x', valueUnheardOf: 'a' }] })), ['structure Patient.extension[0].valueUnheardOf'])
})

t.test('a closed set of concepts asks for one coding of it', async (t) => {
  const status = (coding: object): string[] => places({ resourceType: 'Condition', subject: { reference: 'Patient/p1' }, clinicalStatus: coding })
  const system = 'http://terminology.hl7.org/CodeSystem/condition-clinical'
  t.same(status({ coding: [{ system: 'urn:local', code: 'A' }, { system, code: 'active' }] }), [])
  t.same(status({ text: 'active' }), ['code-invalid Condition.clinicalStatus'])
  t.same(status({ coding: [{ code: 'active' }] }), ['code-invalid Condition.clinicalStatus'])
})

t.test('a message bundle begins with its header and holds no requests', async (t) => {
  const entry = (resource: object): object => ({ fullUrl: 'urn:uuid:6f0a8c0e-0c1d-4e0b-9b7e-0d7f3b8f1a01', resource })
  const header = { resourceType: 'MessageHeader', eventCoding: { code: 'A04' }, source: { endpoint: 'urn:x' } }
  t.same(places({ resourceType: 'Bundle', type: 'message', entry: [entry(header)] }), [])
  t.same(places({ resourceType: 'Bundle', type: 'message', entry: [entry(aPatient({}))] }), ['invariant Bundle'])
  t.same(places({ resourceType: 'Bundle', type: 'message', entry: [entry(header), entry(aPatient({}))] }), ['invariant Bundle'], 'one full URL twice')
  t.same(places({ resourceType: 'Bundle', type: 'collection', entry: [{ request: { method: 'GET', url: 'Patient' } }] }), ['invariant Bundle'])
})

t.test('whatever comes in', async (t) => {
  t.same([null, [], 'Patient', {}, { resourceType: 'Unheard' }, { resourceType: 'toString' }].map(places), [
    ['structure Resource'], ['structure Resource'], ['structure Resource'], ['required Resource.resourceType'], ['not-supported Resource.resourceType'], ['not-supported Resource.resourceType']])
  const resource = fc.dictionary(fc.constantFrom('id', 'name', 'identifier', 'contained', 'extension', 'link', '_birthDate', '__proto__', 'meta', 'text'), fc.jsonValue({ maxDepth: 4 }))
  fc.assert(fc.property(resource, fc.constantFrom('Patient', 'Observation', 'Bundle', 'Parameters'), (elements, resourceType) => {
    const faults: readonly Fault[] = check({ ...elements, resourceType })
    return faults.every(({ path, text }) => path !== '' && text !== '')
  }))
  let deep: unknown = { url: 'urn:x', valueString: 'x' }
  for (let level = 0; level < 10_000; level++) deep = { url: 'urn:x', extension: [deep] }
  t.ok(places(aPatient({ extension: [deep] })).some((place) => place.startsWith('structure ')), 'deep nesting is refused, not followed')
})

t.test('no fault tells a value', async (t) => {
  const secret = 'Zhang-secret'
  const resource = aPatient({ id: `${secret} `, gender: secret, birthDate: secret, name: secret, active: secret, telecom: [{ system: secret, value: 5 }], managingOrganization: { reference: secret, type: secret } })
  t.ok(check(resource).length > 6)
  t.notMatch(JSON.stringify(check(resource)), secret)
})

const samples = process.env['SAMPLES_DIR']
t.test('public Synthea bundles are all accepted', { skip: samples === undefined && 'SAMPLES_DIR is not set' }, async (t) => {
  const folder = join(samples ?? '', 'fhir/synthea')
  const bundles = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { entry: Array<{ resource: unknown }> })
  t.ok(bundles.length >= 10)
  t.same(bundles.flatMap((bundle) => check(bundle)), [])
  t.same(bundles.flatMap(({ entry }) => entry.flatMap(({ resource }) => check(resource))), [])
})
