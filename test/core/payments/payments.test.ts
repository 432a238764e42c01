import assert from 'node:assert'
import t from 'tap'
import { fen } from '../../../core/money.ts'
import { noticeKind } from '../../../core/notice.ts'
import { channelClearing, patientReceivable, suspense } from '../../../core/ledger/index.ts'
import { cancelPayment, decideOnRefund, learn, movedPayment, movedRefund, nextQuery, nextRefundQuery, paymentMoves, paymentStates, refundMoves, refundStates, splitFen, type PaymentOrder, type Refund } from '../../../core/payments/index.ts'
import { freshStore } from '../../fixtures/store.ts'
import { undecidedPayments } from '../../../jobs/undecided-payments.ts'
import { aChannel, type AChannel } from './a-channel.ts'
import { aTill, minutes } from './a-till.ts'

const store = await freshStore(t)
const { wechat, alipay, till } = (() => {
  const channels: { now: () => Date } = { now: () => new Date(0) }
  const wechat = aChannel('wechat', () => channels.now())
  const alipay = aChannel('alipay', () => channels.now())
  const till = aTill(store, (now) => {
    channels.now = now
    return [wechat.gateway, alipay.gateway]
  })
  return { wechat, alipay, till }
})()
let count = 0
const aDebtor = async (amountFen = 1000): Promise<string> => {
  const patientId = `p${++count}`
  await till.owe(patientId, amountFen)
  return patientId
}
const owed = (patientId: string): Promise<number> => till.balance(patientReceivable(patientId))

t.test('the states of a payment and of a refund → go where the table says, every other step is refused', async (t) => {
  const order = { state: 'created' } as PaymentOrder
  const refund = { state: 'requested' } as Refund
  for (const from of paymentStates) {
    for (const to of paymentStates) {
      if (paymentMoves[from].includes(to)) t.equal(movedPayment({ ...order, state: from }, to).state, to)
      else t.throws(() => movedPayment({ ...order, state: from }, to), { code: 'PAYMENT_NOT_PAYABLE' }, `${from} to ${to}`)
    }
  }
  for (const from of refundStates) {
    for (const to of refundStates) {
      if (refundMoves[from].includes(to)) t.equal(movedRefund({ ...refund, state: from }, to).state, to)
      else t.throws(() => movedRefund({ ...refund, state: from }, to), { code: 'DECISION_MADE' }, `${from} to ${to}`)
    }
  }
  t.strictSame([paymentMoves.success, refundMoves.success, refundMoves.failed], [[], [], []], 'what is done is done')
})

t.test('an order → is asked for after 30 s, 1, 2, 5, 10 min, on its expiry, then every 10 min for a day', async (t) => {
  const createdAt = new Date('2027-03-01T01:00:00Z')
  const order = { createdAt, expiresAt: new Date(createdAt.getTime() + minutes(15)) }
  const asked: number[] = []
  for (let at = nextQuery(order, createdAt); at !== null; at = nextQuery(order, at)) asked.push((at.getTime() - createdAt.getTime()) / 60_000)
  t.strictSame(asked.slice(0, 8), [0.5, 1, 2, 5, 10, 15, 20, 30])
  t.strictSame([asked.at(-1), asked.length], [1450, 150])
  t.equal(nextQuery(order, new Date('2027-03-01T13:01:00Z'))?.toISOString(), '2027-03-01T13:10:00.000Z', 'after an outage it is asked once')
})

t.test('a refund → is asked for ever less often, and not without end', async (t) => {
  const now = new Date('2027-03-01T01:00:00Z')
  t.strictSame([0, 1, 5, 6, 124, 125].map((queries) => (nextRefundQuery({ queries }, now)?.getTime() ?? NaN) - now.getTime()).map((ms) => ms / 60_000), [1, 5, 360, 360, 360, NaN])
})

t.test('an amount split by weights → loses no fen, the largest remainder first [I-13]', async (t) => {
  t.strictSame([splitFen(fen(100), [1, 1, 1]), splitFen(fen(7), [500, 300, 200]), splitFen(fen(1), [1, 2])], [[34, 33, 33], [4, 2, 1], [0, 1]])
})

