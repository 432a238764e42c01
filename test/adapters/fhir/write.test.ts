import { Client } from 'fhir-kit-client'
import t from 'tap'
import { fhirServer } from '../../../adapters/fhir/index.ts'
import { callerOf, noteAccess } from '../../../adapters/http/index.ts'
import { roles } from '../../../core/access/index.ts'
import type { Resource } from '../../../core/records/index.ts'
import { aServer } from '../http/a-server.ts'
import { aFhirServer, aMorning, fhirDeps, type AFhirServer, type Answer } from './a-fhir-server.ts'

const json = { 'content-type': 'application/fhir+json' }
const east = 'integrator - east'
const type = (code: string): object => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] })
const mr = (value: string, hospital = 'east'): object => ({ identifier: [{ type: type('MR'), system: `urn:yiqiao:hospital:${hospital}:MR`, value }] })
const aPatient = (value: string, more: object = {}): Resource => ({ resourceType: 'Patient', ...mr(value), name: [{ text: '测试丙' }], gender: 'female', ...more })
const aVisit = (patient: string, more: object = {}): Resource =>
  ({ resourceType: 'Encounter', status: 'in-progress', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, identifier: [{ type: type('VN'), value: 'V1' }], subject: { reference: patient }, ...more })
const aCharge = (patient: string, visit: string, value: number): Resource =>
  ({ resourceType: 'ChargeItem', status: 'billable', identifier: [{ value: 'F1' }], code: { text: 'Blood count' }, subject: { reference: patient }, context: { reference: visit }, occurrenceDateTime: '2027-03-01', priceOverride: { value, currency: 'CNY' } })
const anObservation = (patient: string, more: object = {}): Resource => ({ resourceType: 'Observation', status: 'final', code: { text: 'Glucose' }, subject: { reference: patient }, ...more })

interface Issue { readonly code: string, readonly details: { readonly coding?: ReadonlyArray<{ readonly code: string }> }, readonly expression?: readonly string[] }
const issues = ({ body }: Pick<Answer, 'body'>): unknown => (body['issue'] as readonly Issue[]).map(({ code, details, expression }) => [code, details.coding?.[0]?.code, ...expression ?? []].filter(Boolean).join(' '))

interface Writer {
  readonly post: (resource: Resource, headers?: Record<string, string>, as?: string) => Promise<Answer>
  readonly put: (resource: Resource, headers?: Record<string, string>, as?: string) => Promise<Answer>
  readonly bundle: (kind: string, entry: readonly object[], headers?: Record<string, string>, as?: string) => Promise<Answer>
}

function writerOf ({ ask }: AFhirServer): Writer {
  return {
    post: (resource, headers = {}, as = east) => ask(`/${resource.resourceType}`, { method: 'POST', headers: { ...json, ...headers }, payload: JSON.stringify(resource), as }),
    put: (resource, headers = {}, as = east) => ask(`/${resource.resourceType}/${resource.id ?? ''}`, { method: 'PUT', headers: { ...json, ...headers }, payload: JSON.stringify(resource), as }),
    bundle: (kind, entry, headers = {}, as = east) => ask('/', { method: 'POST', headers: { ...json, ...headers }, payload: JSON.stringify({ resourceType: 'Bundle', type: kind, entry }), as })
  }
}

