import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseMessage, type Hl7Message } from '../../adapters/hl7v2/index.ts'
import { startFhirServer, type FhirServer } from '../../adapters/simulators/fhir-server/server.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { hisDesk, type DeskAct, type HisDesk } from '../../adapters/simulators/hospital/his-desk.ts'
import { startHisReceiver, type HisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import { inventedPerson } from '../../adapters/simulators/hospital/person.ts'
import { fictitiousResidentId } from '../../adapters/simulators/hospital/resident-id.ts'
import { createMllpSender } from '../../adapters/simulators/mllp-sender.ts'
import { seededChance } from '../../adapters/simulators/random.ts'
import { viewDatabase, type ViewDatabase } from '../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames } from '../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer } from '../../adapters/simulators/tds/sql-server.ts'
import { aContract } from '../contracts/contract-store.ts'
import { aDatabase, aSender, aService, eventually, type Answer, type Sender, type Service } from './a-service.ts'

t.setTimeout(180_000)

const clock = { now: () => new Date() }

/** At the HIS of the east, known there and not here. */
const known = { ...inventedPerson(seededChance('known at the desk'), 'E500001', 311), familyName: '许', givenName: '样例', birthDate: '1988-04-05', gender: 'female' as const, residentId: fictitiousResidentId('1988-04-05', 311, 'female') }
const newcomerId = fictitiousResidentId('1979-12-01', 312, 'male')
const northId = fictitiousResidentId('1966-06-06', 313, 'female')
const southId = fictitiousResidentId('1971-07-07', 314, 'male')

interface Town {
  readonly service: Service
  readonly his: HisReceiver
  readonly desk: HisDesk
  readonly east: Sender
  readonly north: FhirServer
  readonly south: ViewDatabase
  /** A desk, a terminal, a patient's app: tokens. */
  readonly window: string
  readonly terminal: string
}

async function aTown (t: Test): Promise<Town> {
  const line: { send: Parameters<typeof hisDesk>[0]['send'] } = { send: async () => undefined }
  const desk = hisDesk({ application: 'EASTHIS', facility: 'EAST', letter: 'E', knows: [known], now: clock.now, send: (message) => line.send(message) })
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 0, desk })
  const north = await startFhirServer({ host: '127.0.0.1', port: 0, clock, wallClock: clock, ids: { next: randomUUID } })
  const south = viewDatabase()
  createHospitalViews(south)
  const views = await startSqlServer({ host: '127.0.0.1', port: 0, database: south, user: 'reader', password: 'secret', tls: null })
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-views-'))
  const passwordFile = path.join(folder, 'password')
  await writeFile(passwordFile, 'secret')
  const service = await aService(t, { environment: await aDatabase(t), site: {
    hospitals: [{ id: 'east', name: 'East' }, { id: 'north', name: 'North' }, { id: 'south', name: 'South' }],
    sources: [
      { name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' },
      { name: 'north', kind: 'fhir', hospital: 'north', url: north.url, mappingSite: 'north', pollMs: 3_600_000 },
      { name: 'south', kind: 'views', hospital: 'south', host: '127.0.0.1', port: views.port, database: 'HIS', user: 'reader', passwordFile, encrypt: false, views: hospitalViewNames, pollMs: 3_600_000 }
    ],
    destinations: [
      { name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: his.port, facility: 'EAST', mappingSite: 'east', ackTimeoutMs: 2_000, query: 'IHE PDQ Query', sends: [
        { resource: 'Patient', message: 'ADT^A28', when: 'new' }, { resource: 'Patient', message: 'ADT^A31', when: 'changed' },
        { resource: 'Encounter', message: 'ADT^A04', when: 'new' }, { resource: 'Encounter', message: 'ADT^A10', when: 'changed' }
      ] },
      { name: 'north-his', kind: 'fhir', hospital: 'north', url: north.url, mappingSite: 'north', sends: [{ resource: 'Patient' }, { resource: 'Encounter' }] }
    ],
    timers: { monitorEveryMs: 3_600_000 }
  } })
  const port = service.served.parts.listeners.get('east')?.port ?? 0
  const sender = createMllpSender({ host: '127.0.0.1', port, ackTimeoutMs: 5_000, retryAfterMs: 50, seed: 1 })
  line.send = ({ controlId, text }) => sender.send({ controlId, bytes: Buffer.from(text) })
  t.teardown(async () => {
    sender.close()
    await Promise.all([his.close(), north.close(), views.close(), rm(folder, { recursive: true })])
  })
  return {
    service, his, desk, north, south, east: await aSender(t, port),
    window: await service.tokenFor('desk', { organizationId: 'east' }),
    terminal: await service.tokenFor('terminal', { organizationId: 'east' })
  }
}