t.test('who owes', async (t) => {
  t.test('and pays → owes nothing; the money stands in clearing, with the channel\'s time and number', async (t) => {
    const patientId = await aDebtor()
    const made = await till.create(patientId)
    t.match(made, { state: 'pending', amountFen: 1000, prepay: { codeUrl: `pay://${made.orderNumber}` } })
    const paidAt = till.now()
    wechat.pay(made.orderNumber)
    till.pass(minutes(1))
    t.match(await till.callBack(wechat.callbackOf(made.orderNumber)), { status: 200, body: '{"code":"SUCCESS"}' })
    t.equal((await till.order(made.id)).state, 'pending', 'the answer does not wait for the ledger')
    await till.drain()
    t.match(await till.order(made.id), { state: 'success', channelNumber: `T-${made.orderNumber}`, paidAt, paidOn: '2027-03-01', nextQueryAt: null })
    t.equal(await owed(patientId), 0)
  })

  t.test('and asks twice → gets the same order; another amount, channel or wallet is another one', async (t) => {
    const patientId = await aDebtor()
    const first = await till.create(patientId)
    const others = [await till.create(patientId, { amountFen: fen(999) }), await till.create(patientId, { channel: 'alipay' }), await till.create(patientId, { walletKey: 'mother' })]
    t.equal((await till.create(patientId)).id, first.id)
    t.equal(new Set([first, ...others].map(({ id }) => id)).size, 4)
    till.pass(minutes(16))
    t.not((await till.create(patientId)).id, first.id, 'what has expired is not paid any more')
  })

  t.test('nothing → cannot pay; nor through a channel that is not there, nor too much', async (t) => {
    await t.rejects(till.create('nobody'), { code: 'PAYMENT_NOT_PAYABLE' })
    const patientId = await aDebtor()
    await t.rejects(till.create(patientId, { channel: 'bank' }), { code: 'PAYMENT_CHANNEL_UNAVAILABLE' })
    await t.rejects(till.create(patientId, { amountFen: fen(1001) }), { code: 'PAYMENT_AMOUNT_INVALID' })
    await t.rejects(till.create(patientId, { purpose: 'toString' }), { code: 'REQUEST_INVALID' })
  })

  t.test('and whose order got no answer → has an unknown one, which the next attempt or query clears up', async (t) => {
    const patientId = await aDebtor()
    wechat.faults.push('lost_answer')
    const made = await till.create(patientId)
    t.match(made, { state: 'unknown', prepay: null })
    t.match(await till.create(patientId), { id: made.id, state: 'pending', prepay: { codeUrl: `pay://${made.orderNumber}` } })
    const otherId = await aDebtor()
    wechat.faults.push('lost_answer')
    const lost = await till.create(otherId)
    wechat.pay(lost.orderNumber)
    await till.wait(minutes(1))
    t.equal((await till.order(lost.id)).state, 'success')
  })

  t.test('and is refused by the channel → has a failed order and may try again', async (t) => {
    const patientId = await aDebtor()
    wechat.refuses = true
    await t.rejects(till.create(patientId), { code: 'OUTSIDE_REFUSED' })
    wechat.refuses = false
    await till.drain()
    t.equal((await till.create(patientId)).state, 'pending')
  })

  t.test('and lets the order expire → has it closed at the channel first; what was paid just before is taken', async (t) => {
    const [slow, late] = [await till.create(await aDebtor()), await till.create(await aDebtor())]
    await till.wait(minutes(14))
    wechat.pay(late.orderNumber)
    wechat.faults.push('down', 'down')
    await till.wait(minutes(20))
    t.strictSame([(await till.order(slow.id)).state, (await till.order(late.id)).state], ['closed', 'success'])
    t.equal(wechat.pay(slow.orderNumber), false, 'the channel takes no money for it any more')
  })

  t.test('and of whom a channel says paid after the order was closed here → has paid', async (t) => {
    const patientId = await aDebtor()
    const made = await till.create(patientId)
    const learned = (notice: Partial<Parameters<typeof learn>[2]['notice']>) => store.inTransaction((stores) => learn(stores, till.tools, { channel: 'wechat', at: till.now(), notice: { orderNumber: made.orderNumber, state: 'success', amountFen: fen(1000), channelNumber: 'late', at: till.now(), ...notice } }))
    t.strictSame([await learned({ state: 'closed' }), await learned({ state: 'pending' }), await learned({}), await learned({}), await learned({ state: 'closed' }), await learned({ channelNumber: 'another' })],
      ['applied', 'repeated', 'applied', 'repeated', 'repeated', 'number_differs'])
    t.strictSame([(await till.order(made.id)).state, await owed(patientId)], ['success', 0])
  })

  t.test('and gives the payment up → has it closed at the channel; again nothing happens; a paid one is refused', async (t) => {
    const made = await till.create(await aDebtor())
    t.strictSame([(await cancelPayment(till.tools, made.id)).state, (await cancelPayment(till.tools, made.id)).state], ['closed', 'closed'])
    const paid = await till.create(await aDebtor())
    wechat.pay(paid.orderNumber)
    await t.rejects(cancelPayment(till.tools, paid.id), { code: 'PAYMENT_NOT_PAYABLE' })
    t.equal((await till.order(paid.id)).state, 'success')
    const silent = await till.create(await aDebtor())
    wechat.faults.push('down')
    await t.rejects(cancelPayment(till.tools, silent.id), { code: 'PAYMENT_CHANNEL_UNAVAILABLE' })
    t.equal((await till.order(silent.id)).state, 'pending')
  })

  t.test('and pays by one of two ways → has the other order closed', async (t) => {
    const patientId = await aDebtor()
    const [one, other] = [await till.create(patientId), await till.create(patientId, { channel: 'alipay' })]
    wechat.pay(one.orderNumber)
    await till.callBack(wechat.callbackOf(one.orderNumber))
    await till.drain()
    t.strictSame([(await till.order(one.id)).state, (await till.order(other.id)).state], ['success', 'closed'])
  })
})

