import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseMessage, type Hl7Message } from '../../adapters/hl7v2/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { startHisReceiver } from '../../adapters/simulators/hospital/his-receiver.ts'
import { viewDatabase } from '../../adapters/simulators/tds/database.ts'
import { createHospitalViews, hospitalViewNames } from '../../adapters/simulators/tds/hospital-views.ts'
import { startSqlServer } from '../../adapters/simulators/tds/sql-server.ts'
import { aDatabase, aSender, aService, eventually, type Answer, type Service } from './a-service.ts'

t.setTimeout(300_000)

const source = (name: string): object => ({ name, kind: 'mllp', hospital: name, port: 0, charset: name === 'east' ? 'UTF-8' : 'GB18030', mappingSite: name })
/** The demo, where the systems of the east and the north decide on what apps and desks ask, too. */
const site = {
  hospitals: [{ id: 'east', name: 'East' }, { id: 'west', name: 'West' }],
  sources: [source('east'), source('west')],
  legalBasis: 'demo: fictitious consent of fictitious patients',
  consultations: {
    hospitalAnswerMinutes: 30,
    hospitals: [{ hospital: 'east', acceptedBy: { app: 'his' } }, { hospital: 'north', acceptedBy: { desk: 'his' } }, { hospital: 'west' }]
  }
}

interface Town {
  readonly service: Service
  readonly post: (url: string, who: string, body?: unknown) => Promise<Answer>
  readonly get: (url: string, who: string) => Promise<Answer>
  readonly his: (act: string, key?: string) => Promise<void>
  readonly north: (act: string, key?: string) => Promise<void>
  /** Business time goes on, and everything has its effect. */
  readonly wait: (advance: string) => Promise<void>
}

/** The demo on its Monday at ten: the patient and the doctors of the east are known. */
async function aTown (t: Test): Promise<Town> {
  const town = townOf(await aService(t, { isDemo: true, environment: await aDatabase(t), site }))
  const { mrn, familyName, givenName, birthDate, residentId } = demoPatients.patient.person
  const sender = await aSender(t, town.service.served.parts.listeners.get('east')?.port ?? 0)
  await sender.send(['MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301073000+0800||ADT^A28^ADT_A05|J1|P|2.5.1|||||CHN|UNICODE UTF-8', 'EVN|A28|20270301073000+0800',
    `PID|1||${mrn}^^^EASTHIS^MR~${residentId ?? ''}^^^&2.16.156.10011.1.3&ISO^NI||${familyName}^${givenName}^^^^^L||${birthDate.replaceAll('-', '')}|M`, 'PV1|1|N', ''].join('\r'))
  await town.service.settled()
  const moved = await town.post('/demo/clock', 'operator', { set: '2027-03-01T10:00:00+08:00' })
  t.equal(moved.status, 200, JSON.stringify(moved.body))
  return town
}

function townOf (service: Service): Town {
  const tokens = service.credentials()
  const token = (who: string): string => tokens[who] ?? who
  const post: Town['post'] = (url, who, body = {}) => service.call('POST', url, token(who), body, { 'idempotency-key': randomUUID() })
  const acting = (simulator: string) => async (act: string, key?: string): Promise<void> => {
    const done = await post(`/demo/simulators/${simulator}`, 'operator', { act, ...key === undefined ? {} : { key } })
    if (done.status !== 200) throw new Error(`${act}: ${JSON.stringify(done.body)}`)
  }
  return {
    service, post,
    get: (url, who) => service.get(url, token(who)),
    his: acting('his'),
    north: acting('fhir'),
    wait: async (advance) => {
      const after = await post('/demo/clock', 'operator', { advance })
      if (after.status !== 200) throw new Error(JSON.stringify(after.body))
    }
  }
}

const aMoment = 'PT0.001S'

/** What the receiving side of the east has taken of one type, e.g. REF^I12. */
async function told ({ get }: Town, type: string): Promise<readonly Hl7Message[]> {
  const { items } = (await get('/demo/simulators/his', 'operator')).body as { readonly items: ReadonlyArray<{ readonly kind: string, readonly body: { readonly type: string, readonly message: string } }> }
  return items.filter(({ kind, body }) => kind === 'received' && body.type === type).map(({ body }) => parseMessage(body.message))
}

const numbersTold = async (town: Town, type: string): Promise<readonly string[]> => (await told(town, type)).map((message) => message.get('RF1-6.1') ?? '')

