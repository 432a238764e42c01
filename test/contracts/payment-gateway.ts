import type { ChannelUnderTest } from '../adapters/payments/a-channel.ts'
import { anOrder, aRefund, nobody } from '../adapters/payments/a-channel.ts'
import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import type { PaymentOrder } from '../../core/payments/index.ts'
import type { Test } from 'tap'

/** One suite for every channel that takes money, against its simulator. */
export function paymentGatewayContract (t: Test, open: (t: Test) => Promise<ChannelUnderTest>): void {
  const day = '2027-03-01' as CalendarDate
  const paidOrder = async (t: Test): Promise<ChannelUnderTest & { readonly order: PaymentOrder }> => {
    const channel = await open(t)
    const order = anOrder({ channel: channel.gateway.channel })
    await channel.gateway.create(order, nobody)
    await channel.simulator.act({ act: 'pay', key: order.orderNumber })
    const said = await channel.gateway.query(order)
    return { ...channel, order: { ...order, state: 'success', channelNumber: said?.channelNumber ?? null, paidAt: said?.at ?? null } }
  }

  t.test('an order is made once, however often it is asked for, waits, and is paid', async (t) => {
    const { gateway, simulator, callbacks, read, clock } = await open(t)
    const order = anOrder({ channel: gateway.channel })
    t.equal(await gateway.query(order), null, 'not known before')
    const prepay = await gateway.create(order, nobody)
    t.strictSame([Object.keys(prepay), await gateway.create(order, nobody)], [['codeUrl'], prepay])
    t.strictSame(await gateway.query(order), { orderNumber: order.orderNumber, state: 'pending', amountFen: 12_345, channelNumber: null, at: null })
    clock.at = new Date('2027-03-01T10:30:15+08:00')
    await simulator.act({ act: 'pay', key: order.orderNumber })
    const [callback] = callbacks
    const said = await read(callback)
    const known = await gateway.query(order)
    t.match(known, { orderNumber: order.orderNumber, state: 'success', amountFen: 12_345, channelNumber: /^\d+/, at: new Date('2027-03-01T10:30:15+08:00') })
    t.strictSame([callbacks.length, said?.kind, said?.notice], [1, 'payment', known], 'call-back and query say the same')
    await t.rejects(gateway.create(order, nobody), { code: 'OUTSIDE_REFUSED' }, 'what is paid cannot be paid again')
  })

  t.test('an order of the same number with another amount is refused', async (t) => {
    const { gateway } = await open(t)
    await gateway.create(anOrder(), nobody)
    await t.rejects(gateway.create(anOrder({ amountFen: fen(1) }), nobody), { code: 'OUTSIDE_REFUSED' })
  })

  t.test('an order that is refused, closed or out of time says so, and closing is repeatable', async (t) => {
    const { gateway, simulator, clock } = await open(t)
    const orders = ['a', 'b', 'c'].map((letter) => anOrder({ orderNumber: `order00000000000000000000000000${letter}` }))
    const [refused, closed, late] = orders as [PaymentOrder, PaymentOrder, PaymentOrder]
    for (const order of orders) await gateway.create(order, nobody)
    await simulator.act({ act: 'refuse', key: refused.orderNumber })
    await gateway.close(closed)
    await gateway.close(closed)
    await gateway.close(anOrder({ orderNumber: 'never0000000000000000000000000x' }))
    clock.at = late.expiresAt
    const states = await Promise.all(orders.map(async (order) => (await gateway.query(order))?.state))
    t.ok(['failed', 'closed'].includes(states[0] ?? ''))
    t.strictSame(states.slice(1), ['closed', 'closed'])
    await t.rejects(simulator.act({ act: 'pay', key: closed.orderNumber }), { code: 'REQUEST_INVALID' })
  })

  t.test('a refund is carried out once under its number, whatever is repeated, and never above what was paid', async (t) => {
    const { gateway, order } = await paidOrder(t)
    const refund = aRefund()
    t.equal(await gateway.queryRefund(refund, order), null)
    const answers = [await gateway.refund(refund, order), await gateway.refund(refund, order), await gateway.queryRefund(refund, order)]
    for (const answer of answers) t.match(answer, { refundNumber: refund.refundNumber, state: 'success', amountFen: 2_345, at: new Date('2027-03-01T10:00:00+08:00') })
    await t.rejects(gateway.refund(aRefund({ amountFen: fen(1) }), order), { code: 'OUTSIDE_REFUSED' }, 'other content under the same number')
    await t.rejects(gateway.refund(aRefund({ refundNumber: 'ref2000000000000000000000000000', amountFen: fen(10_001) }), order), { code: 'OUTSIDE_REFUSED' })
    t.match(await gateway.refund(aRefund({ refundNumber: 'ref3000000000000000000000000000', amountFen: fen(10_000) }), order), { state: 'success' })
    t.match(await gateway.query(order), { state: 'success', amountFen: 12_345 }, 'what was refunded in whole had been paid')
  })

  t.test('a refund that waits three days is pending until then', async (t) => {
    const { gateway, order, clock, fail, simulator } = await paidOrder(t)
    fail('refund_pending')
    t.match(await gateway.refund(aRefund(), order), { state: 'pending', at: null })
    t.match(await gateway.queryRefund(aRefund(), order), { state: 'pending', at: null })
    clock.at = new Date('2027-03-04T10:00:00+08:00')
    t.match(await gateway.queryRefund(aRefund(), order), { state: 'success', at: clock.at })
    fail('refund_pending')
    const next = aRefund({ refundNumber: 'ref2000000000000000000000000000' })
    await gateway.refund(next, order)
    await simulator.act({ act: 'refund', key: next.refundNumber })
    t.match(await gateway.queryRefund(next, order), { state: 'success' })
  })

  t.test('an answer that does not come leaves the outcome open, and the same number finds it', async (t) => {
    const { gateway, fail, order: paid, simulator } = await paidOrder(t)
    const order = anOrder({ orderNumber: 'order000000000000000000000000002' })
    for (const kind of ['unavailable', 'dropped', 'lost', 'slow'] as const) {
      fail(kind)
      await t.rejects(gateway.create(order, nobody), { code: 'OUTSIDE_UNAVAILABLE' }, kind)
    }
    t.match(await gateway.query(order), { state: 'pending' })
    fail('lost')
    await t.rejects(gateway.refund(aRefund(), paid), { code: 'OUTSIDE_UNAVAILABLE' })
    t.match(await gateway.queryRefund(aRefund(), paid), { state: 'success', amountFen: 2_345 })
    simulator.setFaults([])
    t.match(await gateway.refund(aRefund(), paid), { state: 'success', amountFen: 2_345 })
  })

  t.test('a call-back that comes twice has one key; one that is late comes after the next; one nobody takes is tried again', async (t) => {
    const { gateway, simulator, callbacks, read, fail } = await open(t)
    const orders = [1, 2, 3].map((place) => anOrder({ orderNumber: `order00000000000000000000000000${place}` }))
    for (const order of orders) await gateway.create(order, nobody)
    const [first, second, third] = orders.map(({ orderNumber }) => orderNumber) as [string, string, string]
    fail('duplicate')
    await simulator.act({ act: 'pay', key: first })
    const said = await Promise.all(callbacks.map(read))
    t.strictSame([said.length, said[0]?.key], [2, said[1]?.key])
    fail('reordered')
    await simulator.act({ act: 'pay', key: second })
    t.equal(callbacks.length, 2)
    await simulator.act({ act: 'pay', key: third })
    t.strictSame(await Promise.all(callbacks.slice(2).map(async (callback) => { const read_ = await read(callback); return read_?.kind === 'payment' ? read_.notice.orderNumber : null })), [third, second])
  })

  t.test('a call-back with a wrong signature proves nothing; one with a wrong amount tells it, and the query tells the right one [I-52]', async (t) => {
    const { gateway, simulator, callbacks, read, fail } = await open(t)
    const orders = [anOrder(), anOrder({ orderNumber: 'order000000000000000000000000002' })] as const
    for (const order of orders) await gateway.create(order, nobody)
    fail('forged')
    await simulator.act({ act: 'pay', key: orders[0].orderNumber })
    t.strictSame([await read(callbacks[0]), (await read(callbacks[1]))?.notice.amountFen], [null, 12_345])
    fail('wrong_amount')
    await simulator.act({ act: 'pay', key: orders[1].orderNumber })
    t.strictSame([(await read(callbacks[2]))?.notice.amountFen, (await gateway.query(orders[1]))?.amountFen], [12_346, 12_345])
  })

  t.test('a channel that changes its key in mid-day is believed, since the coming key was named before', async (t) => {
    const { gateway, simulator, callbacks, read, fail } = await open(t)
    const order = anOrder()
    await gateway.create(order, nobody)
    fail('key_rotation')
    t.match(await gateway.query(order), { state: 'pending' })
    await simulator.act({ act: 'pay', key: order.orderNumber })
    t.match(await read(callbacks[0]), { kind: 'payment', notice: { state: 'success' } })
  })

  t.test('a statement does not exist before its hour, later where it is late, at once where it is asked for', async (t) => {
    const { gateway, clock, simulator } = await paidOrder(t)
    t.equal(await gateway.statement(day), null)
    clock.at = new Date('2027-03-02T09:59:59+08:00')
    t.equal(await gateway.statement(day), null)
    clock.at = new Date('2027-03-02T10:00:00+08:00')
    simulator.setFaults([{ kind: 'statement_late', rate: 1, count: null, seed: 1 }])
    t.equal(await gateway.statement(day), null)
    clock.at = new Date('2027-03-02T11:30:00+08:00')
    t.ok(await gateway.statement(day))
    t.equal(await gateway.statement('2027-03-02' as CalendarDate), null)
    await simulator.act({ act: 'statement', key: '2027-03-02' })
    t.ok(await gateway.statement('2027-03-02' as CalendarDate))
  })

  t.test('a statement that was torn on its way is refused [acc:C-16]', async (t) => {
    const { gateway, clock, fail } = await paidOrder(t)
    clock.at = new Date('2027-03-02T12:00:00+08:00')
    fail('statement_corrupted')
    await t.rejects(gateway.statement(day), { code: 'STATEMENT_INVALID' })
    t.ok(await gateway.statement(day))
  })
}
