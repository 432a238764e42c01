import { randomUUID } from 'node:crypto'
import { chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { aDatabase, aSender, aService, eventually, type Answer, type Service } from './a-service.ts'

t.setTimeout(300_000)

interface Item { readonly at: string, readonly kind: string, readonly key: string, readonly body: Record<string, unknown> }

interface Town {
  readonly service: Service
  readonly post: (url: string, who: string, body?: unknown) => Promise<Answer>
  readonly get: (url: string, who: string) => Promise<Answer>
  readonly put: (url: string, who: string, body: unknown) => Promise<Answer>
  readonly doctorId: (who: string) => Promise<string>
  /** An order of the demo's patient, as it stands after a change. */
  readonly order: (wanted: object, who?: string) => Promise<Answer['body']>
  /** What the hospital's own system sends. */
  readonly tell: (type: string, ...segments: readonly string[]) => Promise<void>
  /** By WeChat, to the end. */
  readonly pay: (id: string) => Promise<void>
  readonly stateOf: (id: string) => Promise<string>
  /** Business time goes on. */
  readonly wait: (advance: string) => Promise<void>
  readonly pushed: () => Promise<readonly string[]>
  readonly escrow: (id: string) => Promise<{ readonly state: string, readonly heldFen: number } | null>
  readonly wallet: (id: string) => Promise<number>
}

const { mrn, familyName, givenName, birthDate, residentId } = demoPatients.patient.person
const pid = `PID|1||${mrn}^^^EAST-HIS^MR~${residentId ?? ''}^^^&2.16.156.10011.1.3&ISO^NI||${familyName}^${givenName}^^^^^L||${birthDate.replaceAll('-', '')}|M`

/** The demo on its Monday morning at ten: the doctors of the east are on duty, and the patient is known there. */
async function aTown (t: Test): Promise<Town> {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const tokens = service.credentials()
  const token = (who: string): string => tokens[who] ?? who
  const key = () => ({ 'idempotency-key': randomUUID() })
  const post: Town['post'] = (url, who, body = {}) => service.call('POST', url, token(who), body, key())
  const get: Town['get'] = (url, who) => service.get(url, token(who))
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  let count = 0
  const tell: Town['tell'] = async (type, ...segments) => {
    const ack = await hospital.send([`MSH|^~\\&|EAST-HIS|EAST|YIQIAO|EAST|20270301073000+0800||${type}|J${++count}|P|2.5.1|||||CHN|UNICODE UTF-8`, ...segments, ''].join('\r'))
    t.equal(parseMessage(ack.toString('utf8')).get('MSA-1'), 'AA')
    await service.settled()
  }
  await tell('ADT^A28^ADT_A05', 'EVN|A28|20270301073000+0800', pid, 'PV1|1|N')
  const moved = await post('/demo/clock', 'operator', { set: '2027-03-01T10:00:00+08:00' })
  t.equal(moved.status, 200)
  return {
    service, post, get, tell,
    put: (url, who, body) => service.call('PUT', url, token(who), body),
    doctorId: async (who) => (await get('/v1/me', who)).body.personId as string,
    order: async (wanted, who = 'patient') => {
      const made = await post('/v1/consultations', who, { kind: 'consultation', mode: 'text', complaint: '咳嗽三天', ...wanted })
      t.equal(made.status, 201, JSON.stringify(made.body))
      return made.body
    },
    pay: async (id) => {
      const paying = await post(`/v1/consultations/${id}/pay`, 'patient', { channel: 'wechat', mode: 'qr' })
      t.equal(paying.status, 201, JSON.stringify(paying.body))
      await service.settled()
      const done = await post('/demo/simulators/wechat', 'operator', { act: 'pay', key: paying.body.orderNumber })
      t.equal(done.status, 200, JSON.stringify(done.body))
      await service.settled()
    },
    stateOf: async (id) => (await get(`/v1/consultations/${id}`, 'patient')).body.state as string,
    wait: async (advance) => {
      const after = await post('/demo/clock', 'operator', { advance })
      t.equal(after.status, 200, JSON.stringify(after.body))
      t.strictSame((after.body.ran as ReadonlyArray<{ readonly job: string, readonly status: string }>).filter(({ status }) => status !== 'done'), [])
      await service.settled()
    },
    pushed: async () => {
      await service.settled()
      return ((await get('/demo/simulators/push', 'operator')).body.items as readonly Item[]).map(({ body }) => String(body['title']))
    },
    escrow: async (id) => {
      const { status, body } = await get(`/v1/escrows/${id}`, 'finance')
      return status === 404 ? null : { state: body.state, heldFen: body.heldFen }
    },
    wallet: async (id) => (await get(`/v1/wallets/${encodeURIComponent(id)}`, 'finance')).body.availableFen as number
  }
}

t.test('a consultation in writing of a named doctor', async (t) => {
  const town = await aTown(t)
  const { post, get, order, pay, stateOf, wait, pushed } = town
  const doctorId = await town.doctorId('doctor')
  await post('/v1/me/devices', 'doctor', { token: 'phone-of-the-doctor', platform: 'android' })
  const { id, number, priceFen, state, payment } = await order({ doctorId })
  t.match(number, /^CR-20270301-\d{4}$/)
  t.strictSame([priceFen, state, payment], [4_000, 'created', 'unpaid'], 'the doctor\'s preset price is fixed with the order')
  t.equal((await get(`/v1/consultations/${id}`, 'doctor')).status, 404, 'nobody sees it before it is paid and assigned')

  await t.test('paid → it lies in escrow, the doctor has it at once and hears of it with the payment [C1 C2 C3 C4 C5 C6 C15]', async (t) => {
    await pay(id)
    t.equal(await stateOf(id), 'assigned')
    t.strictSame(await town.escrow(id), { state: 'held', heldFen: 4_000 })
    t.strictSame((await get('/v1/consultations', 'doctor')).body.items.map((one: { id: string, payment: string, complaint: string }) => [one.id, one.payment, one.complaint]), [[id, 'paid', '咳嗽三天']])
    t.ok((await pushed()).includes('新订单'))
    const told = (await get('/v1/me/notices', 'doctor')).body.items
    t.match(told, [{ template: 'order_assigned', patientId: null, text: new RegExp(`${number}.*40\\.00元已支付`) }])
    t.notMatch(JSON.stringify(told), /咳嗽/)
  })

  await t.test('accepted → doctor and patient write, and each hears of the other once until it reads [C8 C15]', async (t) => {
    t.equal((await post(`/v1/consultations/${id}/messages`, 'patient', { clientId: 'm0', kind: 'text', text: '医生您好' })).status, 409, 'not before')
    t.equal((await post(`/v1/consultations/${id}/accept`, 'doctor2')).status, 404)
    t.equal((await post(`/v1/consultations/${id}/accept`, 'doctor')).body.state, 'in_progress')
    for (const text of ['医生您好', '在吗？']) t.equal((await post(`/v1/consultations/${id}/messages`, 'patient', { clientId: text, kind: 'text', text })).status, 201)
    t.equal((await post(`/v1/consultations/${id}/messages`, 'doctor', { clientId: 'd1', kind: 'text', text: '请说说您的情况。' })).status, 201)
    t.equal((await pushed()).filter((title) => title === '新消息').length, 1)
    const said = (await get(`/v1/consultations/${id}/messages`, 'patient')).body.items.map((one: { kind: string, text: string }) => one.text)
    t.strictSame(said, ['consultation_accepted', '医生您好', '在吗？', '请说说您的情况。'])
    t.strictSame((await get('/v1/me/notices', 'patient')).body.items.map((one: { template: string }) => one.template).sort(), ['consultation_accepted', 'consultation_message'])
  })

  await t.test('with an ETag the app asks again at no cost, and an urge goes out at most once in ten minutes [C6 C9]', async (t) => {
    const { headers } = await get(`/v1/consultations/${id}`, 'patient')
    const again = await town.service.call('GET', `/v1/consultations/${id}`, town.service.credentials()['patient'], undefined, { 'if-none-match': headers.get('etag') ?? '' })
    t.equal(again.status, 304)
    t.equal((await post(`/v1/consultations/${id}/urge`, 'patient')).status, 201)
    const second = await post(`/v1/consultations/${id}/urge`, 'patient')
    t.strictSame([second.status, second.body.code], [409, 'CONSULTATION_URGED_LATELY'])
    t.equal((await pushed()).filter((title) => title === '催单提醒').length, 1)
    await wait('PT10M')
    t.equal((await post(`/v1/consultations/${id}/urge`, 'patient')).status, 201)
    t.strictSame((await get(`/v1/consultations/${id}/aftersales`, 'patient')).body.items.map((one: { type: string, state: string }) => [one.type, one.state]), [['urge', 'done'], ['urge', 'done']])
  })

  await t.test('done, and nobody objects for 72 hours → the fee is the doctor\'s [C10]', async (t) => {
    t.equal((await post(`/v1/consultations/${id}/finish`, 'doctor')).body.state, 'finished')
    t.equal((await post(`/v1/consultations/${id}/messages`, 'patient', { clientId: 'late', kind: 'text', text: '还有一个问题' })).status, 409)
    await wait('PT71H59M')
    t.equal(await stateOf(id), 'finished')
    await wait('PT1M')
    t.equal(await stateOf(id), 'settled')
    t.equal((await town.escrow(id))?.state, 'settled')
    t.equal(await town.wallet(`doctor:${doctorId}`), 4_000)
  })
})

t.test('an order of nobody in particular', async (t) => {
  const town = await aTown(t)
  const { post, get, order, pay, stateOf, wait } = town

  await t.test('goes to a doctor on duty, who may decline for the next one; the desk may give it away, too [C5]', async (t) => {
    const { id, priceFen, namedDoctorId } = await order({ mode: 'video' })
    t.strictSame([priceFen, namedDoctorId], [4_000, null])
    await pay(id)
    const first = (await get(`/v1/consultations/${id}`, 'desk')).body.doctorId as string
    const own = await town.doctorId('doctor')
    if (first === own) await post(`/v1/consultations/${id}/decline`, 'doctor')
    else await wait('PT5M')
    const next = (await get(`/v1/consultations/${id}`, 'desk')).body
    t.equal(next.state, 'assigned')
    t.not(next.doctorId, first)
    const other = (await get('/v1/practitioners?hospital=east', 'desk')).body.items.find((one: { id: string }) => one.id !== first && one.id !== next.doctorId).id as string
    t.strictSame((await post(`/v1/consultations/${id}/assign`, 'desk', { doctorId: other })).body.doctorId, other)
    t.equal((await post(`/v1/consultations/${id}/assign`, 'hospital2', { doctorId: other })).status, 404, 'another hospital')
    t.equal((await post(`/v1/consultations/${id}/cancel`, 'patient')).status, 409, 'a doctor has it: a refund is asked for')
    t.equal((await post(`/v1/consultations/${id}/aftersales`, 'patient', { type: 'refund', reason: '不需要了' })).status, 201)
  })

  await t.test('while nobody is on duty → goes back in full after half an hour, by the channel [C4 C5]', async (t) => {
    await wait('PT10H')
    const { id } = await order({ mode: 'voice' })
    await pay(id)
    t.equal(await stateOf(id), 'paid')
    await wait('PT30M')
    const { state, endReason, payment } = (await get(`/v1/consultations/${id}`, 'patient')).body
    t.strictSame([state, endReason, payment], ['refunded', 'no_doctor', 'returned'])
    t.strictSame(await town.escrow(id), { state: 'returned', heldFen: 0 })
    const refunds = (await get('/v1/refunds?limit=50', 'finance')).body.items.filter((one: { amountFen: number }) => one.amountFen === 3_000)
    t.match(refunds, [{ state: 'success' }], 'and nobody had to ask for it')
  })

  await t.test('that is not wanted any more, or not paid → is over; money that comes later goes back [C4 C9]', async (t) => {
    const paid = await order({ mode: 'voice' })
    await pay(paid.id)
    t.strictSame([(await post(`/v1/consultations/${paid.id}/cancel`, 'patient')).body.state, (await town.escrow(paid.id))?.state], ['refunded', 'returned'])
    const late = await order({ mode: 'voice' })
    const paying = await post(`/v1/consultations/${late.id}/pay`, 'patient', { channel: 'wechat', mode: 'qr' })
    t.equal((await post(`/v1/consultations/${late.id}/cancel`, 'patient')).body.state, 'cancelled')
    await town.service.settled()
    await post('/demo/simulators/wechat', 'operator', { act: 'pay', key: paying.body.orderNumber })
    await town.service.settled()
    t.strictSame([await stateOf(late.id), (await town.escrow(late.id))?.state], ['cancelled', 'returned'])
    t.equal((await post(`/v1/consultations/${late.id}/pay`, 'patient', { channel: 'wechat', mode: 'qr' })).status, 409)
  })
})

t.test('a doctor', async (t) => {
  const { put, get, post, tell, doctorId, order, pay, service } = await aTown(t)
  const id = await doctorId('doctor')

  await t.test('without the app → hears by SMS, at the phone that the hospital\'s directory names; in words without anything clinical [C15]', async (t) => {
    const phone = '000-0000-0099'
    await tell('MFN^M02^MFN_M02', 'MFI|PRA^Practitioner Master File^HL70175||UPD|||NE', 'MFE|MAD|M1|20270301|D1001^Lin^Li|CE', `STF|D1001^^^EAST-HIS|D1001|Lin^Li^^^^^L|||A||||${phone}^PRN^CP`, 'PRA|D1001')
    const { id, number } = await order({ doctorId: await doctorId('doctor') })
    await pay(id)
    await service.settled()
    const sent = (await get('/demo/simulators/sms', 'operator')).body.items as readonly Item[]
    t.match(sent.filter(({ body }) => body['to'] === phone).map(({ body }) => body), [{ templateId: 'order_assigned', params: { number, amount: '40.00' } }])
  })

  const wanted = { kind: 'consultation', mode: 'text', complaint: '复诊', choose: 'visits' }

  await t.test('out of visit records, where there are none → is refused with the reason, and nobody is made up [T8]', async (t) => {
    const refused = await post('/v1/consultations', 'patient', wanted)
    t.strictSame([refused.status, refused.body.code, refused.body.reasons], [409, 'DOCTOR_NOT_CHOSEN', ['no_visit_names_a_doctor']], JSON.stringify(refused.body))
  })

  await t.test('whom the visit records name → is chosen out of them [C5 T8]', async (t) => {
    await tell('ADT^A04^ADT_A01', 'EVN|A04|20270215090000+0800', pid, 'PV1|1|O|CLINIC^101||||D1001^Lin^Li|||MED|||||||||V800^^^EAST-HIS^VN|||||||||||||||||||||||||20270215090000+0800')
    const made = await post('/v1/consultations', 'patient', wanted)
    t.strictSame([made.status, made.body.namedDoctorId], [201, await doctorId('doctor')], JSON.stringify(made.body))
  })

  await t.test('has fees that only the doctor and the hospital set; orders keep their price [C4]', async (t) => {
    const made = await order({ doctorId: id, mode: 'video' })
    const fees = [{ product: 'consultation.video', priceFen: 7_700 }, { product: 'inquiry.text', priceFen: 0 }]
    t.strictSame((await put(`/v1/doctors/${id}/fees`, 'doctor', { fees })).body.fees, fees)
    t.equal((await put(`/v1/doctors/${id}/fees`, 'doctor2', { fees })).status, 404)
    t.equal((await put(`/v1/doctors/${id}/fees`, 'hospital2', { fees })).status, 404)
    t.equal((await put(`/v1/doctors/${id}/fees`, 'hospital', { fees })).status, 200)
    t.equal((await put(`/v1/doctors/${id}/fees`, 'patient', { fees })).status, 403)
    t.strictSame((await get(`/v1/doctors/${id}/fees`, 'patient')).body.fees, fees)
    t.equal((await get(`/v1/consultations/${made.id}`, 'patient')).body.priceFen, 6_000)
    t.equal((await order({ doctorId: id, mode: 'video' })).priceFen, 7_700)
    const refused = await post('/v1/consultations', 'patient', { kind: 'consultation', mode: 'text', complaint: '咳嗽', doctorId: id })
    t.strictSame([refused.status, refused.body.code], [409, 'CONSULTATION_NOT_OFFERED'])
  })

  await t.test('who is online → is known to be there by the recommendation, with the price [T7 C5]', async (t) => {
    t.strictSame([(await put(`/v1/doctors/${id}/presence`, 'doctor', { online: true })).body.online, (await put(`/v1/doctors/${id}/presence`, 'desk', { online: true })).status], [true, 403])
    const { items } = (await get('/v1/doctors/recommend', 'patient')).body
    const own = items.find((one: { doctor: { id: string } }) => one.doctor.id === id)
    t.match(own.factors.filter(({ name }: { name: string }) => name === 'availability' || name === 'price'), [{ name: 'availability', value: 1, isKnown: true }, { name: 'price', isKnown: true }])
  })
})

t.test('after-sales', async (t) => {
  const town = await aTown(t)
  const { post, get, order, pay, stateOf, wait } = town
  const doctorId = await town.doctorId('doctor')

  await t.test('a refund → is decided by the reviewer, with the reason; until then nothing is settled [C9]', async (t) => {
    const { id } = await order({ doctorId })
    await pay(id)
    await post(`/v1/consultations/${id}/accept`, 'doctor')
    await post(`/v1/consultations/${id}/finish`, 'doctor')
    const asked = (await post(`/v1/consultations/${id}/aftersales`, 'patient', { type: 'refund', reason: '医生没有回复' })).body
    t.equal(await stateOf(id), 'refund_review')
    await wait('PT80H')
    t.equal(await stateOf(id), 'refund_review', 'the hold has passed, and nothing moves')
    t.ok((await get('/v1/ops/alerts', 'operator')).body.items.some(({ key }: { key: string }) => key === `refund-review:${asked.id}`), 'somebody on call knows that nobody decides')
    t.strictSame([(await get(`/v1/consultations/${id}/messages`, 'reviewer')).status, (await get(`/v1/consultations/${id}/messages`, 'support')).status, (await get(`/v1/consultations/${id}/messages`, 'desk')).status], [200, 404, 404], 'what was said is evidence for the reviewer, and nobody else\'s business')
    t.match((await get('/v1/aftersales?type=refund&state=open', 'reviewer')).body.items, [{ id: asked.id, reason: '医生没有回复' }])
    t.equal((await get(`/v1/consultations/${id}`, 'reviewer')).body.complaint, null, 'what it is about is not the reviewer\'s business')
    for (const who of ['patient', 'doctor', 'desk', 'support', 'finance']) t.equal((await post(`/v1/aftersales/${asked.id}/decision`, who, { decision: 'approve', reason: 'x' })).status, 403, who)
    t.match((await post(`/v1/aftersales/${asked.id}/decision`, 'reviewer', { decision: 'approve', reason: '医生确未回复' })).body, { state: 'approved', decision: '医生确未回复' })
    t.strictSame([await stateOf(id), (await town.escrow(id))?.state], ['refunded', 'returned'])
    t.match((await get(`/v1/consultations/${id}/aftersales`, 'patient')).body.items, [{ state: 'approved', decision: '医生确未回复' }])
  })

  await t.test('another doctor → only one whose fee the order covers, and the difference goes back at once [C9 acc:8.7]', async (t) => {
    await wait('PT15H')
    const { id, priceFen } = await order({ doctorId })
    await pay(id)
    await post(`/v1/consultations/${id}/accept`, 'doctor')
    const candidates = (await get(`/v1/consultations/${id}/switch-candidates`, 'patient')).body.items
    t.strictSame([priceFen, candidates.map((one: { priceFen: number }) => one.priceFen)], [4_000, [3_000]])
    const dearer = (await get('/v1/practitioners?hospital=east', 'patient')).body.items.find((one: { id: string }) => one.id !== doctorId && one.id !== candidates[0].doctorId).id as string
    const refused = await post(`/v1/consultations/${id}/aftersales`, 'patient', { type: 'switch_doctor', doctorId: dearer })
    t.strictSame([refused.status, refused.body.code], [409, 'CONSULTATION_DOCTOR_DEARER'])
    t.equal((await post(`/v1/consultations/${id}/aftersales`, 'patient', { type: 'switch_doctor', doctorId: candidates[0].doctorId })).body.state, 'done')
    t.match((await get(`/v1/consultations/${id}`, 'patient')).body, { state: 'assigned', doctorId: candidates[0].doctorId, priceFen: 3_000 })
    t.strictSame(await town.escrow(id), { state: 'held', heldFen: 3_000 })
    t.equal((await get(`/v1/consultations/${id}`, 'doctor')).status, 404, 'it is not the first doctor\'s any more')
    await town.service.settled()
    t.match((await get('/v1/refunds?limit=50', 'finance')).body.items.filter((one: { amountFen: number }) => one.amountFen === 1_000), [{ state: 'success' }])
  })

  await t.test('support → is a dialogue with support, which they close [C9]', async (t) => {
    const { id } = await order({ kind: 'inquiry' })
    const asked = (await post(`/v1/consultations/${id}/aftersales`, 'patient', { type: 'support' })).body
    t.equal((await post(`/v1/consultations/${id}/aftersales`, 'patient', { type: 'support' })).body.id, asked.id, 'one talk at a time')
    t.equal((await post(`/v1/aftersales/${asked.id}/messages`, 'patient', { clientId: 's1', kind: 'text', text: '怎么还没有人回复？' })).status, 201)
    t.equal((await post(`/v1/aftersales/${asked.id}/messages`, 'support', { clientId: 's2', kind: 'text', text: '正在为您催促。' })).status, 201)
    t.equal((await get(`/v1/aftersales/${asked.id}/messages`, 'patient2')).status, 404)
    t.equal((await post(`/v1/aftersales/${asked.id}/close`, 'support', { reason: '已处理' })).body.state, 'done')
    t.equal((await post(`/v1/aftersales/${asked.id}/messages`, 'patient', { clientId: 's3', kind: 'text', text: '谢谢' })).status, 409)
  })
})

t.test('a villager at a terminal', async (t) => {
  const town = await aTown(t)
  const { post, get } = town
  const reading = await post('/v1/identity-readings', 'terminal', { kind: 'patient_card', value: mrn })
  t.equal(reading.status, 201, JSON.stringify(reading.body))
  const readingId = reading.body.readingId as string

  await t.test('asks for the person who stands there, at no cost; the hospital\'s own system says yes, and the dialogue opens at the terminal [C2 C3 T6 T9 T11]', async (t) => {
    const body = { kind: 'inquiry', mode: 'text', complaint: '头晕', readingId }
    t.equal((await post('/v1/consultations', 'terminal', { ...body, readingId: undefined, patientId: await town.doctorId('patient') })).status, 404, 'nobody who is not there')
    const made = await post('/v1/consultations', 'terminal', body)
    t.match(made.body, { priceFen: 0, payment: 'free', state: 'assigned', channel: 'terminal', acceptedBy: 'his' }, JSON.stringify(made.body))
    await town.service.settled()
    const { id } = made.body
    t.equal((await get(`/v1/consultations/${id}`, 'terminal')).status, 404, 'only with what was read')
    const { body: seen } = await eventually(async () => await get(`/v1/consultations/${id}?readingId=${readingId}`, 'terminal'), ({ body: { state } }) => state !== 'assigned')
    t.strictSame([seen.state, seen.his?.state], ['in_progress', 'accepted'], 'the simulated hospital accepts at once')
    const say = await town.service.call('POST', `/v1/consultations/${id}/messages`, town.service.credentials()['terminal'], { clientId: 'v1', kind: 'text', text: '我头晕' }, { 'x-reading-id': readingId })
    t.equal(say.status, 201, JSON.stringify(say.body))
    t.equal((await get(`/v1/consultations?readingId=${readingId}`, 'terminal')).body.items.length, 1)
    t.equal((await get('/v1/consultations', 'patient')).body.items.length, 1, 'and the person finds it in the app')
  })
})

const chromiumPath = process.env['CHROMIUM_PATH']

t.test('the page of a terminal', { skip: chromiumPath === undefined ? 'CHROMIUM_PATH is not set' : false }, async (t) => {
  const town = await aTown(t)
  const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox', '--disable-gpu'] })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()

  await t.test('hands the request over, waits for the hospital\'s yes, and lets the person write with the doctor; nothing is left afterwards [T6 T9 T11]', async (t) => {
    await page.goto(`http://127.0.0.1:${town.service.served.http}/kiosk/`)
    await page.locator('input[name=name]').fill('E-01')
    await page.locator('input[name=token]').fill(town.service.credentials()['terminal'] ?? '')
    await press('保存')
    await press('刷卡或扫码')
    await page.getByText('请刷卡').waitFor()
    await page.keyboard.type(`${demoPatients.patient.person.mrn}\n`)
    await press('在线咨询')
    await page.locator('input[name=complaint]').fill('头晕两天')
    await press('发送')
    await page.getByRole('heading', { name: '与医生交谈' }).waitFor({ timeout: 20_000 })
    await page.locator('input[name=text]').fill('早上起来就头晕')
    await press('发送')
    await page.getByText('我: 早上起来就头晕').waitFor()
    const [order] = (await town.get('/v1/consultations', 'patient')).body.items
    t.match(order, { state: 'in_progress', channel: 'terminal', kind: 'inquiry', complaint: '头晕两天' })
    await press('结束')
    await page.getByText('您好，请选择登录方式').waitFor()
    t.notMatch(await page.content(), /头晕|CR-/)
    t.strictSame(faults, [])
  })
})