const told = ({ his }: Pick<Town, 'his'>): readonly Hl7Message[] => his.items(null).map(({ body }) => parseMessage(String(body['message'])))
const typesTold = (town: Pick<Town, 'his'>): readonly string[] => told(town).map((message) => `${message.get('MSH-9.1') ?? ''}^${message.get('MSH-9.2') ?? ''}`)

/** Everything said in either direction has had its effect. */
async function settled ({ service, desk }: Town): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await service.settled()
    await desk.settled()
  }
  await service.settled()
}

const keyed = (): Readonly<Record<string, string>> => ({ 'idempotency-key': randomUUID() })
const read = ({ service }: Town, token: string, kind: string, value: string): Promise<Answer> => service.post('/v1/identity-readings', token, { kind, value })
const register = ({ service }: Town, token: string, body: unknown, headers = keyed()): Promise<Answer> => service.call('POST', '/v1/visits', token, body, headers)

/** Signing has its own journey; here the contract stands. */
async function signed ({ service }: Town, patientId: string, given: Parameters<typeof aContract>[1] = {}): Promise<void> {
  await service.served.parts.store.inTransaction(({ contracts }) => contracts.save(aContract(`contract-${patientId}`, { patientId, ...given })))
}

async function act (town: Town, deed: DeskAct, visit: string): Promise<void> {
  if (!await town.desk.act(deed, visit)) throw new Error('the desk has no such visit')
  await settled(town)
}

t.test('a card that is known → tells who it is and how the contract stands, in less than 200 ms; the number goes no further [A-01 A-03 A-05 A-39]', async (t) => {
  const town = await aTown(t)
  const { service, east, window, terminal } = town
  await east.send(['MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301090000+0800||ADT^A28^ADT_A05|C1|P|2.5.1|||||CHN|UNICODE UTF-8', 'EVN|A28|20270301090000+0800',
    `PID|1||E100^^^EASTHIS^MR~${newcomerId}^^^&2.16.156.10011.1.3&ISO^NI||宋^示例^^^^^L||19791201|M`, 'PV1|1|N', ''].join('\r'))
  await settled(town)
  const byCard = await read(town, terminal, 'patient_card', 'E100')
  t.match(byCard, { status: 201, body: { isNew: false, patient: { maskedName: '宋**', birthYear: '1979' }, contract: { state: 'none', mayPayAfterCare: false, reasons: ['no_contract'] } } })
  await signed(town, byCard.body.patient.id)
  const tookMs: number[] = []
  for (let time = 0; time < 8; time++) {
    const startedMs = performance.now()
    const byId = await read(town, terminal, 'resident_id', newcomerId)
    tookMs.push(performance.now() - startedMs)
    t.match(byId.body, { isNew: false, patient: byCard.body.patient, contract: { state: 'active', mayPayAfterCare: true, reasons: [] } })
  }
  t.ok(Math.min(...tookMs) < 200, `${Math.min(...tookMs).toFixed(1)} ms`)
  t.match((await read(town, terminal, 'resident_id', `${newcomerId.slice(0, 6)}${newcomerId.slice(8, 17)}`)).body.patient, byCard.body.patient, 'in the old form of 15 digits, too')
  t.equal(typesTold(town).length, 0, 'the hospital was not asked')

  t.test('the code that the app shows → is read once at each terminal', async (t) => {
    const app = await service.tokenFor('patient', { personId: byCard.body.patient.id })
    const { code } = (await service.get('/v1/me/personal-code', app)).body
    t.match(await read(town, terminal, 'qr', code), { status: 201, body: { patient: byCard.body.patient, contract: { state: 'active' } } })
    t.match(await read(town, terminal, 'qr', code), { status: 422, body: { code: 'REQUEST_INVALID', place: 'value' } })
    t.equal((await read(town, window, 'qr', code)).status, 201)
    t.equal((await read(town, window, 'qr', code.replace(/.$/, (digit: string) => digit === '0' ? '1' : '0'))).status, 422, 'one digit is wrong')
  })
  t.test('what cannot be read → is refused without repeating it, and nobody else may read', async (t) => {
    const refused = await read(town, terminal, 'resident_id', '100000197913010000')
    t.match(refused, { status: 422, body: { code: 'REQUEST_INVALID' } })
    t.notMatch(JSON.stringify(refused.body), '100000197913010000')
    t.equal((await read(town, terminal, 'insurance_token', 'EC:1')).status, 422, 'no insurance platform is configured here')
    const app = await service.tokenFor('patient', { personId: byCard.body.patient.id })
    for (const token of [app, await service.tokenFor('doctor', { organizationId: 'east' }), await service.tokenFor('desk')]) t.equal((await read(town, token, 'patient_card', 'E100')).status, 403)
    t.equal((await service.post('/v1/identity-readings', terminal, { kind: 'patient_card', value: 'E100', hospitalId: 'north' })).status, 422, 'a terminal reads at its own hospital')
    const auditor = await service.tokenFor('auditor')
    const tellsReading = ({ body }: Answer): boolean => body.items.some(({ target }: { target: string }) => target === 'reading')
    const audit = await eventually(() => service.get('/v1/ops/audit?limit=200', auditor), tellsReading)
    t.ok(tellsReading(audit))
    t.notMatch(JSON.stringify(audit.body), newcomerId)
  })
})

