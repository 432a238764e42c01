import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parseMessage, type Hl7Message } from '../../adapters/hl7v2/index.ts'
import { startFhirServer, type FhirServer } from '../../adapters/simulators/fhir-server/server.ts'
import { bookingDesk, type BookingDesk } from '../../adapters/simulators/hospital/booking-desk.ts'
import { startHisReceiver, type HisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import { createMllpSender } from '../../adapters/simulators/mllp-sender.ts'
import { viewDatabase, type ViewDatabase } from '../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames } from '../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer } from '../../adapters/simulators/tds/sql-server.ts'
import { aDatabase, aService, type Answer, type Service } from './a-service.ts'

t.setTimeout(240_000)

const clock = { now: () => new Date() }
/** In two days, at a time of day in Beijing. */
const day = new Date(Date.now() + 2 * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 10)
const at = (time: string): string => `${day}T${time}:00.000+08:00`

interface Town {
  readonly service: Service
  readonly his: HisReceiver
  readonly office: BookingDesk
  readonly roster: ViewDatabase
  readonly north: FhirServer
  readonly window: string
  readonly operator: string
  /** A patient of the east with a record number, and the token of the own app. */
  readonly patient: (mrn: string) => Promise<{ readonly id: string, readonly app: string }>
}

/** The east shows its roster as a view and takes requests over MLLP; the north has a FHIR server. */
async function aTown (t: Test, { answersQueries = true }: { readonly answersQueries?: boolean } = {}): Promise<Town> {
  const line: { send: Parameters<typeof bookingDesk>[0]['send'] } = { send: async () => undefined }
  const office = bookingDesk({ application: 'EASTHIS', facility: 'EAST', letter: 'E', now: clock.now, send: (message) => line.send(message) })
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 0, booking: office })
  const north = await startFhirServer({ host: '127.0.0.1', port: 0, clock, wallClock: clock, ids: { next: randomUUID } })
  const roster = viewDatabase()
  createHospitalViews(roster)
  const views = await startSqlServer({ host: '127.0.0.1', port: 0, database: roster, user: 'reader', password: 'secret', tls: null })
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-views-'))
  const passwordFile = path.join(folder, 'password')
  await writeFile(passwordFile, 'secret')
  const asks = ['SRM^S01', 'SRM^S02', 'SRM^S04', 'SIU^S12', 'SIU^S13', 'SIU^S14', 'SIU^S15', 'SIU^S26'].map((message) => ({ resource: 'Appointment', message, when: 'asked' }))
  const service = await aService(t, { environment: await aDatabase(t), site: {
    hospitals: [{ id: 'east', name: 'East' }, { id: 'north', name: 'North' }, { id: 'south', name: 'South' }],
    sources: [
      { name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' },
      { name: 'east-roster', kind: 'views', hospital: 'east', host: '127.0.0.1', port: views.port, database: 'HIS', user: 'reader', passwordFile, encrypt: false, views: { roster: hospitalViewNames.roster }, pollMs: 3_600_000 },
      { name: 'south', kind: 'views', hospital: 'south', host: '127.0.0.1', port: views.port, database: 'HIS', user: 'reader', passwordFile, encrypt: false, views: { roster: hospitalViewNames.roster }, pollMs: 3_600_000 },
      { name: 'north', kind: 'fhir', hospital: 'north', url: north.url, mappingSite: 'north', types: ['Practitioner', 'Schedule', 'Slot', 'Patient', 'Appointment'], pollMs: 3_600_000 }
    ],
    destinations: [
      { name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: his.port, facility: 'EAST', mappingSite: 'east', ackTimeoutMs: 400, ...answersQueries ? { answersSchedulingQuery: true } : {}, sends: asks },
      { name: 'north-his', kind: 'fhir', hospital: 'north', url: north.url, mappingSite: 'north', sends: [{ resource: 'Appointment' }] }
    ],
    timers: { monitorEveryMs: 3_600_000 }
  } })
  const sender = createMllpSender({ host: '127.0.0.1', port: service.served.parts.listeners.get('east')?.port ?? 0, ackTimeoutMs: 5_000, retryAfterMs: 50, seed: 1 })
  line.send = ({ controlId, text }) => sender.send({ controlId, bytes: Buffer.from(text) })
  t.teardown(async () => {
    sender.close()
    await Promise.all([his.close(), north.close(), views.close(), rm(folder, { recursive: true })])
  })
  return {
    service, his, office, roster, north,
    window: await service.tokenFor('desk', { organizationId: 'east' }),
    operator: await service.tokenFor('operator'),
    patient: async (mrn) => {
      const controlId = `P${mrn}`
      await sender.send({ controlId, bytes: Buffer.from([`MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270101080000+0800||ADT^A28^ADT_A05|${controlId}|P|2.5.1|||||CHN|UNICODE UTF-8`, 'EVN|A28|20270101080000+0800', `PID|1||${mrn}^^^EASTHIS^MR||许^${mrn}^^^^^L||19900101|F`, 'PV1|1|N', ''].join('\r')) })
      await service.settled()
      const id = service.served.parts.stableId('east', 'Patient', mrn)
      return { id, app: await service.tokenFor('patient', { personId: id }) }
    }
  }
}