t.test('a resource that an integrator posts', async (t) => {
  const fhir = await aFhirServer(t)
  const { post, put } = writerOf(fhir)

  t.test('is created once: the same again, with the hospital\'s own key, changes nothing', async (t) => {
    const first = await post(aPatient('N1'))
    const id = first.body.id ?? ''
    t.same([first.status, first.headers['location'], first.headers['etag'], first.body['gender']], [201, `https://yiqiao.example/fhir/Patient/${id}/_history/1`, 'W/"1"', 'female'])
    const again = await post(aPatient('N1'))
    t.same([again.status, again.body.id, again.headers['etag']], [200, id, 'W/"1"'])
    const more = await post(aPatient('N1', { birthDate: '1990-05-17', gender: undefined }))
    t.same([more.status, more.headers['etag'], more.body['birthDate'], more.body['gender']], [200, 'W/"2"', '1990-05-17', 'female'], 'what it says besides is added')
  })

  t.test('stands in the inbox as it came, applied, under the number of its patient', async (t) => {
    const { body } = await post(aPatient('N2'))
    const [message] = await fhir.store.inReading(async ({ inbox }) => {
      const found = await inbox.list({ producedRecord: `Patient/${body.id ?? ''}` }, { limit: 5, before: null })
      return await inbox.load(found.map(({ id }) => id))
    })
    t.match(message, { source: 'fhir-api', format: 'fhir', status: 'applied', type: 'Patient', trigger: 'create', hospitalId: 'east', lanes: ['east:patient:N2'] })
    t.same(JSON.parse(Buffer.from(message?.raw ?? []).toString()), aPatient('N2'))
    t.equal((body['meta'] as { source: string }).source, `#${message?.id ?? ''}`)
  })

  t.test('is not created where If-None-Exist finds one, and not where it finds several', async (t) => {
    const unnumbered = anObservation('Patient/none', { subject: { display: 'somebody' }, code: { coding: [{ system: 'urn:x', code: 'once' }] } })
    const condition = { 'if-none-exist': 'code=urn:x|once' }
    const first = await post(unnumbered, condition)
    const second = await post(unnumbered, condition)
    t.same([first.status, second.status, second.body.id === first.body.id], [201, 200, true])
    t.equal((await post(unnumbered)).status, 201)
    const several = await post(unnumbered, condition)
    t.same([several.status, issues(several)], [412, ['multiple-matches RECORD_NOT_UNIQUE Observation']])
    t.equal((await post(unnumbered, { 'if-none-exist': 'colour=red' })).status, 400)
    t.equal((await post(unnumbered, { 'if-none-exist': '_count=1' })).status, 400)
  })

  t.test('created by the same condition at the same time by two → is one', async (t) => {
    const resource = anObservation('Patient/none', { subject: { display: 'somebody' }, code: { coding: [{ code: 'race' }] } })
    const answers = await Promise.all([1, 2, 3].map(() => post(resource, { 'if-none-exist': 'code=race' })))
    t.same([answers.map(({ status }) => status).sort(), new Set(answers.map(({ body }) => body.id)).size], [[200, 200, 201], 1])
  })

  t.test('is an order that nobody has numbered → gets a placer number, by which the answer of the hospital finds it', async (t) => {
    const patient = `Patient/${(await post(aPatient('N3'))).body.id ?? ''}`
    const { status, body } = await post({ resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject: { reference: patient } })
    const [placer] = body['identifier'] as ReadonlyArray<{ readonly system: string, readonly value: string, readonly type: object }>
    t.same([status, placer?.system, placer?.type], [201, 'urn:yiqiao:placer', type('PLAC')])
    const answer = await post({ resourceType: 'ServiceRequest', status: 'completed', intent: 'order', subject: { reference: patient }, identifier: [placer] })
    t.same([answer.status, answer.body.id, answer.body['status']], [200, body.id, 'completed'])
    const replaced = await put({ resourceType: 'ServiceRequest', id: body.id ?? '', status: 'revoked', intent: 'order', subject: { reference: patient } })
    t.same([replaced.body['identifier'], replaced.body['status']], [[placer], 'revoked'], 'a client that replaces it need not know the number')
  })

  t.test('is replaced: what is left out is gone, and a version in between is not overwritten', async (t) => {
    const { body, headers } = await post(aPatient('N4', { birthDate: '1990-05-17', telecom: [{ system: 'phone', value: '0571-0000' }] }))
    const id = body.id ?? ''
    const replaced = await put({ ...aPatient('N4'), id, name: [{ text: '丁' }] }, { 'if-match': String(headers['etag']) })
    t.same([replaced.status, replaced.headers['etag'], replaced.body['name'], replaced.body['birthDate'], replaced.body['telecom']], [200, 'W/"2"', [{ text: '丁' }], undefined, undefined])
    const late = await put({ ...aPatient('N4'), id }, { 'if-match': 'W/"1"' })
    t.same([late.status, issues(late)], [412, ['conflict RECORD_VERSION_CHANGED Patient']])
    const asRead = await put((await fhir.ask(`/Patient/${id}`)).body)
    t.same([asRead.status, asRead.headers['etag']], [200, 'W/"2"'], 'what was read and is sent back unchanged is no new version')
    t.equal((await put({ ...aPatient('N4'), id }, { 'if-match': 'two' })).status, 400)
  })

  t.test('replaced by two who read the same version → is replaced by one', async (t) => {
    const { body } = await post(aPatient('N6'))
    const answers = await Promise.all(['other', 'male'].map((gender) => put({ ...aPatient('N6', { gender }), id: body.id ?? '' }, { 'if-match': 'W/"1"' })))
    t.same(answers.map(({ status }) => status).sort(), [200, 412])
  })

  t.test('of money → is owed, taken back and paid as R4 says it, and no draft is a payment', async (t) => {
    const patient = `Patient/${(await post(aPatient('N7'))).body.id ?? ''}`
    const visit = `Encounter/${(await post(aVisit(patient, { identifier: [{ type: type('VN'), value: 'V7' }] }))).body.id ?? ''}`
    const line = (number: string, more: object = {}): Resource => ({ ...aCharge(patient, visit, 12.5), identifier: [{ value: number }], ...more })
    const payment = (number: string, more: object = {}): Resource =>
      ({ resourceType: 'PaymentNotice', status: 'active', identifier: [{ value: number }], request: { reference: visit }, created: '2027-03-01', paymentDate: '2027-03-01', payment: { display: 'cash' }, recipient: { display: 'east' }, amount: { value: 2, currency: 'CNY' }, ...more })
    const stands = async (): Promise<unknown> => {
      const rows = await fhir.store.inReading(({ charges }) => charges.list({ patientIds: [patient.slice('Patient/'.length)], visitId: null, hospitalId: null, state: null }, { limit: 9, offset: 0 }))
      return rows.map(({ transactionId, kind, amountFen, state, visitId }) => [transactionId, kind, amountFen, state, `Encounter/${visitId ?? ''}` === visit].join(' ')).sort()
    }
    for (const told of [line('M1'), line('M2', { priceOverride: { value: -1, currency: 'CNY' } }), line('M3', { status: 'planned' }), payment('M4'), payment('M5', { request: { reference: patient } })]) t.equal((await post(told)).status, 201)
    t.same(await stands(), ['M1 charge 1250 posted true', 'M2 adjustment -100 posted true', 'M3 charge  posted true', 'M4 payment 200 posted true', 'M5 payment 200 posted false'])
    const taken = await post(line('M1', { status: 'entered-in-error' }))
    t.equal((await post(payment('M4', { status: 'cancelled' }))).status, 200)
    t.same((await stands() as string[]).filter((text) => text.includes('reversed')), ['M1 charge 1250 reversed true', 'M4 payment 200 reversed true'])
    t.same((await post(line('M1', { status: 'entered-in-error' }))).headers['etag'], taken.headers['etag'])
    const draft = await post(payment('M6', { status: 'draft' }))
    t.same([draft.status, issues(draft)], [422, ['value MAPPING_VALUE_INVALID PaymentNotice.status']])
    const nameless = await post(payment('M7', { request: undefined }))
    t.equal(nameless.status, 422)
  })

  t.test('is answered as the client prefers', async (t) => {
    const answer = async (wish: string): Promise<unknown> => {
      const { status, raw, body } = await post(aPatient('N5'), { prefer: `return=${wish}` })
      return [status, raw.length === 0 ? null : body.resourceType]
    }
    t.same([await answer('minimal'), await answer('OperationOutcome'), await answer('representation')], [[201, null], [200, 'OperationOutcome'], [200, 'Patient']])
  })

  t.test('that cannot be taken is told why, and nothing of it stays', async (t) => {
    const before = (await fhir.ask('/Patient?_summary=count')).body['total']
    for (const [title, answer, expected] of [
      ['invalid, with every fault', await post(aPatient('N9', { gender: 'M', birthDate: '2023-02-30' })), [422, ['value RECORD_INVALID Patient.birthDate', 'code-invalid RECORD_INVALID Patient.gender']]],
      ['a reference to nothing', await post(aVisit('Patient/none')), [422, ['not-found RECORD_REFERENCE_UNKNOWN Encounter.subject.reference']]],
      ['a reference outside', await post(aVisit('https://elsewhere.example/Patient/1')), [422, ['not-found RECORD_REFERENCE_UNKNOWN Encounter.subject.reference']]],
      ['of another type than the address', await fhir.ask('/Encounter', { method: 'POST', headers: json, payload: JSON.stringify(aPatient('N9')) }), [400, ['invalid REQUEST_INVALID resourceType']]],
      ['an update of nothing', await put({ ...aPatient('N9'), id: 'made-up' }), [405, ['not-found RECORD_ID_UNKNOWN Patient']]],
      ['an update under another id', await fhir.ask('/Patient/a', { method: 'PUT', headers: json, payload: JSON.stringify({ ...aPatient('N9'), id: 'b' }) }), [400, ['invalid REQUEST_INVALID Patient.id']]],
      ['no resource at all', await fhir.ask('/Patient', { method: 'POST', headers: json, payload: '[]' }), [400, ['structure']]],
      ['JSON that is no resource', await fhir.ask('/Patient', { method: 'POST', headers: json, payload: '{}' }), [400, ['invalid REQUEST_INVALID resourceType']]],
      ['too large', await fhir.ask('/Patient', { method: 'POST', headers: json, payload: Buffer.alloc(17 * 1024 * 1024, 32) }), [413, ['too-long']]],
      ['a role that may not write', await post(aPatient('N9'), {}, 'doctor d1 east'), [403, ['forbidden ACCESS_DENIED']]],
      ['a type that is not served', await fhir.ask('/Unheard', { method: 'POST', headers: json, payload: '{"resourceType":"Unheard"}' }), [404, ['not-found']]]
    ] as const) {
      t.same([answer.status, (issues(answer) as string[]).sort()], [expected[0], [...expected[1]].sort()], title)
    }
    t.equal((await fhir.ask('/Patient?_summary=count')).body['total'], before)
  })
})