t.test('from the front desk to the door without paying anywhere [A-01 A-02 A-03 A-06 A-07 A-08 A-09 A-10 A-11 A-12 A-13 A-15 A-16 A-39]', async (t) => {
  const town = await aTown(t)
  const { service, his, terminal, window } = town

  const reading = (await read(town, terminal, 'resident_id', known.residentId)).body
  t.match(reading, { isNew: false, patient: { maskedName: '许**', birthYear: '1988' }, contract: { state: 'none' } }, 'unknown here, the HIS is asked by QBP^Q22')
  t.equal(his.arrivals().length, 1)
  const patientId: string = reading.patient.id
  t.equal(patientId, service.served.parts.stableId('east', 'Patient', known.mrn), 'as the record that the HIS\'s own messages name')
  t.match((await service.get(`/v1/patients/${patientId}`, window)).body, { name: '许样例', birthDate: known.birthDate })

  const wish = { readingId: reading.readingId, department: '内科', payMode: 'postpay' }
  t.match(await register(town, terminal, wish), { status: 409, body: { code: 'CONTRACT_NOT_IN_FORCE', detail: /no_contract.*self_pay/ } })
  await signed(town, patientId)
  const headers = keyed()
  const registered = await register(town, terminal, wish, headers)
  t.match(registered, { status: 201, body: { hospitalId: 'east', patientId, state: 'planned', payMode: 'postpay', visitNumber: /^YQ[0-9A-V]{13}$/, department: '内科' } })
  t.strictSame((await register(town, terminal, wish, headers)).body, registered.body, 'the same request again registers nothing more')
  const { id: visitId, visitNumber: ours } = registered.body
  await settled(town)
  const a04 = told(town).find((message) => message.get('MSH-9.2') === 'A04')
  t.strictSame(['PID-3.1', 'PV1-2', 'PV1-10.2', 'PV1-19.1', 'PV1-20'].map((place) => a04?.get(place)), [known.mrn, 'O', '内科', ours, 'POSTPAY'])
  t.equal(typesTold(town).filter((type) => type === 'ADT^A04').length, 1)

  const app = await service.tokenFor('patient', { personId: patientId })
  const visit = (await service.get(`/v1/visits/${visitId}`, app)).body
  t.match(visit, { visitNumber: /^EV/, payMode: 'postpay', patientId, state: 'in_progress' }, 'the HIS has numbered it, and echoed ours')
  t.strictSame((await service.get('/v1/visits', app)).body.items.map(({ id }: { id: string }) => id), [visit.id], 'one visit, not two')

  const checkedIn = await service.post(`/v1/visits/${visitId}/check-in`, app, {})
  t.match(checkedIn, { status: 200, body: { id: visit.id } })
  await settled(town)
  t.equal((await service.post(`/v1/visits/${visit.id}/check-in`, window, {})).status, 200, 'at the nurse station again: nothing more happens')
  await settled(town)
  t.equal(typesTold(town).filter((type) => type === 'ADT^A10').length, 1)

  const progress = async (): Promise<Answer['body']> => (await service.get(`/v1/visits/${visitId}/progress`, app)).body
  const kinds = async (): Promise<readonly string[]> => (await progress()).steps.map(({ kind }: { kind: string }) => kind)
  t.strictSame(await kinds(), ['registered', 'checked_in', 'waiting'])
  await act(town, 'call', ours)
  t.match(await progress(), { visitId: visit.id, stage: 'called', call: { about: '内科候诊', queueNumber: 'A001', room: '内科1诊室' } })
  for (const deed of ['see', 'order', 'report', 'prescribe', 'skin_test', 'dispense', 'infuse'] as const) await act(town, deed, ours)
  t.strictSame(new Set(await kinds()), new Set(['registered', 'checked_in', 'waiting', 'called', 'in_consult', 'exam_ordered', 'report_ready', 'prescribed', 'skin_test_done', 'dispensed', 'infusion_ready', 'infusion_started']))
  t.equal((await progress()).call, null)
  t.notMatch(JSON.stringify(await progress()), /NEG|阴性/, 'how the skin test came out is not told here')
  await act(town, 'finish', ours)
  t.match(await progress(), { stage: 'closed' })
  t.match((await service.get(`/v1/visits/${visitId}`, app)).body, { state: 'closed', payMode: 'postpay' })

  const notices = await service.served.parts.store.inReading(({ notices }) => notices.list([patientId], { limit: 50, offset: 0 }))
  t.strictSame([...new Set(notices.map(({ template }) => template))].filter((template) => !template.startsWith('bill')).sort(), ['checked_in', 'infusion_ready', 'medication_ready', 'queue_called', 'report_ready', 'skin_test_done', 'visit_registered'], 'the course is told to the patient, each once')
  t.equal(notices.filter(({ template }) => template === 'visit_registered').length, 1)

  t.test('a resend of the whole course → changes nothing and tells nobody', async (t) => {
    const before = await progress()
    await act(town, 'finish', ours)
    t.strictSame((await progress()).steps.length, before.steps.length)
  })
  t.test('others → do not see the visit, nor act on it', async (t) => {
    const stranger = await service.tokenFor('patient', { personId: 'somebody-else' })
    const elsewhere = await service.tokenFor('desk', { organizationId: 'north' })
    for (const token of [stranger, elsewhere]) {
      t.equal((await service.get(`/v1/visits/${visitId}/progress`, token)).status, 404)
      t.equal((await service.post(`/v1/visits/${visitId}/check-in`, token, {})).status, 404)
      t.match((await register(town, token, { patientId, hospitalId: token === stranger ? 'east' : 'north', department: '内科', payMode: 'self_pay' })).status, 404)
    }
    t.match((await register(town, elsewhere, wish)).status, 404, 'a reading is of the terminal that read')
    t.equal((await service.post(`/v1/visits/${visitId}/check-in`, terminal, {})).status, 404, 'a terminal shows what it has read')
    t.equal((await service.post(`/v1/visits/${visitId}/check-in`, terminal, { readingId: reading.readingId })).status, 200)
    t.equal((await service.call('POST', '/v1/visits', terminal, wish)).status, 400, 'without an Idempotency-Key')
  })
  t.test('a contract that is suspended or used up → no visit after care, but an emergency always', async (t) => {
    await signed(town, patientId, { state: 'suspended', suspendedAt: new Date(), suspendedBecause: 'overdue' })
    t.match(await register(town, window, { patientId, department: '外科', payMode: 'postpay' }), { status: 409, body: { code: 'CONTRACT_NOT_IN_FORCE', detail: /contract_suspended/ } })
    t.match((await read(town, window, 'resident_id', known.residentId)).body.contract, { state: 'suspended', mayPayAfterCare: false, reasons: ['contract_suspended'] })
    t.match(await register(town, window, { patientId, department: '急诊', payMode: 'postpay', isEmergency: true }), { status: 201, body: { class: 'emergency', payMode: 'postpay' } })
    t.match(await register(town, window, { patientId, department: '外科', payMode: 'self_pay' }), { status: 201, body: { payMode: 'self_pay' } })
  })
})