t.test('a payment that fails for good → is told to the payer once; not where it was refused before the payer\'s eyes, nor where the debt is paid another way', async (t) => {
  const told = async (patientId: string): Promise<readonly unknown[]> => (await store.inReading(({ outbox }) => outbox.due(till.now(), 5_000, noticeKind))).filter(({ payload }) => payload['patientId'] === patientId).map(({ payload, key }) => [key, payload['template'], payload['params']])
  const fails = (order: PaymentOrder) => store.inTransaction((stores) => learn(stores, till.tools, { channel: 'wechat', at: till.now(), notice: { orderNumber: order.orderNumber, state: 'failed', amountFen: order.amountFen, channelNumber: null, at: till.now() } }))
  const [unlucky, otherwise, refused] = [await aDebtor(), await aDebtor(), await aDebtor()]
  const first = await till.create(unlucky)
  t.strictSame([await fails(first), await fails(first)], ['applied', 'repeated'])
  t.strictSame(await told(unlucky), [[`payment_failed:${first.id}`, 'payment_failed', { amount: '10.00' }]])
  const [one, other] = [await till.create(otherwise), await till.create(otherwise, { channel: 'alipay' })]
  alipay.pay(other.orderNumber)
  await till.callBack(alipay.callbackOf(other.orderNumber), 'alipay')
  await till.drain()
  await fails(one)
  wechat.refuses = true
  await t.rejects(till.create(refused), { code: 'OUTSIDE_REFUSED' })
  wechat.refuses = false
  t.strictSame([await told(otherwise), await told(refused)], [[], []])
})