t.test('whose hospital a resource belongs to', async (t) => {
  const fhir = await aMorning(t)
  const { post, put } = writerOf(fhir)
  const everywhere = 'integrator - -'
  const tagged = (hospital: string): object => ({ meta: { tag: [{ system: 'urn:yiqiao:hospital', code: hospital }] } })
  const hospitalOf = async ({ body }: Answer): Promise<unknown> => (await fhir.store.inReading(({ records }) => records.current([{ type: body.resourceType, id: body.id ?? '' }])))[0]?.hospitalId

  t.test('is the caller\'s, or follows from the patient, or from a tag', async (t) => {
    t.equal(await hospitalOf(await post(aPatient('H1'), {}, 'integrator - west')), 'west')
    t.equal(await hospitalOf(await post(anObservation('Patient/p1-west'), {}, everywhere)), 'west')
    t.equal(await hospitalOf(await post(aPatient('H1', tagged('east')), {}, everywhere)), 'east')
    const nobody = await post(aPatient('H2'), {}, everywhere)
    t.same([nobody.status, issues(nobody)], [422, ['required RECORD_HOSPITAL_UNKNOWN Patient.meta.tag']])
    t.equal((await post(aPatient('H2', tagged('north')), {}, everywhere)).status, 422)
    t.equal((await post(aPatient('H2', tagged('west')), {}, east)).status, 422)
  })

  t.test('bounds what a caller of one hospital refers to and replaces', async (t) => {
    t.equal((await post(anObservation('Patient/p1-west'), {}, east)).status, 422, 'another hospital\'s patient is as if not there')
    t.equal((await put({ ...aPatient('W9'), id: 'p1-west' }, {}, east)).status, 405)
    t.equal((await post(anObservation('Patient/p1', { performer: [{ reference: 'Practitioner/d1' }] }), {}, east)).status, 201)
  })

  t.test('and every write is heard of by the audit', async (t) => {
    fhir.notes.length = 0
    const { body } = await post(anObservation('Patient/p1'))
    t.same(fhir.notes, [{ action: 'write', target: 'Observation', targetId: body.id, patientId: 'p1', outcome: 'allowed' }])
  })
})