t.test('somebody whom neither we nor the hospital know → gets a file, which the hospital hears of and numbers [A-01 A-02 A-03 A-06]', async (t) => {
  const town = await aTown(t)
  const { service, terminal, window, his } = town
  const reading = (await read(town, terminal, 'resident_id', newcomerId)).body
  t.match(reading, { isNew: true, patient: { maskedName: null, birthYear: '1979' }, contract: { state: 'none', mayPayAfterCare: false } })
  const file = { readingId: reading.readingId, name: '诸葛明样', birthDate: '1979-12-01', gender: 'male', phone: '000-0000-0312' }
  const make = (body: unknown, token = terminal): Promise<Answer> => service.call('POST', '/v1/patients', token, body, keyed())
  t.match(await make({ ...file, birthDate: '1979-12-02' }), { status: 422, body: { place: 'birthDate' } })
  t.match(await make({ ...file, gender: 'female' }), { status: 422, body: { place: 'gender' } })
  t.match(await make(file, window), { status: 404, body: { code: 'READING_NOT_FOUND' } })
  const made = await make(file)
  t.match(made, { status: 201, body: { id: reading.patient.id, hospitalId: 'east', name: '诸葛明样', birthDate: '1979-12-01', gender: 'male' } })
  t.equal((await make(file)).body.id, made.body.id, 'a second wish gets the file that stands')
  await settled(town)
  t.strictSame(typesTold(town), ['ADT^A28'])
  const [a28] = told(town)
  t.strictSame(['PID-3[1].1', 'PID-3[1].4.1', 'PID-3[1].5', 'PID-3[2].1', 'PID-3[2].5', 'PID-5.1', 'PID-5.2', 'PID-7', 'PID-8'].map((place) => a28?.get(place)),
    [a28?.get('PID-3[1].1'), 'YIQIAO', 'PI', newcomerId, 'NI', '诸葛', '明样', '19791201', 'M'])

  const again = (await read(town, terminal, 'resident_id', newcomerId)).body
  t.match(again, { isNew: false, patient: { maskedName: '诸***' } })
  t.not(again.patient.id, made.body.id, 'the hospital\'s own record, now that it has numbered the file')
  t.match((await service.get(`/v1/patients/${made.body.id}`, window)).body.tied.map(({ id }: { id: string }) => id).sort(), [made.body.id, again.patient.id].sort(), 'which is the same person')
  await signed(town, made.body.id)
  const registered = await register(town, terminal, { readingId: again.readingId, department: '内科', payMode: 'postpay' })
  t.match(registered, { status: 201, body: { patientId: again.patient.id } })
  await settled(town)
  t.equal(told(town).find((message) => message.get('MSH-9.2') === 'A04')?.get('PID-3.1'), 'E700002')

  t.test('a hospital whose system is down → is said to be, and no file is made meanwhile', async (t) => {
    await his.setUp(false)
    t.match(await read(town, terminal, 'resident_id', northId), { status: 503, body: { code: 'OUTSIDE_UNAVAILABLE' } })
    await his.setUp(true)
    t.match(await read(town, terminal, 'resident_id', northId), { status: 201, body: { isNew: true } })
  })
  t.test('a card that the hospital does not know → is no paper for a file', async (t) => {
    const card = (await read(town, terminal, 'patient_card', 'X99')).body
    t.match(card, { isNew: true, patient: { birthYear: null } })
    t.match(await make({ ...file, readingId: card.readingId }), { status: 422, body: { place: 'readingId' } })
  })
})

