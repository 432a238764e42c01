import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { parseMessage, type Hl7Message } from '../../adapters/hl7v2/index.ts'
import { startFhirServer, type FhirServer } from '../../adapters/simulators/fhir-server/server.ts'
import { startHisReceiver, type HisReceiver, type ReceiverFaultKind } from '../../adapters/simulators/hospital/his-receiver.ts'
import { fictitiousResidentId } from '../../adapters/simulators/hospital/resident-id.ts'
import { redisPrefixOf } from '../../app/compose/outbox.ts'
import type { Resource } from '../../core/records/index.ts'
import { aDatabase, aSender, aService, type Answer, type Service, type Sender } from './a-service.ts'
import { anApp, logIn, phones, type Phones } from './an-app.ts'

t.setTimeout(120_000)

const clock = { now: () => new Date() }

interface Town extends Phones {
  readonly service: Service
  /** What the HIS of the hospital east takes, and what it sends. */
  readonly his: HisReceiver
  readonly east: Sender
  /** The server of the hospital north. */
  readonly north: FhirServer
  readonly operator: string
}

async function aTown (t: Test, environment?: Readonly<Record<string, string>>): Promise<Town> {
  const [his, north, sms] = [
    await startHisReceiver({ hospital: 'east', host: '127.0.0.1', port: 0, tls: null, clock, slowMs: 0 }),
    await startFhirServer({ host: '127.0.0.1', port: 0, clock, wallClock: clock, ids: { next: randomUUID } }),
    await phones(t)
  ]
  t.teardown(async () => { await Promise.all([his.close(), north.close()]) })
  const service = await aService(t, { ...(environment === undefined ? {} : { environment }), site: {
    hospitals: [{ id: 'east', name: 'East' }, { id: 'north', name: 'North' }],
    sources: [
      { name: 'east', kind: 'mllp', hospital: 'east', port: 0, mappingSite: 'east' },
      { name: 'north', kind: 'fhir', hospital: 'north', url: north.url, mappingSite: 'north', pollMs: 3_600_000 }
    ],
    destinations: [
      { name: 'east-his', kind: 'mllp', hospital: 'east', host: '127.0.0.1', port: his.port, facility: 'EAST', mappingSite: 'east', ackTimeoutMs: 500, sends: [
        { resource: 'Patient', message: 'ADT^A31' }, { resource: 'Appointment', message: 'SIU^S12' }, { resource: 'ServiceRequest', message: 'REF^I12' },
        { resource: 'DiagnosticReport', message: 'ORU^R01' }, { resource: 'DocumentReference', message: 'MDM^T02' }, { resource: 'MedicationRequest', message: 'RDE^O11' },
        { resource: 'ChargeItem', message: 'DFT^P03' }
      ] },
      { name: 'north-his', kind: 'fhir', hospital: 'north', url: north.url, mappingSite: 'north', sends: [{ resource: 'Patient' }, { resource: 'Appointment' }, { resource: 'ServiceRequest' }] }
    ],
    sms: sms.sms,
    alerts: { smsTo: ['+86-000-on-call'] },
    timers: { monitorEveryMs: 3_600_000 }
  } })
  return { ...sms, service, his, north, east: await aSender(t, portOf(service)), operator: await service.tokenFor('operator') }
}

const portOf = ({ served }: Service): number => served.parts.listeners.get('east')?.port ?? 0
const told = ({ his }: Pick<Town, 'his'>): readonly Hl7Message[] => his.items(null).map(({ body }) => parseMessage(String(body['message'])))
const types = (town: Pick<Town, 'his'>): readonly string[] => told(town).map((message) => `${message.get('MSH-9.1') ?? ''}^${message.get('MSH-9.2') ?? ''}`)

const residentId = fictitiousResidentId('1990-03-15', 481, 'male')
const residentIdOid = '2.16.156.10011.1.3'
const fromHis = (type: string, ...segments: string[]): string =>
  [`MSH|^~\\&|EASTHIS|EAST|YIQIAO|EAST|20270301090000+0800||${type}|${randomUUID()}|P|2.5.1|||||CHN|UNICODE UTF-8`, ...segments, ''].join('\r')