const uuid = (digit: number): string => `urn:uuid:0000000${digit}-0000-4000-8000-000000000000`
const creation = (digit: number, resource: Resource, more: object = {}): object => ({ fullUrl: uuid(digit), resource, request: { method: 'POST', url: resource.resourceType, ...more } })
interface Entry { readonly resource?: Resource, readonly response: { readonly status: string, readonly location?: string, readonly etag?: string, readonly lastModified?: string, readonly outcome?: Resource } }
const entriesOf = ({ body }: Answer): readonly Entry[] => (body['entry'] ?? []) as readonly Entry[]

t.test('a transaction', async (t) => {
  const fhir = await aMorning(t)
  const { post, bundle } = writerOf(fhir)
  const visit = [creation(3, aCharge(uuid(1), uuid(2), 12.5)), creation(2, aVisit(uuid(1))), creation(1, aPatient('T1'))]

  t.test('ties its resources by fullUrl, in any order, and books the charge', async (t) => {
    const answer = await bundle('transaction', [...visit, { request: { method: 'GET', url: 'ChargeItem?status=billable&_count=1&_sort=-_lastUpdated' } }])
    t.equal(answer.status, 200)
    const [charge, encounter, patient, found] = entriesOf(answer)
    t.same([answer.body['type'], charge?.response.status, encounter?.response.etag, typeof patient?.response.lastModified], ['transaction-response', '201 Created', 'W/"1"', 'string'])
    const [, patientId] = /Patient\/([^/]+)\/_history\/1$/.exec(patient?.response.location ?? '') ?? []
    const [, chargeId = ''] = /ChargeItem\/([^/]+)\/_history\/1$/.exec(charge?.response.location ?? '') ?? []
    t.equal(((await fhir.ask(`/ChargeItem/${chargeId}`)).body['subject'] as { reference: string }).reference, `Patient/${patientId ?? ''}`)
    t.same([found?.response.status, (found?.resource?.['entry'] as ReadonlyArray<{ resource: Resource }>).map(({ resource }) => resource.id)], ['200 OK', [chargeId]], 'what it reads is read last, with what it wrote')
    t.match(await fhir.store.inReading(({ charges }) => charges.find(chargeId)), { amountFen: 1250, patientId, state: 'posted' })
  })

  t.test('sent again changes nothing', async (t) => {
    t.same(entriesOf(await bundle('transaction', visit)).map(({ response }) => [response.status, response.etag]), visit.map(() => ['200 OK', 'W/"1"']))
  })

  t.test('that the books refuse is undone as a whole', async (t) => {
    const refused = await bundle('transaction', [creation(3, aCharge(uuid(1), uuid(2), 99)), creation(2, aVisit(uuid(1), { status: 'finished' })), creation(1, aPatient('T1')), creation(4, aPatient('T9'))])
    t.same([refused.status, issues(refused)], [409, ['conflict CHARGE_ALREADY_POSTED']])
    t.same([(await fhir.ask('/Patient?identifier=T9')).entries, (await fhir.ask('/Encounter?identifier=V1&status=finished')).entries], [[], []])
  })

  t.test('finds records by condition, in references and creations', async (t) => {
    const answer = await bundle('transaction', [
      creation(1, aPatient('T1', { name: [{ text: 'not taken' }] }), { ifNoneExist: 'identifier=urn:yiqiao:hospital:east:MR|T1' }),
      creation(2, anObservation(uuid(1))),
      creation(3, anObservation('Patient?identifier=urn:yiqiao:hospital:east:MR|E002'))
    ], { prefer: 'return=representation' })
    const [patient, , observation] = entriesOf(answer)
    t.same([answer.status, patient?.response.etag, patient?.resource?.['name'], observation?.resource?.['subject']], [200, 'W/"1"', [{ text: '测试丙' }], { reference: 'Patient/p2' }])
    for (const [identifier, status] of [['none', 422], ['urn:yiqiao:hospital:east:MR|', 412]] as const) {
      const refused = await bundle('transaction', [creation(1, anObservation(`Patient?identifier=${identifier}`))])
      t.same([refused.status, (refused.body['issue'] as readonly Issue[])[0]?.expression], [status, ['Bundle.entry[0].resource.subject.reference']], identifier)
    }
  })

  t.test('reads references by the addresses that the entries had where they come from', async (t) => {
    const answer = await bundle('transaction', [
      { ...creation(1, anObservation('Patient/7')), fullUrl: 'https://his.example/fhir/Observation/8' },
      { ...creation(2, aPatient('T7')), fullUrl: 'https://his.example/fhir/Patient/7' }
    ], { prefer: 'return=representation' })
    const [observation, patient] = entriesOf(answer)
    t.same(observation?.resource?.['subject'], { reference: `Patient/${patient?.resource?.id ?? ''}` })
  })

  t.test('replaces what stands, on the version that was read', async (t) => {
    const { body } = await post(aPatient('T5'))
    const update = (ifMatch: string): object => ({ resource: { ...aPatient('T5', { gender: 'other' }), id: body.id }, request: { method: 'PUT', url: `Patient/${body.id ?? ''}`, ifMatch } })
    t.same(entriesOf(await bundle('transaction', [update('W/"1"')])).map(({ response }) => [response.status, response.etag]), [['200 OK', 'W/"2"']])
    t.equal((await bundle('transaction', [update('W/"1"')])).status, 412)
  })

  t.test('that cannot be read is refused at the entry that is wrong', async (t) => {
    const patient = aPatient('T8')
    for (const [title, entry, expected] of [
      ['two of one fullUrl', [creation(1, patient), creation(1, aPatient('T9'))], [400, 'invalid REQUEST_INVALID Bundle.entry[1].fullUrl']],
      ['two of one key', [creation(1, patient), creation(2, patient)], [400, 'invalid REQUEST_INVALID Bundle.entry[1].resource']],
      ['a reference to no entry', [creation(1, anObservation(uuid(9)))], [422, 'not-found RECORD_REFERENCE_UNKNOWN Bundle.entry[0].resource.subject.reference']],
      ['a reference to an entry of another kind', [creation(1, aVisit(uuid(2))), creation(2, { resourceType: 'Location', name: 'Ward' })], [422, 'value RECORD_INVALID Bundle.entry[0].resource.subject.reference']],
      ['an invalid resource', [creation(1, patient), creation(2, aPatient('T9', { gender: 'M' }))], [422, 'code-invalid RECORD_INVALID Bundle.entry[1].resource.gender']],
      ['a deletion', [{ request: { method: 'DELETE', url: 'Patient/p1' } }], [400, 'invalid REQUEST_INVALID Bundle.entry[0].request.method']],
      ['a conditional update', [{ resource: patient, request: { method: 'PUT', url: 'Patient?identifier=x' } }], [400, 'invalid REQUEST_INVALID Bundle.entry[0].request.url']],
      ['a read of nothing', [creation(1, patient), { request: { method: 'GET', url: 'Patient/none' } }], [404, 'not-found RECORD_NOT_FOUND']],
      ['too many', Array.from({ length: 501 }, () => creation(1, patient)), [413, 'too-long']]
    ] as const) {
      const answer = await bundle('transaction', entry)
      t.same([answer.status, (issues(answer) as readonly string[])[0]], expected, title)
    }
    t.equal((await bundle('collection', [])).status, 400)
    t.same((await fhir.ask('/Patient?identifier=T8')).entries, [], 'and nothing of it stays')
  })
})

