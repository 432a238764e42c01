import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { parseMessage } from '../../adapters/hl7v2/index.ts'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { checkBeancount } from '../fixtures/beancount-checker.ts'
import { aSender, aService, type Answer, type Service } from './a-service.ts'

const consents = ['pay_after_care', 'sms', 'score_query', 'bureau_report']

/** The one who does not pay, and the one who pays at the last moment; each with a visit of the same Monday. */
const people = {
  patient: { person: demoPatients.patient.person, visitNumber: 'V900', lines: 'T' },
  guardian: { person: demoPatients.guardian.person, visitNumber: 'V901', lines: 'U' }
} as const
type Who = keyof typeof people
const { person } = people.patient

function pidOf (who: Who): string {
  const { mrn, residentId, familyName, givenName, birthDate, gender } = people[who].person
  return `PID|1||${mrn}^^^EAST-HIS^MR~${residentId ?? ''}^^^&2.16.156.10011.1.3&ISO^NI||${familyName}^${givenName}^^^^^L||${birthDate.replaceAll('-', '')}|${gender === 'male' ? 'M' : 'F'}`
}

const pv1 = (who: Who, end = ''): string => `PV1|1|O|CLINIC^101||||D1001^Example^Doctor|||MED|||||||||${people[who].visitNumber}^^^EAST-HIS^VN|||||||||||||||||||||||||20270301080000+0800|${end}`

interface Item { readonly at: string, readonly kind: string, readonly key: string, readonly body: Record<string, unknown> & { readonly templateId?: string, readonly to?: string, readonly params?: Record<string, string> } }

interface Town {
  readonly service: Service
  readonly token: (who: string) => string
  readonly idOf: (who: Who) => Promise<string>
  readonly post: (url: string, who: string, body: unknown) => Promise<Answer>
  readonly get: (url: string, who: string) => Promise<Answer>
  readonly tell: (message: keyof typeof structures, who: Who, ...segments: readonly string[]) => Promise<void>
  readonly wait: (set: string) => Promise<void>
  readonly simulator: (name: string) => Promise<readonly Item[]>
  readonly act: (name: string, act: string, key: string) => Promise<Answer>
  /** Templates of what the person's phone got, the oldest first. */
  readonly told: (who: Who) => Promise<readonly string[]>
}

const structures = { 'ADT^A28': 'ADT_A05', 'ADT^A04': 'ADT_A01', 'ADT^A03': 'ADT_A03', 'DFT^P03': 'DFT_P03' } as const

async function aTown (t: Test): Promise<Town> {
  const service = await aService(t, { isDemo: true })
  const tokens = service.credentials()
  const token = (who: string): string => tokens[who] ?? ''
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  let count = 0
  const simulator = async (name: string): Promise<readonly Item[]> => (await service.get(`/demo/simulators/${name}`, token('operator'))).body.items as readonly Item[]
  const post = async (url: string, who: string, body: unknown): Promise<Answer> => service.call('POST', url, token(who), body, { 'idempotency-key': randomUUID() })
  return {
    service, token, post, simulator,
    idOf: async (who) => (await service.get('/v1/me', token(who))).body.personId as string,
    get: (url, who) => service.get(url, token(who)),
    tell: async (message, who, ...segments) => {
      const now = (await service.get('/demo/clock', token('operator'))).body.now as string
      const at = `${now.slice(0, 19).replaceAll(/[-:T]/g, '')}+0800`
      const text = [`MSH|^~\\&|EAST-HIS|EAST|YIQIAO|EAST|${at}||${message}^${structures[message]}|J${++count}|P|2.5.1|||||CHN|UNICODE UTF-8`, `EVN|${message.slice(4)}|${at}`, pidOf(who), ...segments]
      const ack = await hospital.send(`${text.join('\r')}\r`)
      t.equal(parseMessage(ack.toString('utf8')).get('MSA-1'), 'AA')
      await service.settled()
    },
    wait: async (set) => {
      const moved = await post('/demo/clock', 'operator', { set })
      t.equal(moved.status, 200)
      t.strictSame((moved.body.ran as ReadonlyArray<{ readonly job: string, readonly status: string }>).filter(({ status }) => status !== 'done'), [], `every job up to ${set} did its work`)
    },
    act: async (name, act, key) => {
      const answer = await post(`/demo/simulators/${name}`, 'operator', { act, key })
      await service.settled()
      return answer
    },
    told: async (who) => (await simulator('sms')).filter(({ body }) => body.to === people[who].person.phone).map(({ body }) => body.templateId ?? '')
  }
}