t.test('a hospital with a FHIR server → is searched, gets the new file and the visit, and its answer is the same visit [A-01 A-02 A-06 A-07 A-39]', async (t) => {
  const town = await aTown(t)
  const { service, north } = town
  const sid = 'https://his.north.example/sid/'
  north.resources.write({ resourceType: 'Patient', identifier: [{ system: `${sid}patient`, value: 'N7' }, { system: `${sid}resident-id`, value: northId }], name: [{ use: 'official', text: '钱例' }], gender: 'female', birthDate: '1966-06-06' })
  const terminal = await service.tokenFor('terminal', { organizationId: 'north' })
  const reading = (await read(town, terminal, 'resident_id', northId)).body
  t.match(reading, { isNew: false, patient: { id: service.served.parts.stableId('north', 'Patient', 'N7'), maskedName: '钱*', birthYear: '1966' } })
  t.match((await read(town, terminal, 'patient_card', 'N7')).body.patient.id, reading.patient.id)

  const unknown = (await read(town, terminal, 'resident_id', newcomerId)).body
  t.equal(unknown.isNew, true)
  const made = await service.call('POST', '/v1/patients', terminal, { readingId: unknown.readingId, name: '赵新', birthDate: '1979-12-01', gender: 'male' }, keyed())
  t.equal(made.status, 201)
  const registered = await register(town, terminal, { readingId: unknown.readingId, department: '内科', payMode: 'self_pay' })
  t.match(registered, { status: 201, body: { patientId: made.body.id, payMode: 'self_pay' } })
  await settled(town)
  t.match(north.resources.all('Patient').find(({ birthDate }) => birthDate === '1979-12-01'), { name: [{ text: '赵新' }] })
  const [encounter] = north.resources.all('Encounter')
  t.match(encounter, { status: 'planned', extension: [{ url: 'urn:yiqiao:fhir:pay-mode', valueCode: 'self_pay' }], identifier: [{ value: registered.body.visitNumber }] })
  await service.post(`/v1/visits/${registered.body.id}/check-in`, terminal, { readingId: unknown.readingId })
  await settled(town)
  t.match(north.resources.all('Encounter'), [{ status: 'arrived' }])
  north.resources.write({ ...encounter, resourceType: 'Encounter', status: 'in-progress', identifier: [{ system: `${sid}visit`, value: 'NV1' }, ...encounter?.['identifier'] as object[]] })
  await service.served.parts.followers.get('north')?.look()
  await settled(town)
  const app = await service.tokenFor('patient', { personId: made.body.id })
  t.match((await service.get('/v1/visits', app)).body.items, [{ visitNumber: 'NV1', payMode: 'self_pay', state: 'in_progress' }])
  t.match((await service.get(`/v1/visits/${registered.body.id}/progress`, app)).body.steps.map(({ kind }: { kind: string }) => kind), ['registered', 'checked_in'])
})