const keyed = (): Readonly<Record<string, string>> => ({ 'idempotency-key': randomUUID() })
// eslint-disable-next-line max-params -- reads as a request line
const post = ({ service }: Town, url: string, token: string, body: unknown = {}, headers = keyed()): Promise<Answer> => service.call('POST', url, token, body, headers)
const told = ({ his }: Pick<Town, 'his'>, type: string): readonly Hl7Message[] => his.items(null).map(({ body }) => parseMessage(String(body['message']))).filter((message) => `${message.get('MSH-9.1') ?? ''}^${message.get('MSH-9.2') ?? ''}` === type)
const read = async ({ service }: Town, token: string, id: string): Promise<Answer['body']> => (await service.get(`/v1/appointments/${id}`, token)).body

/** Everything said in either direction has had its effect. */
async function settled ({ service, office }: Town): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await service.settled()
    await office.settled()
  }
  await service.settled()
}

async function until (town: Town, isSo: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 100 && !await isSo(); look++) {
    await pause(100)
    await settled(town)
  }
}

async function shift ({ service, roster }: Town, number: string, [from, to]: readonly [string, string], capacity: number): Promise<string> {
  roster.write(hospitalViewNames.roster, {
    roster_no: number, doctor_no: 'D1001', doctor_name: '林例文', department_code: '0101', department_name: '内科门诊', starts_at: `${day}T${from}:00`, ends_at: `${day}T${to}:00`, capacity: String(capacity), status: 'open', updated_at: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19)
  })
  await service.served.parts.viewPollers.get('east-roster')?.look()
  await service.settled()
  return service.served.parts.stableId('east', 'Slot', number)
}