interface Order { readonly id: string, readonly number: string }

/** An order of the demo's patient of the doctor D1001, paid by WeChat. */
async function paidOrder (t: Test, town: Town): Promise<Order> {
  const { service, post, get } = town
  const doctorId = (await get('/v1/me', 'doctor')).body.personId as string
  const made = await post('/v1/consultations', 'patient', { kind: 'consultation', mode: 'text', complaint: '头痛两天', doctorId })
  t.equal(made.status, 201, JSON.stringify(made.body))
  const paying = await post(`/v1/consultations/${made.body.id}/pay`, 'patient', { channel: 'wechat', mode: 'qr' })
  t.equal(paying.status, 201, JSON.stringify(paying.body))
  await service.settled()
  const paid = await post('/demo/simulators/wechat', 'operator', { act: 'pay', key: paying.body.orderNumber })
  t.equal(paid.status, 200, JSON.stringify(paid.body))
  await service.settled()
  return made.body
}

const read = async ({ get }: Town, { id }: Order, who = 'patient'): Promise<Answer['body']> => (await get(`/v1/consultations/${id}`, who)).body
/** State of the order and of its request at the hospital. */
async function stands (town: Town, order: Order, who = 'patient'): Promise<readonly unknown[]> {
  const { state, his } = await read(town, order, who)
  return [state, his?.state ?? null]
}
const escrowOf = ({ service }: Town, { id }: Order) => service.served.parts.store.inReading(({ escrows }) => escrows.find(id))

const eventuallyStands = (town: Town, order: Order, wanted: string, who = 'patient'): Promise<readonly unknown[]> =>
  eventually(async () => {
    await town.service.settled()
    return await stands(town, order, who)
  }, ([state]) => state === wanted)