const pid = (number: string, { name = '许^样例', born = '19900315', phone = '000-0000-0481', resident = '' } = {}): string =>
  `PID|1||${number}^^^EASTHIS^MR${resident === '' ? '' : `~${resident}^^^&${residentIdOid}&ISO^NI`}||${name}^^^^^L||${born}|M|||示范路1号^^无名市^无名省^000000^CHN^H||^PRN^CP^^^^${phone}`

/** Xu is known to both hospitals by the resident id; the child has a record in the east. */
async function aFamily ({ service, east, north }: Town): Promise<{ readonly xuInNorth: string }> {
  await east.send(fromHis('ADT^A04^ADT_A01', 'EVN|A04|20270301090000+0800', pid('E1', { resident: residentId }), `PV1|1|O|0101^1^^EAST${'|'.repeat(16)}VE1^^^EASTHIS^VN`))
  await east.send(fromHis('ADT^A28^ADT_A05', 'EVN|A28|20270301090000+0800', pid('E2', { name: '许^小例', born: '20190601', phone: '000-0000-0483' }), 'PV1|1|N'))
  const sid = 'https://his.north.example/sid/'
  const kind = (code: string): object => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] })
  const { resource } = north.resources.write({
    resourceType: 'Patient', identifier: [{ type: kind('MR'), system: `${sid}patient`, value: 'N1' }, { type: kind('NI'), system: `${sid}resident-id`, value: residentId }],
    name: [{ use: 'official', family: '许', given: ['样例'] }], gender: 'male', birthDate: '1990-03-15', telecom: [{ system: 'phone', use: 'mobile', value: '000-0000-0481' }]
  })
  await service.served.parts.followers.get('north')?.look()
  await service.settled()
  return { xuInNorth: resource.id }
}

async function profile ({ service }: Town, token: string, url: string, edit: unknown): Promise<Answer> {
  const read = await service.get(url, token)
  return service.call('PATCH', url, token, edit, { 'if-match': read.headers.get('etag') ?? '' })
}