t.test('a seat of the hospital\'s roster → is asked for and booked, moved, cancelled, and offered to who waits for it [V-18]', async (t) => {
  const town = await aTown(t)
  const { service, his, office } = town
  const [one, two] = [await town.patient('E100'), await town.patient('E200')]
  const morning = await shift(town, 'R1', ['08:00', '12:00'], 1)
  const noon = await shift(town, 'R2', ['13:00', '17:00'], 1)
  t.match((await service.get(`/v1/slots?hospitalId=east&free=true&from=${encodeURIComponent(at('00:00'))}`, one.app)).body.items, [
    { id: morning, owner: 'his', department: '内科门诊', start: at('08:00'), end: at('12:00'), capacity: 1, free: 1, state: 'free', isBookable: true }, { id: noon }
  ])
  t.match((await service.get('/v1/schedules?hospitalId=east', one.app)).body.items, [{ owner: 'his', department: '内科门诊' }])

  const headers = keyed()
  t.match(await post(town, '/v1/appointments', one.app, { slotId: morning }, {}), { status: 400, body: { code: 'IDEMPOTENCY_KEY_REQUIRED' } })
  const asked = await post(town, '/v1/appointments', one.app, { slotId: morning }, headers)
  t.match(asked, { status: 201, body: { state: 'requested', slotId: morning, patientId: one.id, hospitalNumber: null } })
  t.strictSame((await post(town, '/v1/appointments', one.app, { slotId: morning }, headers)).body, asked.body)
  const { id } = asked.body
  await settled(town)
  const [request] = told(town, 'SRM^S01')
  t.strictSame(['ARQ-1.1', 'ARQ-1.3', 'ARQ-5.1', 'PID-3.1', 'AIP-3.1'].map((place) => request?.get(place)?.replace(/^YQ\w{13}$/, 'YQ')), ['YQ', 'urn:yiqiao:placer', 'R1', 'E100', 'D1001'])
  t.match(await read(town, one.app, id), { state: 'booked', hospitalNumber: /^EB/, slotId: morning, start: at('08:00') }, 'the answer (SRR) and the notice (SIU) are one booking')
  t.equal((await service.get('/v1/appointments', one.app)).body.items.length, 1)
  t.match((await service.get(`/fhir/Appointment/${id}`, one.app)).body, { status: 'booked', start: at('08:00') })
  t.equal((await service.get(`/v1/appointments/${id}`, two.app)).status, 404, 'and nobody else\'s')

  t.match(await post(town, '/v1/appointments', two.app, { slotId: morning }), { status: 409, body: { code: 'SLOT_FULL' } })
  const wait = await post(town, '/v1/slot-waits', two.app, { slotId: morning })
  t.match(wait, { status: 201, body: { state: 'waiting' } })

  t.test('is moved only when the hospital agrees', async (t) => {
    await office.act('refuse_changes', '')
    t.match(await post(town, `/v1/appointments/${id}/rebook`, one.app, { slotId: noon }), { status: 200, body: { state: 'booked', asking: 'move', slotId: morning, wantedSlotId: noon } })
    await settled(town)
    t.match(await read(town, one.app, id), { state: 'booked', asking: null, slotId: morning, start: at('08:00'), reason: '已过变更时间' })
    t.equal((await service.get(`/v1/slots/${noon}`, one.app)).body.free, 1)
    await office.act('take_changes', '')
    await post(town, `/v1/appointments/${id}/rebook`, one.app, { slotId: noon })
    await settled(town)
    t.match(await read(town, one.app, id), { state: 'booked', asking: null, slotId: noon, start: at('13:00'), moves: 2 })
    t.strictSame(told(town, 'SRM^S02').map((message) => message.get('ARQ-5.1')), ['R2', 'R2'])
    t.match(await post(town, `/v1/appointments/${id}/rebook`, one.app, { slotId: morning }), { status: 409 }, 'and only so often')
  })
  t.test('freed → is kept for the first in line, who confirms it', async (t) => {
    const { body: { items: [offer] } } = await service.get('/v1/slot-waits', two.app)
    t.match(offer, { state: 'offered', slotId: morning, appointmentId: /./ })
    t.match(await read(town, two.app, offer.appointmentId), { state: 'held', holdUntil: /./ })
    t.match(await post(town, `/v1/appointments/${offer.appointmentId}/confirm`, two.app), { status: 200, body: { state: 'requested' } })
    await settled(town)
    t.match(await read(town, two.app, offer.appointmentId), { state: 'booked' })
  })
  t.test('is cancelled when the hospital has taken it back', async (t) => {
    t.match(await post(town, `/v1/appointments/${id}/cancel`, one.app, { reason: '改天' }), { status: 200, body: { state: 'booked', asking: 'cancel' } })
    await settled(town)
    t.match(await read(town, one.app, id), { state: 'cancelled', asking: null, reason: '改天' })
    t.equal((await service.get(`/v1/slots/${noon}`, one.app)).body.free, 1)
    t.match(told(town, 'SRM^S04'), { length: 1 })
  })
  t.test('in which nobody came, says the hospital → is a no-show', async (t) => {
    const { body } = await post(town, '/v1/appointments', one.app, { slotId: noon })
    await settled(town)
    const { hospitalNumber } = await read(town, one.app, body.id)
    t.ok(await office.act('miss_appointment', hospitalNumber))
    await settled(town)
    t.match(await read(town, one.app, body.id), { state: 'no_show' })
  })
  t.equal(his.items(null).filter(({ body }) => body['type'] === 'SIU^S12').length, 0, 'the hospital is not told of what it has booked itself')
})

