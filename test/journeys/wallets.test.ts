import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { demoPatients } from '../../adapters/simulators/hospital/demo-persons.ts'
import { aDatabase, aSender, aService, type Answer, type Service } from './a-service.ts'

t.setTimeout(300_000)

interface Item { readonly kind: string, readonly key: string, readonly body: Record<string, unknown> }

interface Town {
  readonly service: Service
  readonly post: (url: string, who: string, body?: unknown, key?: string) => Promise<Answer>
  readonly put: (url: string, who: string, body: unknown) => Promise<Answer>
  readonly get: (url: string, who: string) => Promise<Answer>
  readonly wallet: string
  /** A consultation of the demo's doctor at a price, paid by a channel; its id. */
  readonly paid: (priceFen: number, channel: 'wechat' | 'alipay' | 'bank') => Promise<string>
  /** … and done by the doctor. */
  readonly done: (priceFen: number, channel: 'wechat' | 'alipay' | 'bank') => Promise<string>
  readonly wait: (by: string) => Promise<ReadonlyArray<{ readonly job: string, readonly status: string }>>
  readonly happened: (channel: 'wechat' | 'alipay' | 'bank', kind: string) => Promise<readonly Item[]>
}

async function aTown (t: Test): Promise<Town> {
  const service = await aService(t, { isDemo: true, environment: await aDatabase(t) })
  const who = service.credentials()
  const post: Town['post'] = (url, name, body = {}, key = randomUUID()) => service.call('POST', url, who[name], body, { 'idempotency-key': key })
  const get: Town['get'] = (url, name) => service.get(url, who[name])
  const put: Town['put'] = (url, name, body) => service.call('PUT', url, who[name], body)
  const { mrn, familyName, givenName, birthDate } = demoPatients.patient.person
  const hospital = await aSender(t, service.served.parts.listeners.get('east')?.port ?? 0)
  await hospital.send(['MSH|^~\\&|EAST-HIS|EAST|YIQIAO|EAST|20270301073000+0800||ADT^A28^ADT_A05|W1|P|2.5.1|||||CHN|UNICODE UTF-8', 'EVN|A28|20270301073000+0800', `PID|1||${mrn}^^^EAST-HIS^MR||${familyName}^${givenName}^^^^^L||${birthDate.replaceAll('-', '')}|M`, 'PV1|1|N', ''].join('\r'))
  await service.settled()
  await post('/demo/clock', 'operator', { set: '2027-03-01T10:00:00+08:00' })
  const doctorId = String((await get('/v1/me', 'doctor')).body.personId)
  const wait: Town['wait'] = async (advance) => {
    const moved = await post('/demo/clock', 'operator', { advance })
    t.equal(moved.status, 200, JSON.stringify(moved.body))
    await service.settled()
    return moved.body.ran
  }
  const paid: Town['paid'] = async (priceFen, channel) => {
    t.equal((await put(`/v1/doctors/${doctorId}/fees`, 'doctor', { fees: [{ product: 'consultation.text', priceFen }] })).status, 200)
    const made = await post('/v1/consultations', 'patient', { kind: 'consultation', mode: 'text', complaint: '咳嗽', doctorId })
    const paying = await post(`/v1/consultations/${made.body.id}/pay`, 'patient', { channel, mode: 'qr' })
    t.match(paying, { status: 201, body: { isHeld: true, amountFen: priceFen, prepay: { codeUrl: String } } })
    const done = await post(`/demo/simulators/${channel}`, 'operator', { act: 'pay', key: paying.body.orderNumber })
    t.equal(done.status, 200, JSON.stringify(done.body))
    await service.settled()
    return made.body.id
  }
  return {
    service, post, put, get, wait, paid,
    wallet: `doctor:${doctorId}`,
    done: async (priceFen, channel) => {
      const id = await paid(priceFen, channel)
      for (const step of ['accept', 'finish']) t.equal((await post(`/v1/consultations/${id}/${step}`, 'doctor')).status, 200)
      return id
    },
    happened: async (channel, kind) => ((await get(`/demo/simulators/${channel}`, 'operator')).body.items as readonly Item[]).filter((item) => item.kind === kind)
  }
}