/** Signs in the app: eligibility, agreement, code, contract. */
async function signed (town: Town, who: Who): Promise<string> {
  const { post, get, service } = town
  const { phone } = people[who].person
  const check = await post('/v1/eligibility', who, { consents: ['score_query'] })
  const agreement = (await get('/v1/agreements', who)).body
  await post('/v1/contract-codes', who, { purpose: 'sign', phone })
  await service.settled()
  const code = (await town.simulator('sms')).filter(({ body }) => body.to === phone && body.params?.['code'] !== undefined).at(-1)?.body.params?.['code']
  const contract = await post('/v1/contracts', who, { eligibilityCheckId: check.body.id, agreement: { version: agreement.version, sha256: agreement.sha256 }, consents, phone, code })
  if (contract.status !== 201) throw new Error(`not signed: ${JSON.stringify(contract.body)}`)
  return contract.body.id as string
}

// eslint-disable-next-line max-params -- reads as the segment's own fields
const line = (place: number, id: string, kind: 'CG' | 'CD', code: string, amount: string): string =>
  `FT1|${place}|${id}||20270301091000+0800|20270301093000+0800|${kind}|${code}^Example^L|||1|${amount}&CNY|${amount}&CNY`

/** Four lines charged, of which one is taken back after a skin test: 148.30 yuan, before insurance. */
async function charged (town: Town, who: Who): Promise<void> {
  const id = (number: number): string => `${people[who].lines}${number}`
  await town.tell('DFT^P03', who, pv1(who), line(1, id(1), 'CG', 'REG', '65.00'), line(2, id(2), 'CG', 'CBC', '25.80'), line(3, id(3), 'CG', 'DRUG', '57.50'), line(4, id(4), 'CG', 'DRUG2', '63.90'))
  await town.tell('DFT^P03', who, pv1(who), line(1, id(4), 'CD', 'DRUG2', '63.90'))
}

/** Pays all that is owed by WeChat, or from the insurance account without the card; its holder says yes. */
async function paid (t: Test, town: Town, who: Who): Promise<Answer> {
  const by = who === 'patient' ? { channel: 'wechat', mode: 'qr' } : { channel: 'insurance', mode: 'app' }
  const order = await town.post('/v1/payments', who, by)
  t.equal(order.status, 201)
  await town.act(by.channel, 'pay', order.body.orderNumber as string)
  return town.get(`/v1/payments/${order.body.id as string}`, who)
}

const eveningOf = (day: number): string => `2027-03-${String(day).padStart(2, '0')}T20:30:00+08:00`
const statusOf = async (town: Town, who: Who): Promise<string> => (await town.get(`/v1/pay-after-care/${await town.idOf(who)}`, who)).body.status as string
const isReminder = (template: string): boolean => template.startsWith('dunning')