t.test('a request that is refused, lost or answered into the void', async (t) => {
  const town = await aTown(t)
  const { service, his, office } = town
  const { id: patientId, app } = await town.patient('E100')
  const book = async (slotId: string): Promise<string> => (await post(town, '/v1/appointments', app, { slotId })).body.id
  t.test('refused → gives the seat back and tells why', async (t) => {
    const slotId = await shift(town, 'R1', ['08:00', '09:00'], 1)
    await office.act('close_shift', 'R1')
    const id = await book(slotId)
    await settled(town)
    t.match(await read(town, app, id), { state: 'refused', reason: '号源已满' })
    t.equal((await service.get(`/v1/slots/${slotId}`, app)).body.free, 1)
    const notices = await service.served.parts.store.inReading(({ notices: book }) => book.list([patientId], { limit: 9, offset: 0 }))
    t.match(notices, [{ template: 'appointment_refused' }])
    t.equal((await service.get('/v1/ops/destinations/east-his/messages?state=dead', town.operator)).body.items?.length ?? 0, 0, 'a no is an answer, not a failure')
  })
  t.test('booked, but its answer lost → is open until the hospital is asked what it has; it books once', async (t) => {
    const slotId = await shift(town, 'R2', ['09:00', '10:00'], 1)
    await office.act('hold_notices', '')
    his.setFaults([{ kind: 'silent', rate: 1, count: 1, seed: 1 }])
    const id = await book(slotId)
    await until(town, async () => (await read(town, app, id)).state !== 'requested')
    t.equal((await read(town, app, id)).state, 'unknown')
    await until(town, async () => (await read(town, app, id)).state !== 'unknown')
    t.match(await read(town, app, id), { state: 'booked', hospitalNumber: /^EB/ })
    t.equal(office.bookings().filter(({ shift: number }) => number === 'R2').length, 1)
    t.equal(told(town, 'SRM^S01').filter((message) => message.get('ARQ-5.1') === 'R2').length, 1, 'the request was not sent again')
  })
  t.test('booked, with the answer lost and the notice told → is that booking', async (t) => {
    await office.act('tell_notices', '')
    const slotId = await shift(town, 'R5', ['14:00', '15:00'], 1)
    his.setFaults([{ kind: 'silent', rate: 1, count: 1, seed: 1 }])
    const id = await book(slotId)
    await until(town, async () => (await read(town, app, id)).state === 'booked')
    await until(town, async () => (await service.get('/v1/ops/destinations', town.operator)).body.items.every(({ waiting }: { waiting: number }) => waiting === 0))
    t.match(await read(town, app, id), { state: 'booked' })
    t.equal(office.bookings().filter(({ shift: number }) => number === 'R5').length, 1)
  })
  t.test('lost on the way → is sent again when the hospital knows nothing of it, and books once', async (t) => {
    const slotId = await shift(town, 'R3', ['10:00', '11:00'], 1)
    his.setFaults([{ kind: 'lost', rate: 1, count: 1, seed: 1 }])
    const id = await book(slotId)
    await until(town, async () => (await read(town, app, id)).state === 'booked')
    t.match(await read(town, app, id), { state: 'booked' })
    t.equal(office.bookings().filter(({ shift: number }) => number === 'R3').length, 1)
  })
  t.test('that stays open → is settled by the hospital\'s staff, by nobody else', async (t) => {
    const slotId = await shift(town, 'R4', ['11:00', '12:00'], 1)
    await his.setUp(false)
    const id = await book(slotId)
    t.equal((await post(town, `/v1/appointments/${id}/settle`, app, { outcome: 'booked', reason: 'telephone' })).status, 403)
    t.equal((await post(town, `/v1/appointments/${id}/settle`, await service.tokenFor('desk', { organizationId: 'north' }), { outcome: 'booked', reason: 'telephone' })).status, 404)
    t.match(await post(town, `/v1/appointments/${id}/settle`, town.window, { outcome: 'refused', reason: '电话确认' }), { status: 200, body: { state: 'refused', reason: '电话确认' } })
    t.match((await service.get(`/fhir/Appointment/${id}`, app)).body, { status: 'cancelled' })
  })
})