t.test('what a patient pays → is held, becomes the doctor\'s, and is taken out [C4 C10 M8 M12 M15]', async (t) => {
  const { service, post, put, get, wallet, paid, done, wait, happened } = await aTown(t)
  const escrowOf = async (id: string, who = 'patient'): Promise<Answer> => get(`/v1/escrows/${id}`, who)
  const balance = async (): Promise<readonly [number, number]> => {
    const { body } = await get(`/v1/wallets/${wallet}`, 'doctor')
    return [body.availableFen, body.frozenFen]
  }

  t.test('held: the payer sees it, others see nothing of it, and an insurance account cannot hold it', async (t) => {
    const made = await post('/v1/consultations', 'patient', { kind: 'consultation', mode: 'text', complaint: '咳嗽', doctorId: wallet.slice('doctor:'.length) })
    const insured = await post('/v1/payments', 'patient', { purpose: 'consultation', items: [{ referenceId: made.body.id }], channel: 'insurance', mode: 'app' })
    t.match([insured.status, insured.body.code], [422, 'PAYMENT_NOT_HOLDABLE'])
    const id = await paid(4_000, 'wechat')
    t.match(await escrowOf(id), { status: 200, body: { state: 'held', paidFen: 4_000, heldFen: 4_000, returnedFen: 0, feeFen: null, payee: null, hospitalId: 'east', purpose: 'consultation' } })
    t.match([(await escrowOf(id, 'patient2')).status, (await escrowOf(id, 'hospital')).status, (await escrowOf(id, 'doctor')).status], [404, 404, 403])
    t.match((await get('/v1/escrows', 'patient')).body.items.map((escrow: { id: string }) => escrow.id), [id])
    t.match([(await get('/v1/escrows', 'patient2')).body.items, (await get('/v1/escrows', 'finance')).body.items.length], [[], 1])
    t.match((await post('/v1/refunds', 'finance', { paymentId: (await escrowOf(id)).body.paymentId, reason: 'nobody decided' })).body, { status: 409, code: 'ESCROW_RETURN_NOT_DECIDED' })
  })

  t.test('settled after the time to object: the platform\'s part and the doctor\'s are the price, and go to the doctor\'s own account where there is one at the channel', async (t) => {
    const kept = await put(`/v1/wallets/${wallet}/payout-accounts`, 'doctor', { accounts: [{ channel: 'wechat', account: 'openid-of-the-doctor', takesSplits: true }, { channel: 'bank', account: '6222 0000 0000 0001', holderName: '王样例' }] })
    t.match(kept.body.items, [{ channel: 'bank', masked: '****0001', takesSplits: false }, { channel: 'wechat', masked: '****ctor', takesSplits: true }])
    t.notMatch(JSON.stringify((await get(`/v1/wallets/${wallet}`, 'doctor')).body), /6222|王|openid/)
    t.match((await put(`/v1/wallets/${wallet}/payout-accounts`, 'doctor2', { accounts: [] })).status, 404)
    const [small, large, split] = [await done(4_321, 'alipay'), await done(300_000, 'bank'), await done(5_000, 'wechat')] as const
    t.strictSame(await balance(), [0, 0], 'the patient may still object')
    await wait('PT72H1S')
    const fees = await Promise.all([small, large, split].map(async (id) => (await escrowOf(id, 'finance')).body.feeFen as number)) as [number, number, number]
    t.match((await escrowOf(small, 'finance')).body, { state: 'settled', heldFen: 0, payee: wallet })
    t.strictSame([await balance(), await Promise.all((['alipay', 'bank'] as const).map(async (channel) => (await happened(channel, 'split')).length))], [[304_321 - fees[0] - fees[1], 0], [1, 1]])
    t.strictSame((await happened('wechat', 'split')).map(({ body }) => body), [{ receivers: [{ account: 'openid-of-the-doctor', amountFen: 5_000 - fees[2] }], isLast: true }])
    const { items } = (await get(`/v1/wallets/${wallet}/statement`, 'doctor')).body
    const lines = (items as ReadonlyArray<{ what: string, part: string, amountFen: number, referenceId: string }>).map(({ what, part, amountFen, referenceId }) => `${what} ${part} ${amountFen} ${[small, large, split].indexOf(referenceId)}`)
    t.strictSame(lines.sort(), [`escrow-settled available ${4_321 - fees[0]} 0`, `escrow-settled available ${300_000 - fees[1]} 1`, `escrow-settled available ${5_000 - fees[2]} 2`,
      `split-out available -${5_000 - fees[2]} 2`, `split-out frozen ${5_000 - fees[2]} 2`, `split-done frozen -${5_000 - fees[2]} 2`].sort())
    t.match([(await get(`/v1/wallets/${wallet}`, 'doctor2')).status, (await get(`/v1/wallets/${wallet}`, 'hospital')).status, (await get(`/v1/wallets/${wallet}`, 'patient')).status], [404, 404, 403])
    t.match([(await get(`/v1/wallets/${wallet}`, 'finance')).status, (await get('/v1/wallets/hospital:east', 'hospital')).body, (await get('/v1/wallets/doctor:nobody', 'finance')).status], [200, { availableFen: 0, frozenFen: 0 }, 404])
  })

  t.test('taken out to a card, whose number nobody sees again; never more than there is, and once for one key', async (t) => {
    const [before] = await balance()
    t.match((await post('/v1/withdrawals', 'doctor', { channel: 'alipay', amountFen: 1 })).body.code, 'PAYOUT_ACCOUNT_MISSING')
    t.match((await post('/v1/withdrawals', 'doctor', { channel: 'bank', amountFen: before + 1 })).body.code, 'WALLET_SHORT')
    const key = randomUUID()
    const asked = await post('/v1/withdrawals', 'doctor', { channel: 'bank', amountFen: 1_500 }, key)
    t.strictSame((await post('/v1/withdrawals', 'doctor', { channel: 'bank', amountFen: 1_500 }, key)).body, asked.body)
    t.match(asked, { status: 201, body: { state: 'approved', to: '****0001', isSecondPersonNeeded: false } })
    await service.settled()
    t.match((await get(`/v1/withdrawals/${asked.body.id}`, 'doctor')).body, { state: 'paid', channelNumber: String, doneAt: String })
    t.match([await balance(), (await happened('bank', 'payout')).map(({ body }) => body['amountFen'])], [[before - 1_500, 0], [1_500]])
    t.match([(await get(`/v1/withdrawals/${asked.body.id}`, 'doctor2')).status, (await get('/v1/withdrawals', 'doctor2')).body.items], [404, []])
  })

  t.test('a large sum goes only with the word of a second person', async (t) => {
    const [before] = await balance()
    const asked = await post('/v1/withdrawals', 'doctor', { channel: 'bank', amountFen: 200_001 })
    t.match([asked.body.state, asked.body.isSecondPersonNeeded, await balance()], ['requested', true, [before - 200_001, 200_001]])
    t.equal((await post(`/v1/withdrawals/${asked.body.id}/decision`, 'doctor', { isApproved: true })).status, 403)
    t.match((await post(`/v1/withdrawals/${asked.body.id}/decision`, 'finance', { isApproved: false })).body, { state: 'failed', reason: 'declined' })
    t.strictSame(await balance(), [before, 0])
    const again = await post('/v1/withdrawals', 'doctor', { channel: 'bank', amountFen: 200_001 })
    t.match((await get('/v1/withdrawals?state=requested', 'finance')).body.items, [{ id: again.body.id }])
    t.match((await post(`/v1/withdrawals/${again.body.id}/decision`, 'finance', { isApproved: true })).body, { state: 'approved' })
    await service.settled()
    t.match([(await get(`/v1/withdrawals/${again.body.id}`, 'finance')).body.state, await balance()], ['paid', [before - 200_001, 0]])
  })

  t.test('one that the channel refuses is available again', async (t) => {
    await put(`/v1/wallets/${wallet}/payout-accounts`, 'doctor', { accounts: [{ channel: 'bank', account: '0000000000000000' }] })
    const before = await balance()
    const asked = await post('/v1/withdrawals', 'doctor', { channel: 'bank', amountFen: 100 })
    await service.settled()
    t.match([(await get(`/v1/withdrawals/${asked.body.id}`, 'doctor')).body, await balance()], [{ state: 'failed', reason: 'refused_by_channel' }, before])
  })
})