t.test('a batch carries out each entry for itself', async (t) => {
  const fhir = await aMorning(t)
  const answer = await writerOf(fhir).bundle('batch', [
    creation(1, aPatient('B1')),
    creation(2, aPatient('B2', { gender: 'M' })),
    creation(3, anObservation(uuid(1))),
    { request: { method: 'GET', url: 'Patient/p1' } },
    { request: { method: 'GET', url: 'Patient/none' } },
    { request: { method: 'DELETE', url: 'Patient/p1' } },
    { resource: { ...aPatient('E001', { gender: 'female' }), id: 'p1' }, request: { method: 'PUT', url: 'Patient/p1', ifMatch: 'W/"7"' } }
  ])
  t.same([answer.status, answer.body['type']], [200, 'batch-response'])
  t.same(entriesOf(answer).map(({ response: { status, outcome } }) => [status, outcome === undefined ? null : (issues({ body: outcome }) as readonly string[])[0]]), [
    ['201 Created', null],
    ['422 Unprocessable Entity', 'code-invalid RECORD_INVALID Bundle.entry[1].resource.gender'],
    ['422 Unprocessable Entity', 'not-found RECORD_REFERENCE_UNKNOWN Bundle.entry[2].resource.subject.reference'],
    ['200 OK', null],
    ['404 Not Found', 'not-found RECORD_NOT_FOUND'],
    ['400 Bad Request', 'invalid REQUEST_INVALID Bundle.entry[5].request.method'],
    ['412 Precondition Failed', 'conflict RECORD_VERSION_CHANGED Bundle.entry[6].resource']
  ])
})