t.test('a hospital that cannot be asked what it has → gets the same request again, under the same number, and books once', async (t) => {
  const town = await aTown(t, { answersQueries: false })
  const { app } = await town.patient('E100')
  const slotId = await shift(town, 'R1', ['08:00', '09:00'], 1)
  town.his.setFaults([{ kind: 'silent', rate: 1, count: 1, seed: 1 }])
  const { body: { id } } = await post(town, '/v1/appointments', app, { slotId })
  await until(town, async () => town.his.arrivals().length > 1)
  await settled(town)
  t.match(await read(town, app, id), { state: 'booked' })
  t.equal(new Set(town.his.arrivals()).size, 1, 'each time the same MSH-10')
  t.equal(town.his.arrivals().length, 2)
  t.equal(town.office.bookings().length, 1)
})

t.test('a slot of ours → is booked at once and the hospital is told; only shown slots cannot be booked', async (t) => {
  const town = await aTown(t)
  const { service, window } = town
  const { id: patientId, app } = await town.patient('E100')
  const wish = { hospitalId: 'east', department: '互联网门诊', serviceType: '图文问诊', slots: [{ start: at('08:00'), end: at('08:30'), capacity: 1 }, { start: at('08:30'), end: at('09:00'), capacity: 2 }] }
  t.equal((await post(town, '/v1/schedules', app, wish)).status, 403)
  t.equal((await post(town, '/v1/schedules', window, { ...wish, hospitalId: 'north' })).status, 404)
  t.match(await post(town, '/v1/schedules', window, { ...wish, slots: [{ start: at('09:00'), end: at('08:00') }] }), { status: 422, body: { code: 'REQUEST_INVALID' } })
  const { body: { id: scheduleId, slotIds: [first, second] } } = await post(town, '/v1/schedules', window, wish)
  t.match(await post(town, `/v1/schedules/${scheduleId}/slots`, window, { slots: [{ start: at('10:00'), end: at('10:30') }] }), { status: 201, body: { slotIds: [/./] } })
  const booked = await post(town, '/v1/appointments', app, { slotId: first })
  t.match(booked, { status: 201, body: { state: 'booked', department: '互联网门诊' } })
  await settled(town)
  t.strictSame(told(town, 'SIU^S12').map((message) => [message.get('PID-3.1'), message.get('SCH-25.1'), message.get('AIS-3.2')]), [['E100', 'Booked', '图文问诊']])
  t.match((await service.get(`/fhir/Slot/${first}`, window)).body, { status: 'busy' })
  t.match(await post(town, `/v1/appointments/${booked.body.id}/rebook`, app, { slotId: second }), { status: 200, body: { state: 'booked', start: at('08:30'), moves: 1 } })
  t.match(await post(town, `/v1/appointments/${booked.body.id}/cancel`, window, { reason: '医生停诊' }), { status: 200, body: { state: 'cancelled' } })
  await settled(town)
  t.strictSame([told(town, 'SIU^S13').length, told(town, 'SIU^S15').map((message) => message.get('SCH-6.2'))], [1, ['医生停诊']])
  t.match(await post(town, `/v1/slots/${first}/close`, window), { status: 200, body: { state: 'closed', free: 0 } })
  t.match(await post(town, '/v1/appointments', app, { slotId: first }), { status: 409, body: { code: 'SLOT_FULL' } })
  t.match(await post(town, '/v1/appointments', window, { slotId: second, patientId }), { status: 201, body: { patientId } }, 'and the desk books for who stands there')

  town.roster.write(hospitalViewNames.roster, { roster_no: 'S1', doctor_no: '5001', doctor_name: '白例山', department_code: '11', department_name: '内科', starts_at: `${day}T08:00:00`, ends_at: `${day}T12:00:00`, capacity: '3', status: 'open', updated_at: `${day}T00:00:00` })
  await service.served.parts.viewPollers.get('south')?.look()
  await service.settled()
  t.match((await service.get('/v1/slots?hospitalId=south', app)).body.items, [{ isBookable: false, free: 3 }])
  t.match(await post(town, '/v1/appointments', app, { slotId: service.served.parts.stableId('south', 'Slot', 'S1') }), { status: 422 }, 'the person has no record there')
})