t.test('a hospital that only shows views → is looked up there, and its queue is seen as it calls [A-01 A-02 A-08]', async (t) => {
  const town = await aTown(t)
  const { service, south } = town
  const terminal = await service.tokenFor('terminal', { organizationId: 'south' })
  await service.served.parts.viewPollers.get('south')?.look()
  south.write(hospitalViewNames.patients, { patient_no: 'S7', name: '孙例文', sex: '男', birth_date: '1971-07-07', id_card_no: southId, phone: null, address: null, merged_into: null, updated_at: '2027-03-01T08:00:00', remark: null })
  const reading = (await read(town, terminal, 'resident_id', southId)).body
  t.match(reading, { isNew: false, patient: { id: service.served.parts.stableId('south', 'Patient', 'S7'), maskedName: '孙**', birthYear: '1971' } })
  t.equal((await read(town, terminal, 'patient_card', 'S7')).body.patient.id, reading.patient.id)
  t.equal((await read(town, terminal, 'resident_id', newcomerId)).body.isNew, true)
  const event = (kind: string, at: string, room: string | null): void => {
    south.write(hospitalViewNames.events, { event_id: `SV1-${kind}`, visit_no: 'SV1', patient_no: 'S7', kind, queue_code: 'NK', queue_name: '内科', queue_no: 'A07', room, at })
  }
  event('checked_in', '2027-03-01T08:30:00', null)
  event('called', '2027-03-01T08:50:00', '3诊室')
  await service.served.parts.viewPollers.get('south')?.look()
  await settled(town)
  const app = await service.tokenFor('patient', { personId: reading.patient.id })
  const visitId = service.served.parts.stableId('south', 'Encounter', 'SV1')
  t.match((await service.get(`/v1/visits/${visitId}/progress`, app)).body, {
    stage: 'called', call: { about: '内科', queueNumber: 'A07', room: '3诊室', at: '2027-03-01T08:50:00.000+08:00' },
    steps: [{ kind: 'registered' }, { kind: 'checked_in', at: '2027-03-01T08:30:00.000+08:00' }, { kind: 'called' }]
  })
})

t.test('in the demo → a patient is read, registered and led on by the hospital\'s own desk [A-01 A-02 A-06 A-08]', async (t) => {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const { terminal = '', operator = '', patient = '' } = service.credentials()
  const residentId = demoPatients.patient.person.residentId ?? ''
  const lead = async (act: string, key: string): Promise<number> => {
    const { status } = await service.post('/demo/simulators/his', operator, { act, key })
    await service.post('/demo/clock', operator, { advance: 'PT1S' })
    return status
  }
  const reading = (await service.post('/v1/identity-readings', terminal, { kind: 'resident_id', value: residentId })).body
  t.match(reading, { isNew: false, patient: { maskedName: '许**', birthYear: '1990' } }, 'before the day is played only the hospital knows the patient')
  const { body: { id, visitNumber } } = await service.call('POST', '/v1/visits', terminal, { readingId: reading.readingId, department: '内科', payMode: 'self_pay' }, keyed())
  await service.post('/demo/clock', operator, { advance: 'PT1S' })
  t.strictSame([await lead('call', visitNumber), await lead('call', 'nobody'), await lead('dance', visitNumber)], [200, 422, 422])
  t.match((await service.get(`/v1/visits/${id}/progress`, patient)).body, { stage: 'called', call: { queueNumber: 'A001' } })
})