t.test('a patient edits the own profile → each hospital that knows the person hears of it once, in its own way [M16]', async (t) => {
  const town = await aTown(t)
  const { service, north } = town
  const { xuInNorth } = await aFamily(town)
  t.strictSame([types(town), north.items(null)], [[], []], 'what the hospitals said is not told back to them')

  const xu = await logIn(service, town, '000-0000-0481')
  t.equal(xu.personId, null)
  const bound = await service.post('/v1/me/bindings', xu.accessToken, { documentNumber: residentId, name: '许样例' })
  t.equal(bound.status, 200)
  const read = (await service.get('/v1/me/profile', xu.accessToken)).body
  t.match(read, { personId: bound.body.personId, name: '许样例', phones: ['000-0000-0481'] })
  t.strictSame(read.records.map(({ hospitalId }: { hospitalId: string }) => hospitalId).sort(), ['east', 'north'])

  const edited = await profile(town, xu.accessToken, '/v1/me/profile', { phones: ['000-0000-0777'], address: { line: '新路7号', city: '无名市' } })
  t.match(edited, { status: 200, body: { phones: ['000-0000-0777'], address: { line: '新路7号', city: '无名市' } } })
  await service.settled()
  t.strictSame(types(town), ['ADT^A31'])
  const [toEast] = told(town)
  t.strictSame(['PID-3.1', 'PID-13.1', 'PID-11.1', 'PID-11.3', 'PID-5.1'].map((place) => toEast?.get(place)), ['E1', '000-0000-0777', '新路7号', '无名市', '许'])
  const inNorth = (): Record<string, unknown> => ({ ...north.resources.current('Patient', xuInNorth) })
  t.match(inNorth(), { telecom: [{ system: 'phone', value: '000-0000-0777' }], address: [{ line: ['新路7号'] }], birthDate: '1990-03-15' })
  t.equal(north.resources.all('Patient').length, 1, 'its own record is changed, none is made besides')

  t.test('the same again → is told to nobody', async (t) => {
    t.equal((await profile(town, xu.accessToken, '/v1/me/profile', { phones: ['000-0000-0777'] })).status, 200)
    await service.settled()
    t.strictSame([types(town).length, north.items(null).length], [1, 1])
  })
  t.test('what comes back from the hospitals → changes nothing and goes nowhere', async (t) => {
    await service.served.parts.followers.get('north')?.look()
    await town.east.send(fromHis('ADT^A31^ADT_A05', 'EVN|A31|20270301093000+0800', pid('E1', { resident: residentId, phone: '000-0000-0777' }), 'PV1|1|N'))
    await service.settled()
    t.strictSame([types(town).length, north.items(null).length], [1, 1])
    t.match((await service.get('/v1/me/profile', xu.accessToken)).body, { phones: ['000-0000-0777'] })
  })
  t.test('name, sex, birth date and papers → are refused, and nothing goes out', async (t) => {
    for (const fact of [{ name: '别人' }, { sex: 'female' }, { birthDate: '1990-03-16' }, { documents: [] }]) {
      const refused = await profile(town, xu.accessToken, '/v1/me/profile', { ...fact, phones: ['000-0000-0778'] })
      t.match(refused, { status: 422, body: { code: 'PROFILE_FACT_FIXED' } })
    }
    await service.settled()
    t.strictSame([types(town).length, north.items(null).length], [1, 1])
  })
  t.test('a guardian → edits the ward\'s, which only the hospital of the ward hears', async (t) => {
    const desk = await service.tokenFor('desk', { organizationId: 'east' })
    const wardId = (await service.get('/fhir/Patient?identifier=E2', desk)).body.entry[0].resource.id
    const xuInEast = (await service.get('/fhir/Patient?identifier=E1', desk)).body.entry[0].resource.id
    t.equal((await service.get(`/v1/patients/${wardId}/profile`, xu.accessToken)).status, 404, 'not before the desk has seen the papers')
    t.equal((await service.post(`/v1/patients/${wardId}/guardians`, desk, { guardianId: xuInEast, relation: 'father' })).status, 201)
    t.match(await profile(town, xu.accessToken, `/v1/patients/${wardId}/profile`, { phones: ['000-0000-0778'] }), { status: 200, body: { phones: ['000-0000-0778'] } })
    await service.settled()
    t.strictSame(types(town), ['ADT^A31', 'ADT^A31'])
    t.strictSame(['PID-3.1', 'PID-13.1'].map((place) => told(town).at(-1)?.get(place)), ['E2', '000-0000-0778'])
    t.equal(north.items(null).length, 1)
  })
})

const coding = (code: string, text: string): object => ({ coding: [{ system: 'urn:example:codes', code, display: text }], text })