t.test('a hospital with a FHIR server → shows schedule and slots, gets the proposal, and its booking is ours', async (t) => {
  const town = await aTown(t)
  const { service, north } = town
  const look = async (): Promise<void> => {
    await service.served.parts.followers.get('north')?.look()
    await settled(town)
  }
  const doctor = north.resources.write({ resourceType: 'Practitioner', identifier: [{ system: 'https://his.north.example/sid/staff', value: 'ND1' }], name: [{ text: '李' }] }).resource
  const patient = north.resources.write({ resourceType: 'Patient', identifier: [{ system: 'https://his.north.example/sid/patient', value: 'N7' }], name: [{ text: '钱例' }], gender: 'female', birthDate: '1966-06-06' }).resource
  const schedule = north.resources.write({ resourceType: 'Schedule', identifier: [{ system: 'https://his.north.example/sid/schedule', value: 'C1' }], active: true, serviceType: [{ text: '心内科' }], actor: [{ reference: `Practitioner/${doctor.id}` }] }).resource
  north.resources.write({ resourceType: 'Slot', identifier: [{ system: 'https://his.north.example/sid/slot', value: 'T1' }], schedule: { reference: `Schedule/${schedule.id}` }, status: 'free', start: at('09:00'), end: at('09:30') })
  await look()
  const patientId = service.served.parts.stableId('north', 'Patient', 'N7')
  const app = await service.tokenFor('patient', { personId: patientId })
  const [slot] = (await service.get('/v1/slots?hospitalId=north', app)).body.items
  t.match(slot, { owner: 'his', department: '心内科', practitionerId: /./, free: 1, isBookable: true })
  const { body: { id } } = await post(town, '/v1/appointments', app, { slotId: slot.id })
  await settled(town)
  const [proposed] = north.resources.all('Appointment')
  t.match(proposed, { status: 'proposed', participant: [{ actor: { identifier: { value: 'N7' } } }, {}] })
  north.resources.write({ ...proposed, resourceType: 'Appointment', status: 'booked', participant: [{ actor: { reference: `Patient/${patient.id}` }, status: 'accepted' }, { actor: { reference: `Practitioner/${doctor.id}` }, status: 'accepted' }], identifier: [{ type: { coding: [{ code: 'FILL' }] }, system: 'https://his.north.example/sid/appointment', value: 'NA1' }, ...proposed?.['identifier'] as object[]] })
  await look()
  t.match(await read(town, app, id), { state: 'booked', hospitalNumber: 'NA1' })
  t.match(await post(town, `/v1/appointments/${id}/cancel`, app, { reason: '改天' }), { status: 200, body: { state: 'cancelled' } })
  await settled(town)
  t.match(north.resources.all('Appointment'), [{ status: 'cancelled', cancelationReason: { text: '改天' } }])
  await look()
  t.strictSame((await service.get('/v1/appointments', app)).body.items.map(({ state }: { state: string }) => state), ['cancelled'], 'one appointment all along')
})