t.test('a channel that is silent on a payment a day after it expired → opens one alert for operators, and closes it when the payment is decided', async (t) => {
  const channels: AChannel[] = []
  const own = aTill(await freshStore(t), (now) => {
    channels.push(aChannel('wechat', now))
    return channels.map(({ gateway }) => gateway)
  })
  const [silent] = channels as [AChannel]
  const job = undecidedPayments(own.tools, { inTransaction: own.store.inTransaction, ids: own.tools.ids, onCall: [] })
  const open = (): Promise<ReadonlyArray<readonly string[]>> => own.store.inReading(async ({ alerts }) => (await alerts.open()).map(({ key, detail }) => [key, detail]))
  await own.owe('anna', 1_000)
  const order = await own.create('anna')
  silent.faults.push(...Array.from({ length: 300 }, () => 'down' as const))
  await own.wait(minutes(15 + 24 * 60))
  t.match(await own.order(order.id), { state: 'unknown', nextQueryAt: null })
  t.strictSame([await job.run(own.now()), await open()], [{ asked: 0, undecided: 0 }, []], 'the day is not over')
  own.pass(1)
  t.strictSame([await job.run(own.now()), await job.run(own.now())], [{ asked: 1, undecided: 1 }, { asked: 1, undecided: 1 }])
  t.strictSame(await open(), [['job:undecided-payments', '1 payments of wechat undecided a day after they expired']])
  silent.pay(order.orderNumber)
  silent.faults.splice(0)
  t.strictSame([await job.run(own.now()), await open()], [{ asked: 1, undecided: 0 }, []], 'the channel is back, and had been paid')
  t.equal((await own.order(order.id)).state, 'success')
})

t.test('forty who pay one debt at once → pay it once; the rest is refused or goes back', async (t) => {
  const patientId = await aDebtor()
  const before = alipay.heldFen() + wechat.heldFen()
  const made = await Promise.allSettled(Array.from({ length: 40 }, (_, place) => till.create(patientId, { channel: place % 2 === 0 ? 'wechat' : 'alipay', walletKey: `wallet ${place}` })))
  const orders = made.flatMap((one) => one.status === 'fulfilled' ? [one.value] : [])
  assert(orders.length > 1)
  await Promise.all(orders.map(async ({ orderNumber, channel }) => {
    const at = channel === 'alipay' ? alipay : wechat
    if (at.pay(orderNumber)) await till.callBack(at.callbackOf(orderNumber), channel === 'alipay' ? 'alipay' : 'wechat')
  }))
  t.strictSame(await till.drain(), [])
  t.strictSame([await owed(patientId), alipay.heldFen() + wechat.heldFen() - before], [0, 1000])
})