t.test('a request through the system of the hospital', async (t) => {
  const town = await aTown(t)
  const { post, get, his, wait } = town
  const say = (order: Order, clientId: string): Promise<Answer> => post(`/v1/consultations/${order.id}/messages`, 'patient', { clientId, kind: 'text', text: '医生您好' })

  await t.test('accepted → opens the consultation, and the visit and its end go back to the hospital [C1 C3 C11 T6 T9]', async (t) => {
    t.equal((await post('/v1/vitals', 'patient', { bloodPressure: { systolic: { value: 150, unit: 'mm[Hg]' }, diastolic: { value: 95, unit: 'mm[Hg]' } } })).status, 201)
    const order = await paidOrder(t, town)
    const begun = performance.now()
    t.strictSame(await eventuallyStands(town, order, 'in_progress'), ['in_progress', 'accepted'])
    const openedMs = performance.now() - begun
    t.ok(openedMs <= 2_000, `open ${Math.round(openedMs)} ms after it was paid [acc:TM-04]`)
    const [request] = (await told(town, 'REF^I12')).filter((message) => message.get('RF1-6.1') === order.number)
    t.strictSame(['RF1-1.1', 'RF1-6.2', 'RF1-6.3', 'RF1-10.2', 'PRD-1', 'PRD-2.1', 'PID-3.1', 'OBR-2.1', 'OBR-4.1'].map((place) => request?.get(place)), ['P', 'YIQIAO', 'urn:yiqiao:placer', '头痛两天', 'RP', '患者端', 'E900001', order.number, '85353-1'])
    t.ok(request?.segmentsNamed('OBX').some((segment) => segment.raw(3).startsWith('8480-6') && segment.raw(5) === '150'), 'with what was measured today')
    t.equal((await say(order, 'm1')).status, 201)
    t.strictSame(await stands(town, order), ['in_progress', 'connected'])
    t.equal((await post(`/v1/consultations/${order.id}/finish`, 'doctor')).status, 200)
    await wait(aMoment)
    t.strictSame(await stands(town, order), ['finished', 'closed'])
    const visit = [...await told(town, 'ADT^A04'), ...await told(town, 'ADT^A03')]
    t.strictSame(visit.map((message) => [message.get('PV1-2'), message.get('PV1-19.1'), message.get('PV1-45.1')?.slice(0, 14) ?? null]), [['V', order.number, null], ['V', order.number, '20270301100000']])
    t.match((await told(town, 'REF^I13')).at(-1)?.get('RF1-1.1'), 'A', 'and the request is done')
  })

  await t.test('kept as FHIR records, which the hospital reads [C1 C3]', async (t) => {
    t.match((await get('/fhir/ServiceRequest?category=telehealth', 'hospital')).body.entry?.[0]?.resource, { status: 'completed', reasonCode: [{ text: '头痛两天' }] })
    t.match((await get('/fhir/Encounter?class=VR', 'hospital')).body.entry?.[0]?.resource, { status: 'finished', class: { code: 'VR' } })
    t.match((await get('/fhir/Task?status=completed', 'hospital')).body.entry?.[0]?.resource, { status: 'completed', focus: { reference: /ServiceRequest/ } })
  })

  await t.test('that the hospital has, but has not decided on → opens nothing; its yes does, once however often it comes [T9] [acc:TM-04]', async (t) => {
    await his('pending')
    const order = await paidOrder(t, town)
    await wait(aMoment)
    t.strictSame(await stands(town, order), ['assigned', 'pending'], 'AA with P is no yes')
    t.match(await say(order, 'm1'), { status: 409 })
    t.match(await post(`/v1/consultations/${order.id}/accept`, 'doctor'), { status: 409, body: { code: 'CONSULTATION_AWAITS_HOSPITAL' } })
    await his('silent')
    await his('accept', order.number)
    await wait(aMoment)
    t.strictSame(await stands(town, order), ['in_progress', 'accepted'])
    const { headers } = await get(`/v1/consultations/${order.id}`, 'patient')
    await his('repeat', order.number)
    await his('pending', order.number)
    await his('refuse', order.number)
    await wait(aMoment)
    t.equal((await get(`/v1/consultations/${order.id}`, 'patient')).headers.get('etag'), headers.get('etag'), 'what comes later changes nothing')
    t.equal((await say(order, 'm2')).status, 201)
  })

  await t.test('refused → gives the money back [T9]', async (t) => {
    await his('refuse')
    const order = await paidOrder(t, town)
    await wait(aMoment)
    t.strictSame(await stands(town, order), ['refunded', 'rejected'])
    t.match(await escrowOf(town, order), { state: 'returned', returnedFen: 4_000 })
    t.strictSame((await numbersTold(town, 'REF^I14')).filter((number) => number === order.number), [], 'the hospital is not told of its own no')
    await his('expire')
    const other = await paidOrder(t, town)
    await wait(aMoment)
    t.strictSame(await stands(town, other), ['refunded', 'expired'], 'that it let it lapse is a no, too')
  })

  await t.test('that the interface takes and nobody answers → ends at the limit, and the hospital hears that it is off [T6] [acc:TM-04]', async (t) => {
    await his('silent')
    const order = await paidOrder(t, town)
    await wait('PT29M')
    t.strictSame(await stands(town, order), ['assigned', 'acked'])
    await wait('PT1M')
    t.strictSame(await stands(town, order), ['refunded', 'expired'])
    t.match(await escrowOf(town, order), { state: 'returned', returnedFen: 4_000 })
    t.ok((await numbersTold(town, 'REF^I14')).includes(order.number))
    await his('accept', order.number)
    await wait(aMoment)
    t.strictSame(await stands(town, order), ['refunded', 'expired'], 'a yes that comes too late is none')
  })

  await t.test('of a number that nobody knows → is kept and seen, and does nothing [T9]', async (t) => {
    const sender = await aSender(t, town.service.served.parts.listeners.get('east')?.port ?? 0)
    const answer = await sender.send(['MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301120000+0800||RRI^I12^RRI_I12|STRAY1|P|2.5.1|||||CHN|UNICODE UTF-8', 'MSA|AA|X', 'RF1|A^Accepted^HL70283|||||CR-20270301-9999^YIQIAO', 'PRD|RT|林^例文|||||D1001', 'PID|1||E900001^^^EASTHIS^MR||许^样例', ''].join('\r'))
    t.equal(parseMessage(answer.toString()).get('MSA-1'), 'AA')
    await town.service.settled()
    t.match((await get('/v1/ops/messages?controlId=STRAY1', 'operator')).body.items, [{ status: 'applied' }])
    t.match((await get('/fhir/Task?identifier=CR-20270301-9999', 'hospital')).body, { total: 1 })
  })
})