t.test('every role on what writes and checks, behind the guards of the server', async (t) => {
  const { server, store, tokenOf } = await aServer(t)
  await server.register(fhirServer({ ...fhirDeps(store), callerOf, note: noteAccess }), { prefix: '/fhir' })
  const statuses = async (method: 'POST' | 'PUT', url: string, payload: object): Promise<Record<string, number>> => {
    const found: Record<string, number> = {}
    for (const role of roles) {
      const token = await tokenOf(role, { personId: 'p1', organizationId: 'east' })
      found[role] = (await server.inject({ method, url: `/fhir${url}`, headers: { ...json, authorization: `Bearer ${token}` }, payload })).statusCode
    }
    return found
  }
  const only = (allowed: readonly string[], status: number): Record<string, number> => Object.fromEntries(roles.map((role) => [role, allowed.includes(role) ? status : 403]))
  const invalid = { resourceType: 'Patient', id: 'p9', colour: 'red' }
  t.same(await statuses('POST', '/Patient', invalid), only(['integrator'], 422))
  t.same(await statuses('PUT', '/Patient/p9', invalid), only(['integrator'], 422))
  t.same(await statuses('POST', '/', { resourceType: 'Bundle', type: 'transaction' }), only(['integrator'], 200))
  t.same(await statuses('POST', '/Patient/$validate', invalid), only(['operator', 'administrator', 'integrator'], 200))
  t.equal((await server.inject({ method: 'POST', url: '/fhir/Patient', headers: json, payload: invalid })).statusCode, 401)
})