t.test('what is not done → goes back the way it came, and the books and the channels agree [M10 C4]', async (t) => {
  const { service, post, get, paid, wait, happened } = await aTown(t)
  const refused = await paid(4_000, 'alipay')
  t.equal((await post(`/v1/consultations/${refused}/decline`, 'doctor')).status, 200)
  await service.settled()
  const unanswered = await paid(150_000, 'bank')
  const ran = await wait('P2D')
  t.strictSame(ran.filter(({ status }) => status !== 'done'), [])
  for (const [id, sum] of [[refused, 4_000], [unanswered, 150_000]] as const) {
    const { body } = await get(`/v1/escrows/${id}`, 'patient')
    t.match(body, { state: 'returned', heldFen: 0, returnedFen: sum })
    t.match((await get(`/v1/payments/${String(body.paymentId)}`, 'patient')).body, { refundedFen: sum }, 'without a second person: it was decided')
  }
  t.strictSame([(await happened('alipay', 'refund')).length, (await happened('bank', 'refund')).length, (await happened('wechat', 'split')).length], [1, 1, 0])
  t.ok(ran.some(({ job }) => job === 'prove-escrow'))
  t.match((await get('/v1/ledger/trial-balance', 'finance')).body, { isProven: true })
  const alerts = await get('/v1/ops/alerts', 'operator')
  t.strictSame((alerts.body.items as ReadonlyArray<{ key: string, closedAt: string | null }>).filter(({ key }) => /prove|stuck/.test(key)), [])
  const { items } = (await get('/v1/reconciliations', 'finance')).body
  const days = (items as ReadonlyArray<{ source: string, day: string, lines: number, matched: number, ourFen: number, theirFen: number }>).filter(({ source, day }) => ['alipay', 'bank'].includes(source) && day === '2027-03-01')
  t.strictSame(days.map(({ source, lines, matched, ourFen, theirFen }) => [source, matched === lines, ourFen === theirFen]), [['alipay', true, true], ['bank', true, true]])
})

t.test('a hospital pays for itself only, and reads what it paid and no more [M7 M12]', async (t) => {
  const { post, get, paid } = await aTown(t)
  const id = await paid(4_000, 'wechat')
  const { paymentId } = (await get(`/v1/escrows/${id}`, 'patient')).body
  t.match([(await get(`/v1/payments/${String(paymentId)}`, 'hospital')).status, (await get('/v1/payments', 'hospital')).body.items, (await get('/v1/refunds', 'hospital')).body.items, (await get('/v1/escrows', 'hospital')).body.items], [404, [], [], []])
  const bills = await post('/v1/payments', 'hospital', { channel: 'wechat', mode: 'qr' })
  t.match([bills.status, bills.body.code], [409, 'PAYMENT_NOT_PAYABLE'], 'bills are paid by persons')
  t.match((await post('/v1/payments', 'patient', { bills: [{ billId: 'x' }], items: [{ referenceId: 'x' }], channel: 'wechat', mode: 'qr' })).status, 422)
})