t.test('a refund', async (t) => {
  const aPaid = async (amountFen = 1000): Promise<PaymentOrder> => {
    const made = await till.create(await aDebtor(amountFen))
    wechat.pay(made.orderNumber)
    await till.callBack(wechat.callbackOf(made.orderNumber))
    await till.drain()
    return await till.order(made.id)
  }

  t.test('asked for fifty times at once → moves once and has fifty equal answers [I-09] [acc:C-09]', async (t) => {
    const order = await aPaid()
    const answers = await Promise.all(Array.from({ length: 50 }, () => till.refund(order.id, { sourceKey: `once ${order.id}`, amountFen: fen(400) })))
    t.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
    await till.drain()
    t.strictSame([[...wechat.trades.get(order.orderNumber)?.refunds.values() ?? []].map(({ amountFen }) => amountFen), (await till.order(order.id)).refundedFen], [[400], 400])
    t.match(await till.refund(order.id, { sourceKey: `once ${order.id}`, amountFen: fen(400) }), { id: answers[0]?.id, state: 'success' })
  })

  t.test('of more than is left → is refused, what is under way counts', async (t) => {
    const order = await aPaid()
    await till.refund(order.id, { amountFen: fen(600) })
    await t.rejects(till.refund(order.id, { amountFen: fen(401) }), { code: 'REFUND_EXCEEDS_PAYMENT' })
    t.equal((await till.refund(order.id)).amountFen, 400)
    await t.rejects(till.refund(order.id), { code: 'REFUND_EXCEEDS_PAYMENT' })
    const open = await till.create(await aDebtor())
    await t.rejects(till.refund(open.id, { amountFen: fen(1) }), { code: 'REFUND_EXCEEDS_PAYMENT' })
    await t.rejects(till.refund('nothing'), { code: 'PAYMENT_NOT_FOUND' })
  })

  t.test('whose answer is lost → is asked for, and went once', async (t) => {
    const order = await aPaid()
    wechat.faults.push('lost_answer')
    const refund = await till.refund(order.id)
    await till.drain()
    t.match(await till.refundsOf(order.id), [{ state: 'unknown' }])
    await till.wait(minutes(2))
    t.match([await till.refundsOf(order.id), wechat.trades.get(order.orderNumber)?.refunds.size], [[{ id: refund.id, state: 'success', doneOn: '2027-03-01' }], 1])
  })

  t.test('that the channel never heard of → is handed to it again', async (t) => {
    const order = await aPaid()
    wechat.faults.push('down', 'down')
    await till.refund(order.id)
    await till.drain()
    await till.wait(minutes(10))
    t.match([await till.refundsOf(order.id), wechat.trades.get(order.orderNumber)?.refunds.size], [[{ state: 'success' }], 1])
  })

  t.test('that the channel refuses → gives the money back to where it stood, and may be asked for again', async (t) => {
    const order = await aPaid()
    wechat.refuses = true
    const refund = await till.refund(order.id)
    t.equal(await owed(order.payerPatientId ?? ''), 1000)
    await till.drain()
    wechat.refuses = false
    t.match(await till.refundsOf(order.id), [{ id: refund.id, state: 'failed' }])
    t.equal(await owed(order.payerPatientId ?? ''), 0)
    await till.refund(order.id)
    await till.drain()
    t.strictSame([(await till.refundsOf(order.id)).map(({ state }) => state).sort(), (await till.order(order.id)).refundedFen], [['failed', 'success'], 1000])
  })

  t.test('told by call-back before and after its answer → is done once', async (t) => {
    const order = await aPaid()
    const refund = await till.refund(order.id)
    wechat.trades.get(order.orderNumber)?.refunds.set(refund.refundNumber, { amountFen: 1000, half: undefined })
    await till.callBack(wechat.refundCallback(refund.refundNumber))
    await till.drain()
    till.pass(1000)
    await till.callBack(wechat.refundCallback(refund.refundNumber))
    await till.drain()
    t.strictSame([(await till.order(order.id)).refundedFen, (await till.refundsOf(order.id)).map(({ state }) => state)], [1000, ['success']])
  })

  t.test('above the limit → waits for a second person, who lets it go once or stops it', async (t) => {
    const order = await aPaid(300_000)
    const decide = (refundId: string, by: string, isApproved = true) => store.inTransaction((stores) => decideOnRefund(stores, till.tools, { refundId, isApproved, by }, till.now()))
    const [large, other] = [await till.refund(order.id, { amountFen: fen(100_001) }), await till.refund(order.id, { amountFen: fen(150_000) })]
    await till.drain()
    t.match(await till.refundsOf(order.id), [{ state: 'requested' }, { state: 'requested' }])
    await t.rejects(decide(large.id, 'finance-1'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    t.strictSame([(await decide(large.id, 'finance-2')).state, (await decide(large.id, 'finance-2')).state], ['approved', 'approved'])
    t.equal((await decide(other.id, 'finance-2', false)).state, 'failed')
    await t.rejects(decide(other.id, 'finance-3'), { code: 'DECISION_MADE' })
    await till.drain()
    t.strictSame([(await till.order(order.id)).refundedFen, await owed(order.payerPatientId ?? '')], [100_001, 100_001])
  })
})

t.test('a call-back for no order of ours → lies in suspense, once for each number of the channel', async (t) => {
  const before = await till.balance(suspense('wechat'))
  const stray = (state: 'success' | 'pending', channelNumber: string) => store.inTransaction((stores) => learn(stores, till.tools, { channel: 'wechat', at: till.now(), notice: { orderNumber: 'not-ours', state, amountFen: fen(77), channelNumber, at: till.now() } }))
  t.strictSame([await stray('success', 'S1'), await stray('success', 'S1'), await stray('pending', 'S2'), await stray('success', 'S3')], Array.from({ length: 4 }, () => 'order_unknown'))
  t.equal(await till.balance(suspense('wechat')) - before, -154)
  t.equal(await till.balance(channelClearing('wechat')) - wechat.heldFen(), 154 + 1000, 'the late payment above is not known to this channel')
})