t.test('a token for one type of resource → writes that type only', async (t) => {
  const principal = { tokenId: 't1', role: 'integrator' as const, personId: null, organizationId: 'east', scopes: ['system/Organization.write'] }
  const { post, bundle } = writerOf(await aFhirServer(t, { callerOf: () => ({ principal, patientIds: [] }) }))
  const organization = { resourceType: 'Organization', name: 'Laboratory' }
  t.same([(await post(organization)).status, (await post(aPatient('S1'))).status], [201, 403])
  t.equal((await bundle('transaction', [creation(1, organization), creation(2, aPatient('S1'))])).status, 403)
})

t.test('fhir-kit-client creates, updates, and sends batches and transactions', async (t) => {
  const { server } = await aMorning(t, { publicUrl: null })
  const client = new Client({ baseUrl: `${await server.listen({ port: 0, host: '127.0.0.1' })}/fhir`, customHeaders: { 'x-as': east } })
  const created = await client.create({ resourceType: 'Patient', body: aPatient('K1') })
  const id = (created as { readonly id?: string }).id ?? ''
  const updated = await client.update({ resourceType: 'Patient', id, body: { ...aPatient('K1'), id, gender: 'other' }, options: { headers: { 'If-Match': 'W/"1"' } } })
  t.match(updated, { gender: 'other', meta: { versionId: '2' } })
  const late = await client.update({ resourceType: 'Patient', id, body: { ...aPatient('K1'), id }, options: { headers: { 'If-Match': 'W/"1"' } } }).catch((error: unknown) => error)
  t.match(late, { response: { status: 412, data: { resourceType: 'OperationOutcome' } } })
  t.match(await client.transaction({ body: { resourceType: 'Bundle', type: 'transaction', entry: [creation(1, aPatient('K2'))] } }), { type: 'transaction-response' })
  t.match(await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [creation(1, aPatient('K2'))] } }), { entry: [{ response: { status: '200 OK' } }] })
  const refused = await client.delete({ resourceType: 'Patient', id }).catch((error: unknown) => error)
  t.match(refused, { response: { status: 405 } })
})