t.test('requests while the hospital\'s system is down', async (t) => {
  let town = await aTown(t)

  await t.test('that are still wanted → wait in their order, over a restart, and go out when it is up again [T6] [acc:TM-04]', async (t) => {
    await town.his('down', 'east-his')
    const orders = [await paidOrder(t, town), await paidOrder(t, town), await paidOrder(t, town)]
    await town.wait('PT10M')
    for (const order of orders) t.strictSame(await stands(town, order), ['assigned', 'draft'])
    town = townOf(await town.service.restarted())
    for (const order of orders) t.strictSame(await eventuallyStands(town, order, 'in_progress'), ['in_progress', 'accepted'])
    t.strictSame(await numbersTold(town, 'REF^I12'), orders.map(({ number }) => number))
  })

  await t.test('whose time runs out meanwhile → are not sent any more, and the money goes back [T6] [acc:TM-04]', async (t) => {
    await town.his('down', 'east-his')
    const late = await paidOrder(t, town)
    await town.wait('PT31M')
    t.strictSame(await stands(town, late), ['refunded', 'expired'])
    t.match(await escrowOf(town, late), { state: 'returned' })
    const next = await paidOrder(t, town)
    await town.his('up', 'east-his')
    t.strictSame(await eventuallyStands(town, next, 'in_progress'), ['in_progress', 'accepted'])
    t.strictSame([await numbersTold(town, 'REF^I12'), await numbersTold(town, 'REF^I14')].map((all) => all.includes(late.number)), [false, false])
    t.match((await town.get('/v1/ops/destinations/east-his/messages?state=skipped', 'operator')).body.items.map(({ message }: { message: string }) => message).sort(), ['REF^I12', 'REF^I14'])
  })
})

t.test('a request whose answer is lost on the way → is asked again under its own number, and decided once [T6]', async (t) => {
  const town = await aTown(t)
  t.equal((await town.post('/demo/simulators/his', 'operator', { faults: [{ kind: 'hung_up', rate: 1, count: 1, seed: 1 }] })).status, 200)
  const order = await paidOrder(t, town)
  t.strictSame(await eventuallyStands(town, order, 'in_progress'), ['in_progress', 'accepted'])
  t.strictSame(await numbersTold(town, 'REF^I12'), [order.number])
})

t.test('a request that the interface of the hospital rejects → is a no, and the money goes back [T9]', async (t) => {
  const town = await aTown(t)
  t.equal((await town.post('/demo/simulators/his', 'operator', { faults: [{ kind: 'reject', rate: 1, count: 1, seed: 1 }] })).status, 200)
  const order = await paidOrder(t, town)
  t.strictSame(await eventuallyStands(town, order, 'refunded'), ['refunded', 'rejected'])
})

t.test('a request through the FHIR server of the hospital', async (t) => {
  const town = await aTown(t)
  const { service, post, get, north, wait } = town
  await north('day')
  await wait('PT1S')
  const desk = await service.tokenFor('desk', { organizationId: 'north' })
  const doctorId = service.served.parts.stableId('north', 'Practitioner', 'B2001')
  const fees = await service.call('PUT', `/v1/doctors/${doctorId}/fees`, desk, { fees: [{ product: 'inquiry.text', priceFen: 0 }] })
  t.equal(fees.status, 200, JSON.stringify(fees.body))
  const patientId = (await get('/fhir/Patient?_count=1', desk)).body.entry[0].resource.id as string
  const asked = async (): Promise<Order> => {
    const made = await post('/v1/consultations', desk, { kind: 'inquiry', mode: 'text', complaint: '复诊问题', doctorId, patientId })
    t.equal(made.status, 201, JSON.stringify(made.body))
    return made.body
  }
  const follow = async (): Promise<void> => {
    await service.settled()
    await wait(aMoment)
    await service.settled()
  }
  await t.test('accepted there → opens it, and its server hears how it ends [C1 C3 T6 T9]', async (t) => {
    const order = await asked()
    await follow()
    t.strictSame(await stands(town, order, desk), ['in_progress', 'accepted'])
    const doctor = await service.tokenFor('doctor', { personId: doctorId, organizationId: 'north' })
    t.equal((await post(`/v1/consultations/${order.id}/finish`, doctor)).status, 200)
    await follow()
    const { items } = (await get('/demo/simulators/fhir', 'operator')).body as { readonly items: ReadonlyArray<{ readonly kind: string, readonly body: { readonly resource?: { readonly resourceType: string, readonly status: string, readonly identifier?: ReadonlyArray<{ readonly value: string }> } } }> }
    const written = items.flatMap(({ body: { resource } }) => resource?.identifier?.some(({ value }) => value === order.number) === true ? [`${resource.resourceType} ${resource.status}`] : [])
    t.strictSame(written, ['ServiceRequest active', 'Task requested', 'Task in-progress', 'Encounter in-progress', 'ServiceRequest completed', 'Task completed', 'Encounter finished'])
  })
  await t.test('pending there → opens nothing until its yes; refused → is off [T9]', async (t) => {
    await north('pending')
    const [one, two] = [await asked(), await asked()]
    await follow()
    t.strictSame([await stands(town, one, desk), await stands(town, two, desk)], [['assigned', 'pending'], ['assigned', 'pending']])
    await north('accept', one.number)
    await north('refuse', two.number)
    await follow()
    t.strictSame([await stands(town, one, desk), await stands(town, two, desk)], [['in_progress', 'accepted'], ['refunded', 'rejected']])
  })
})