t.test('two patients sign, are treated without paying anywhere and are reminded daily; one pays from the insurance account on day 7 at 23:59:59.999 and has paid in time; the other loses the privilege on day 8, after reconciliation, the card is locked and the bureau is told; paying sets all of it right [A-03 A-14 A-16 A-17 A-18 A-19 A-27 A-28 A-29 A-30 A-31 A-32 A-33 A-34 A-36 A-37 A-38 A-40 K-07 K-09 K-10 acc:C-13]', async (t) => {
  const town = await aTown(t)
  const { get, post } = town
  const read = (): Promise<Answer> => post('/v1/identity-readings', 'terminal', { kind: 'resident_id', value: person.residentId })
  for (const who of ['patient', 'guardian'] as const) await town.tell('ADT^A28', who)
  t.match(await read(), { status: 201, body: { isNew: false, contract: { state: 'none', mayPayAfterCare: false } } })
  const contractId = await signed(town, 'patient')
  const inTimeContractId = await signed(town, 'guardian')
  t.match((await read()).body.contract, { state: 'active', mayPayAfterCare: true })

  for (const who of ['patient', 'guardian'] as const) await town.tell('ADT^A04', who, pv1(who))
  const visitId = (await get('/v1/visits', 'patient')).body.items[0].id as string
  t.match(await town.service.post('/v1/release-checks', town.token('hospital'), { patientId: await town.idOf('patient'), visitId, amountFen: 5750, kind: 'drug', reference: 'T3' }), { status: 200, body: { mayProceed: true, reasons: [] } })
  await town.wait('2027-03-01T09:30:00+08:00')
  for (const who of ['patient', 'guardian'] as const) await charged(town, who)
  await town.wait('2027-03-01T10:30:00+08:00')
  for (const who of ['patient', 'guardian'] as const) await town.tell('ADT^A03', who, pv1(who, '20270301103000+0800'))
  const [bill] = (await get('/v1/bills', 'patient')).body.items
  const due = bill.outstandingFen as number
  t.match(bill, { visitId, chargedFen: 14830, insuredFen: 14830 - due, closedOn: '2027-03-01', dueOn: '2027-03-08', state: 'due' })
  t.ok((await town.told('patient')).includes('bill_due'), 'the amount due reaches the phone at the close')
  t.equal(await statusOf(town, 'patient'), 'normal')

  for (let day = 2; day <= 8; day += 1) {
    await town.wait(eveningOf(day))
    for (const who of ['patient', 'guardian'] as const) t.equal((await town.told(who)).filter(isReminder).length, day - 1, `one reminder on 2027-03-0${day}`)
    t.equal(await statusOf(town, 'patient'), 'owing')
  }
  t.match((await get('/v1/contracts', 'patient')).body.items, [{ state: 'active' }])
  t.strictSame((await get(`/v1/card-locks?contract=${contractId}`, 'finance')).body.items, [])
  await town.wait('2027-03-08T23:59:59.999+08:00')
  t.match((await paid(t, town, 'guardian')).body, { state: 'success' })

  await town.wait(eveningOf(9))
  t.equal(await statusOf(town, 'guardian'), 'normal')
  t.match((await get('/v1/contracts', 'guardian')).body.items, [{ state: 'active' }])
  t.strictSame((await get(`/v1/card-locks?contract=${inTimeContractId}`, 'finance')).body.items, [], 'paid in time: nothing follows')
  t.strictSame((await town.told('guardian')).filter((template) => ['contract_suspended', 'card_locked'].includes(template)), [])

  t.equal(await statusOf(town, 'patient'), 'overdue')
  t.match((await get('/v1/contracts', 'patient')).body.items, [{ id: contractId, state: 'suspended' }])
  t.match((await get(`/v1/card-locks?contract=${contractId}`, 'finance')).body.items, [{ state: 'locked', overdueFen: due }])
  t.match((await read()).body.contract, { mayPayAfterCare: false })
  const creditor = (await get('/v1/credit-feed', 'finance')).body.items[0].creditor as string
  const episodes = (await get(`/v1/credit-feed/${creditor}/episodes?state=ready`, 'finance')).body.items
  t.match(episodes, [{ state: 'ready', overdueFen: due, firstDelinquencyOn: '2027-03-09' }])
  t.match(await post('/v1/credit-feed/episodes/release', 'finance2', { episodeIds: [episodes[0].id] }), { status: 200 })
  await town.wait(eveningOf(10))
  t.match((await get(`/v1/credit-feed/${creditor}/files`, 'bureau')).body.items, [{ seq: 1, count: 1 }])
  const bytes = JSON.stringify((await get(`/v1/credit-feed/${creditor}/files/1`, 'bureau')).body)
  t.notMatch(bytes, new RegExp(`${person.familyName}|${person.residentId ?? ''}|CBC|DRUG|D1001|CLINIC|东湖|East`), 'nothing of the care, nobody in clear')

  const payment = await paid(t, town, 'patient')
  t.match(payment.body, { state: 'success', amountFen: due })
  t.match((await get('/v1/contracts', 'patient')).body.items, [{ state: 'active' }])
  t.match((await get(`/v1/card-locks?contract=${contractId}`, 'finance')).body.items, [{ state: 'unlocked' }])
  t.equal(await statusOf(town, 'patient'), 'normal')
  const reminders = (await town.told('patient')).filter(isReminder).length
  await town.wait(eveningOf(11))
  t.match((await get(`/v1/credit-feed/${creditor}/files`, 'bureau')).body.items, [{ seq: 1 }, { seq: 2, count: 1 }])
  const told = await town.told('patient')
  t.equal(told.filter(isReminder).length, reminders, 'no reminder comes any more')
  t.strictSame(['contract_suspended', 'card_locked', 'pre_report_notice', 'bill_paid', 'contract_cured', 'card_unlocked'].filter((template) => !told.includes(template)), [], 'the whole course reached the phone')

  await t.test('and one answer tells all of it; the books stand, also for a checker that shares nothing with them [acc:C-26 acc:C-27]', async (t) => {
    const text = JSON.stringify((await get(`/v1/bills/${bill.id as string}/explanation`, 'patient')).body)
    for (const part of ['T1', 'T2', 'T3', 'T4', '2027-03-08', payment.body.id as string]) t.match(text, new RegExp(part))
    t.equal((await get('/v1/ledger/trial-balance', 'finance')).body.isProven, true)
    const books = checkBeancount((await get('/v1/ledger/beancount?hospital=east', 'finance')).body as string)
    t.strictSame(books.faults, [])
    t.ok(books.transactions >= 12 && books.assertions > 0)
    const ran = (await get('/v1/ops/jobs', 'operator')).body.items as ReadonlyArray<{ readonly name: string }>
    for (const job of ['day-end', 'dunning', 'overdue', 'unlock-sweep', 'prove-seals']) t.ok(ran.some(({ name }) => name === job), `the job ${job} is on the runner`)
  })
})