t.test('what an app orders and finds → reaches the HIS once each, as its own kind of message [K-12]', async (t) => {
  const town = await aTown(t)
  const { service, north, east } = town
  await aFamily(town)
  const app = await anApp(service)
  const find = async (identifier: string): Promise<string> => `Patient/${(await service.get(`/fhir/Patient?identifier=${identifier}`, app)).body.entry[0].resource.id}`
  const subject = { reference: await find('E1') }
  const post = async (resource: Resource): Promise<Answer['body']> => {
    const answer = await service.post(`/fhir/${resource.resourceType}`, app, resource)
    t.equal(answer.status, 201, `${resource.resourceType} is taken ${answer.status === 201 ? '' : JSON.stringify(answer.body)}`)
    return answer.body
  }
  const appointment = { resourceType: 'Appointment', status: 'booked', start: '2027-03-02T01:00:00Z', end: '2027-03-02T01:30:00Z', participant: [{ actor: subject, status: 'accepted' }] }
  const booked = await post(appointment)
  const referral = await post({ resourceType: 'ServiceRequest', status: 'active', intent: 'order', code: coding('REF', '转诊'), subject })
  const sugar = await post({ resourceType: 'Observation', status: 'final', code: coding('GLU', '血糖'), subject, valueQuantity: { value: 5.6, unit: 'mmol/L' } })
  await post({ resourceType: 'DiagnosticReport', status: 'final', code: coding('LAB', '血糖'), subject, effectiveDateTime: '2027-03-01T09:00:00+08:00', issued: '2027-03-01T09:30:00+08:00', result: [{ reference: `Observation/${sugar.id}` }] })
  await post({ resourceType: 'DocumentReference', status: 'current', type: coding('NOTE', '病历'), subject, content: [{ attachment: { contentType: 'text/plain', data: Buffer.from('咨询记录').toString('base64') } }] })
  await post({ resourceType: 'MedicationRequest', status: 'active', intent: 'order', medicationCodeableConcept: coding('D1', '示例药'), subject, dosageInstruction: [{ text: '一日三次', doseAndRate: [{ doseQuantity: { value: 1, unit: '片' } }] }], dispenseRequest: { quantity: { value: 1, unit: '盒' } } })
  await post({ resourceType: 'ChargeItem', status: 'billable', identifier: [{ value: 'A-7' }], code: coding('C1', '咨询费'), subject, occurrenceDateTime: '2027-03-01', priceOverride: { value: 30, currency: 'CNY' } })
  await service.settled()
  t.strictSame(types(town), ['SIU^S12', 'REF^I12', 'ORU^R01', 'MDM^T02', 'RDE^O11', 'DFT^P03'])
  t.strictSame(told(town).map((message) => message.get('PID-3.1')), Array.from({ length: 6 }, () => 'E1'))
  t.strictSame(told(town).map((message) => message.get('OBX-5.1') ?? message.get('FT1-11.1') ?? message.get('RXE-2.1') ?? ''), ['', '', '5.6', '咨询记录', 'D1', '30.00'])
  t.equal(north.items(null).length, 0, 'another hospital hears nothing of it')

  t.test('posted again → nothing more', async (t) => {
    t.equal((await service.post('/fhir/Appointment', app, { ...appointment, identifier: booked.identifier })).status, 200)
    await service.settled()
    t.equal(types(town).length, 6)
  })

  const numberIn = (segment: string, field: number, type: string): string => told(town).filter((message) => message.get('MSH-9.1') === type).at(-1)?.segmentsNamed(segment)[0]?.raw(field) ?? ''
  const requests = async (): Promise<Answer['body']> => (await service.get(`/fhir/ServiceRequest?patient=${subject.reference}&_sort=_id`, app)).body
  t.test('the HIS answers the referral → its answer stands with the request, which stays one', async (t) => {
    await east.send(fromHis('RRI^I12^RRI_I12', 'MSA|AA|X', `RF1|A^Accepted^HL70283|||||${numberIn('RF1', 6, 'REF')}|||||ZZ77^EASTHIS`, 'PRD|RT^Referred to Provider^HL70286|Doctor^Example', pid('E1', { resident: residentId })))
    await service.settled()
    t.strictSame((await requests()).entry.map(({ resource }: { resource: { id: string } }) => resource.id), [referral.id])
    const tasks = (await service.get(`/fhir/Task?patient=${subject.reference}`, app)).body
    t.match(tasks.entry[0].resource, { status: 'accepted', focus: { reference: `ServiceRequest/${referral.id}` } })
  })
  t.test('the HIS answers an order by ORM → it lands on the order', async (t) => {
    const order = await post({ resourceType: 'ServiceRequest', status: 'active', intent: 'order', code: coding('CBC', '血常规'), subject })
    await service.settled()
    const number = numberIn('RF1', 6, 'REF')
    await east.send(fromHis('ORM^O01^ORM_O01', pid('E1', { resident: residentId }), `ORC|SC|${number}|L88^EASTLIS||CM`, `OBR|1|${number}|L88^EASTLIS|CBC^血常规^EASTLAB`))
    await service.settled()
    const now = (await service.get(`/fhir/ServiceRequest/${order.id}`, app)).body
    t.match(now, { status: 'completed' })
    t.ok(now.identifier.some(({ value }: { value: string }) => value === 'L88'))
    t.equal((await requests()).total, 2)
  })
  t.test('the HIS gives the appointment a number of its own → it is the same appointment', async (t) => {
    await east.send(fromHis('SIU^S14^SIU_S12', `SCH|${numberIn('SCH', 1, 'SIU')}|FA9^EASTHIS|||||||30|min|^^30^20270302093000+0800^20270302100000+0800`, pid('E1', { resident: residentId }), 'RGS|1'))
    await service.settled()
    const all = (await service.get(`/fhir/Appointment?patient=${subject.reference}`, app)).body
    t.strictSame(all.entry.map(({ resource }: { resource: { id: string, start: string } }) => [resource.id, Date.parse(resource.start)]), [[booked.id, Date.parse('2027-03-02T01:30:00Z')]])
  })
  t.test('none of its answers → is told back to it', async (t) => {
    t.strictSame(types(town).filter((type) => type !== 'REF^I12').length, 5)
    t.equal(types(town).length, 7)
  })
})