t.test('a request that the hospital answers in a table of its own → is decided by the row of its view [T9]', async (t) => {
  const clock = { now: () => new Date() }
  const his = await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 0 })
  const tables = viewDatabase()
  createHospitalViews(tables)
  const views = await startSqlServer({ host: '127.0.0.1', port: 0, database: tables, user: 'reader', password: 'secret', tls: null })
  const folder = await mkdtemp(path.join(tmpdir(), 'yiqiao-requests-'))
  const passwordFile = path.join(folder, 'password')
  await writeFile(passwordFile, 'secret')
  t.teardown(async () => { await Promise.all([his.close(), views.close(), rm(folder, { recursive: true })]) })
  const service = await aService(t, { environment: await aDatabase(t), site: {
    hospitals: [{ id: 'east', name: 'East' }],
    sources: [
      { name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' },
      { name: 'east-tables', kind: 'views', hospital: 'east', host: '127.0.0.1', port: views.port, database: 'HIS', user: 'reader', passwordFile, encrypt: false, views: { requests: hospitalViewNames.requests }, pollMs: 3_600_000 }
    ],
    destinations: [{ name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: his.port, facility: 'EAST', mappingSite: 'east', sends: [{ resource: 'ServiceRequest', message: 'REF^I12', when: 'asked' }] }],
    consultations: { hospitals: [{ hospital: 'east', acceptedBy: { desk: 'his' } }] },
    timers: { monitorEveryMs: 3_600_000 }
  } })
  const sender = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  const head = (type: string): string => `MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301073000+0800||${type}|${randomUUID()}|P|2.5.1|||||CHN|UNICODE UTF-8`
  await sender.send([head('ADT^A28^ADT_A05'), 'EVN|A28|20270301073000+0800', 'PID|1||E1^^^EASTHIS^MR||许^样例^^^^^L||19900315|M', 'PV1|1|N', ''].join('\r'))
  await sender.send([head('MFN^M02'), 'MFI|PRA^^HL70175||UPD|||NE', 'MFE|MAD|D1001||D1001', 'STF|D1001||林^例文||F||A|0101^内科', 'PRA|D1001', ''].join('\r'))
  await service.settled()
  const { stableId } = service.served.parts
  const desk = await service.tokenFor('desk', { organizationId: 'east' })
  const doctorId = stableId('east', 'Practitioner', 'D1001')
  t.equal((await service.call('PUT', `/v1/doctors/${doctorId}/fees`, desk, { fees: [{ product: 'inquiry.text', priceFen: 0 }] })).status, 200)
  const made = await service.call('POST', '/v1/consultations', desk, { kind: 'inquiry', mode: 'text', complaint: '复诊问题', doctorId, patientId: stableId('east', 'Patient', 'E1') }, { 'idempotency-key': randomUUID() })
  t.equal(made.status, 201, JSON.stringify(made.body))
  await service.settled()
  const now = async (): Promise<readonly unknown[]> => {
    const { state, his: way } = (await service.get(`/v1/consultations/${made.body.id}`, desk)).body
    return [state, way?.state]
  }
  t.strictSame(await now(), ['assigned', 'acked'])
  for (const [status, second, wanted] of [['pending', 10, ['assigned', 'pending']], ['accepted', 20, ['in_progress', 'accepted']]] as const) {
    const at = new Date(Date.now() + second * 1_000 + 8 * 3_600_000).toISOString().slice(0, 19)
    tables.write(hospitalViewNames.requests, { request_no: made.body.number, patient_no: 'E1', status, reason: null, doctor_no: 'D1001', doctor_name: '林例文', updated_at: at })
    await service.served.parts.viewPollers.get('east-tables')?.look()
    await service.settled()
    t.strictSame(await now(), wanted)
  }
})