t.test('in the demo → the east shows its roster for a week, a seat is booked over its line, and the clock brings reminders, ends of holds and no-shows', async (t) => {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const { patient = '', operator = '', desk = '' } = service.credentials()
  const call = (url: string, token: string, body: unknown = {}): Promise<Answer> => service.call('POST', url, token, body, keyed())
  const advance = async (by: string): Promise<readonly { readonly job: string }[]> => (await service.post('/demo/clock', operator, { advance: by })).body.ran
  const stateOf = async (id: string): Promise<string> => (await service.get(`/v1/appointments/${id}`, patient)).body.state
  await advance('PT1S')
  const own = (await service.get('/v1/me', patient)).body.personId
  if ((await service.get(`/v1/patients/${own}`, desk)).status !== 200) {
    // Before the day is played only the hospital knows the patient: its desk reads the card.
    await service.post('/v1/identity-readings', desk, { kind: 'patient_card', value: 'E900001' })
  }
  const slots = (await service.get('/v1/slots?hospitalId=east&free=true&limit=200', patient)).body.items
  t.equal(slots.length, 8 * 3 * 2, 'three doctors, mornings and afternoons of eight days')
  const tomorrow = slots.filter(({ start }: { start: string }) => start.startsWith('2027-03-02'))
  const [morning, afternoon] = [tomorrow[0], tomorrow.find(({ start }: { start: string }) => start.includes('T14'))]
  t.match(morning, { start: '2027-03-02T08:00:00.000+08:00', capacity: 20, isBookable: true, owner: 'his' })
  const booked = await call('/v1/appointments', patient, { slotId: morning.id })
  t.match(booked, { status: 201, body: { state: 'requested' } })
  const held = await call('/v1/appointments', patient, { slotId: afternoon.id, hold: true })
  t.match(held, { status: 201, body: { state: 'held', holdUntil: '2027-03-01T07:40:01.000+08:00' } })
  await advance('PT1S')
  t.match((await service.get(`/v1/appointments/${booked.body.id}`, patient)).body, { state: 'booked', hospitalNumber: /^EB/ })
  t.ok((await advance('PT20M')).some(({ job }) => job === 'appointment-holds'))
  t.equal(await stateOf(held.body.id), 'released')
  t.match(await call(`/v1/appointments/${held.body.id}/confirm`, patient), { status: 409, body: { code: 'APPOINTMENT_HOLD_OVER' } })

  const templates = async (): Promise<readonly string[]> => (await service.served.parts.store.inReading(({ notices }) => notices.list([own], { limit: 50, offset: 0 }))).map(({ template }) => template).filter((template) => template.startsWith('appointment'))
  await advance('PT3H')
  t.strictSame([...await templates()].sort(), ['appointment_booked', 'appointment_reminder'], 'at ten on the day before')
  t.equal((await service.post('/demo/simulators/his', operator, { act: 'close_shift', key: 'D1001-2027-03-03-AM' })).status, 200)
  t.ok((await advance('P1DT4H')).some(({ job }) => job === 'appointment-ends'))
  t.equal(await stateOf(booked.body.id), 'no_show')
  t.equal((await service.get('/v1/slots?hospitalId=east&free=true&limit=200', patient)).body.items.some(({ start }: { start: string }) => start.startsWith('2027-03-09')), true, 'and the roster goes on')
})