const faultOf = (kind: ReceiverFaultKind, count: number | null = 1): Parameters<HisReceiver['setFaults']>[0] => [{ kind, rate: 1, count, seed: 1 }]
const controlIds = (his: HisReceiver): readonly string[] => his.items(null).map(({ key }) => key)

for (const engine of process.env['TEST_REDIS_URL'] === undefined ? ['in the process'] as const : ['in the process', 'on Redis'] as const) {
  t.test(`whatever happens on the way to the HIS, with the outbox ${engine} → each message arrives once, in order [K-12]`, async (t) => {
    const town = await aTown(t, engine === 'on Redis' ? await aRedis(t) : undefined)
    const { his, operator } = town
    let { service } = town
    if (engine === 'on Redis') t.teardown(() => forgetRedis(service))
    await aFamily(town)
    const app = await anApp(service)
    const subject = { reference: `Patient/${(await service.get('/fhir/Patient?identifier=E1', app)).body.entry[0].resource.id}` }
    let sent = 0
    const charge = async (): Promise<string> => {
      const { status, body } = await service.post('/fhir/ChargeItem', app, {
        resourceType: 'ChargeItem', status: 'billable', identifier: [{ value: `A-${sent += 1}` }], code: coding('C1', '咨询费'), subject, occurrenceDateTime: '2027-03-01', priceOverride: { value: sent, currency: 'CNY' }
      })
      t.equal(status, 201)
      return body.id
    }
    const numbers = (): readonly string[] => told(town).map((message) => message.get('FT1-2.1') ?? '')
    const all = (): readonly string[] => Array.from({ length: sent }, (_, place) => `A-${place + 1}`)
    const messages = async (query = ''): Promise<Answer['body']> => (await service.get(`/v1/ops/destinations/east-his/messages${query}`, operator)).body.items

    for (const [kind, copies] of [['ack_split', 1], ['wrong_msa', 1], ['silent', 2], ['hung_up', 2]] as const) {
      const before = his.arrivals().length
      his.setFaults(faultOf(kind))
      await charge()
      await charge()
      await his.holds(sent)
      await service.settled()
      t.strictSame(numbers(), all(), kind)
      const came = his.arrivals().slice(before)
      t.ok(came.filter((id) => id === came[0]).length >= copies, `${kind}: the same MSH-10 comes ${copies} times`)
      t.strictSame([...new Set(came)], controlIds(his).slice(-2), `${kind}: and no other`)
    }
    t.equal((await messages('?state=sent')).length, sent)

    t.test('the HIS goes down and comes up again → what waited goes on by itself, in order', async (t) => {
      await his.setUp(false)
      for (let count = 0; count < 3; count += 1) await charge()
      await service.settled()
      const [state] = (await service.get('/v1/ops/destinations', operator)).body.items
      t.match(state, { name: 'east-his', status: { state: 'down', code: 'OUTSIDE_DOWN' }, waiting: 3, dead: 0 })
      await his.setUp(true)
      await his.holds(sent)
      await service.settled()
      t.strictSame(numbers(), all())
    })

    t.test('the service ends while the HIS has a message and has not answered → after the restart it comes again as it was, once for the HIS', async (t) => {
      const before = his.arrivals().length
      his.setFaults(faultOf('silent'))
      await charge()
      await charge()
      await his.holds(sent - 1)
      service = await service.restarted()
      await his.holds(sent)
      await service.settled()
      const came = his.arrivals().slice(before)
      t.ok(came.filter((id) => id === came[0]).length >= 2)
      t.strictSame([...new Set(came)], controlIds(his).slice(-2))
      t.strictSame(numbers(), all())
    })

    t.test('the HIS rejects a message → it stands still for an operator, told once, and does not hold up the next', async (t) => {
      const texts = (): readonly string[] => town.gateway.items(null).map(({ body }) => `${String(body['templateId'])} ${String((body['params'] as { alert?: string }).alert)}`)
      his.setFaults(faultOf('reject', 2))
      for (let count = 0; count < 3; count += 1) await charge()
      await service.settled()
      t.strictSame(numbers(), all().filter((_, place) => place < sent - 3 || place === sent - 1))
      const dead = await messages('?state=dead')
      t.match(dead, [{ failure: { code: 'OUTSIDE_REFUSED' }, answerCode: 'AR' }, { failure: { code: 'OUTSIDE_REFUSED' } }])
      for (let looks = 0; looks < 2; looks += 1) await service.served.parts.operations.monitor.look()
      await service.settled()
      t.strictSame(texts().filter((text) => text.includes('outbox-dead')), ['ALERT_OPENED outbox-dead'])

      const [later, earlier] = dead
      t.match((await service.get(`/v1/ops/destinations/east-his/messages/${earlier.id}`, operator)).body, { text: /FT1\|1\|A-/, answer: { code: 'AR', verdict: 'rejected' }, timeline: [{ what: 'written' }, { what: 'composed' }, { what: 'answered' }, { what: 'failed' }] })
      t.match(await service.post(`/v1/ops/destinations/east-his/messages/${later.id}/skip`, operator, { reason: 'entered by hand' }), { status: 200, body: { state: 'skipped' } })
      t.equal((await service.post(`/v1/ops/destinations/east-his/messages/${earlier.id}/resend`, operator, { anew: true })).status, 200)
      await service.settled()
      t.strictSame(numbers().at(-1), `A-${sent - 2}`, 'the one that was sent anew')
      t.equal(new Set(controlIds(his)).size, numbers().length, 'under a control id of its own')
      t.equal((await messages('?state=dead')).length, 0)
      await service.served.parts.operations.monitor.look()
      await service.settled()
      t.strictSame(texts().filter((text) => text.includes('outbox-dead')), ['ALERT_OPENED outbox-dead', 'ALERT_CLOSED outbox-dead'])
    })

    t.test('an operator pauses the destination → what is to go there waits, the others go on, and it goes on where it stood', async (t) => {
      const before = numbers().length
      t.match(await service.post('/v1/ops/queues/destination:east-his/pause', operator, { reason: 'the HIS is serviced' }), { status: 200, body: { paused: true } })
      await charge()
      await charge()
      await service.settled()
      t.equal(numbers().length, before)
      t.match((await service.get('/v1/ops/destinations', operator)).body.items, [{ status: { state: 'paused' }, waiting: 2 }, { name: 'north-his', waiting: 0 }])
      t.match(await service.post('/v1/ops/queues/destination:east-his/resume', operator, {}), { status: 200, body: { paused: false } })
      await service.settled()
      t.strictSame(numbers().slice(before), all().slice(-2))
    })
  })
}

async function aRedis (t: Test): Promise<Readonly<Record<string, string>>> {
  return { ...await aDatabase(t), REDIS_URL: process.env['TEST_REDIS_URL'] ?? '' }
}

async function forgetRedis ({ served }: Service): Promise<void> {
  const redis = new Redis(process.env['TEST_REDIS_URL'] ?? '')
  const keys = await redis.keys(`${redisPrefixOf(served.parts.stableId)}:*`)
  if (keys.length > 0) await redis.del(...keys)
  await redis.quit()
}
