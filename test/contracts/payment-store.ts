import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import { paymentStates, type PaymentOrder, type Refund } from '../../core/payments/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-01T01:00:00Z')
const later = (minutes: number): Date => new Date(at.getTime() + minutes * 60_000)
const day = '2027-03-01' as CalendarDate

function anOrder (id: string, given: Partial<PaymentOrder> = {}): PaymentOrder {
  return {
    id,
    orderNumber: `N${id}`,
    purpose: 'bills',
    subjectId: 'contract-1',
    payerPatientId: 'east-anna',
    payerOrganizationId: null,
    isHeld: false,
    channel: 'wechat',
    mode: 'qr',
    amountFen: fen(1500),
    parts: [{ hospitalId: 'east', referenceId: 'bill-1', patientId: 'east-anna', amountFen: fen(1000) }, { hospitalId: 'west', referenceId: 'bill-2', patientId: 'west-anna', amountFen: fen(500) }],
    state: 'pending',
    cashFen: fen(1500),
    insuranceFen: fen(0),
    cashState: null,
    insuranceState: null,
    channelNumber: null,
    prepay: null,
    walletKey: null,
    createdAt: at,
    expiresAt: later(15),
    paidAt: null,
    paidOn: null,
    refundedFen: fen(0),
    queries: 0,
    nextQueryAt: later(1),
    ...given
  }
}

function aRefund (id: string, given: Partial<Refund> = {}): Refund {
  return {
    id,
    orderId: 'o1',
    refundNumber: `R${id}`,
    sourceKey: `key ${id}`,
    amountFen: fen(300),
    parts: [{ hospitalId: 'east', referenceId: 'bill-1', patientId: 'east-anna', amountFen: fen(300) }],
    reason: 'overpaid',
    state: 'submitted',
    requestedBy: 'finance-1',
    requestedAt: at,
    approvedBy: null,
    channelNumber: null,
    doneAt: null,
    doneOn: null,
    queries: 0,
    nextQueryAt: null,
    ...given
  }
}

const page = { limit: 10, offset: 0 }
const all = { payerPatientIds: null, subjectId: null, states: null }
const everything = { orderId: null, state: null, hospitalId: null, payerPatientIds: null }

export function paymentStoreContract (t: Test, open: OpenStore): void {
  t.test('orders that are not decided → are found by their expiry, the oldest first', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      for (const [id, state, expiresAt] of [['1', 'unknown', 20], ['2', 'pending', 10], ['3', 'created', 30], ['4', 'success', 5], ['5', 'closed', 5], ['6', 'failed', 5]] as const) {
        await payments.save(anOrder(id, { state, expiresAt: later(expiresAt), nextQueryAt: null }))
      }
      const found = async (minutes: number, limit = 9): Promise<readonly string[]> => (await payments.undecided(later(minutes), limit)).map(({ id }) => id)
      t.strictSame([await found(10), await found(30), await found(31), await found(31, 2)], [[], ['2', '1'], ['2', '1', '3'], ['2', '1']])
    })
  })

  t.test('an order → is read back as saved in every state, by id and number', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      for (const state of paymentStates) {
        const order = anOrder('o1', { state })
        await payments.save(order)
        t.strictSame([await payments.find('o1'), await payments.findForChange('o1'), await payments.byOrderNumber('No1')], [order, order, order])
      }
      const paid = anOrder('o1', { state: 'success', channelNumber: '4200', prepay: { codeUrl: 'weixin://x' }, walletKey: 'key', paidAt: later(2), paidOn: day, refundedFen: fen(1), queries: 2, nextQueryAt: null })
      await payments.save(paid)
      t.strictSame(await payments.find('o1'), paid)
      const mixed = anOrder('o2', { channel: 'mixed', cashFen: fen(500), insuranceFen: fen(1000), cashState: 'success', insuranceState: 'pending' })
      await payments.save(mixed)
      t.strictSame([await payments.find('o2'), await payments.find('o9'), await payments.byOrderNumber('o2')], [mixed, null, null])
    })
  })

  t.test('orders → are listed the newest first, narrowed by each filter, and paged', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      await payments.save(anOrder('o1'))
      await payments.save(anOrder('o2', { createdAt: later(1), payerPatientId: 'west-berta', parts: [{ hospitalId: 'west', referenceId: 'bill-3', patientId: 'west-berta', amountFen: fen(1500) }], subjectId: 'contract-2' }))
      await payments.save(anOrder('o3', { createdAt: later(2), state: 'success', purpose: 'consultations' }))
      const found = async (filter: Partial<Parameters<typeof payments.list>[0]>, at = page): Promise<string> => (await payments.list({ ...all, ...filter }, at)).map(({ id }) => id).join(' ')
      t.strictSame([await found({}), await found({ payerPatientIds: ['east-anna'] }), await found({ payerPatientIds: [] }), await found({ subjectId: 'contract-2' }), await found({ states: ['pending', 'created'] }),
        await found({ purpose: 'bills' }), await found({ hospitalId: 'east' }), await found({}, { limit: 1, offset: 1 })],
      ['o3 o2 o1', 'o3 o1', '', 'o2', 'o2 o1', 'o2 o1', 'o3 o1', 'o2'])
    })
  })

  t.test('money under way → is known by purpose and subject, until its order is decided', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      const order = anOrder('o1')
      const isUnderWay: boolean[] = []
      for (const state of ['created', 'pending', 'unknown', 'success', 'failed', 'closed'] as const) {
        await payments.save({ ...order, state })
        isUnderWay.push(await payments.hasOpen(order.purpose, order.subjectId))
      }
      t.strictSame(isUnderWay, [true, true, true, false, false, false])
      await payments.save(order)
      t.strictSame([await payments.hasOpen('consultations', order.subjectId), await payments.hasOpen(order.purpose, 'contract-9')], [false, false])
    })
  })

  t.test('orders and refunds whose query is due → come the earliest first, with when the next one is', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      t.strictSame([await payments.nextQueryAt(), await payments.nextRefundQueryAt()], [null, null])
      await payments.save(anOrder('o1', { nextQueryAt: later(5) }))
      await payments.save(anOrder('o2', { nextQueryAt: later(3) }))
      await payments.save(anOrder('o3', { nextQueryAt: null }))
      await payments.saveRefund(aRefund('r1', { nextQueryAt: later(7) }))
      await payments.saveRefund(aRefund('r2', { nextQueryAt: later(4) }))
      const due = async (minutes: number, limit = 10): Promise<string> => [...await payments.toQuery(later(minutes), limit), ...await payments.refundsToQuery(later(minutes), limit)].map(({ id }) => id).join(' ')
      t.strictSame([await due(2), await due(3), await due(9), await due(9, 1)], ['', 'o2', 'o2 o1 r2 r1', 'o2 r2'])
      t.strictSame([await payments.nextQueryAt(), await payments.nextRefundQueryAt()], [later(3), later(4)])
    })
  })

  t.test('a refund → is read back as saved, by each of its keys; its source key stands once', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      await payments.save(anOrder('o1'))
      const asked = aRefund('r1', { state: 'requested' })
      const done = aRefund('r1', { state: 'success', half: 'cash', approvedBy: 'finance-2', channelNumber: '5000', doneAt: later(9), doneOn: day, queries: 1 })
      for (const refund of [asked, done]) {
        await payments.saveRefund(refund)
        t.strictSame([await payments.findRefund('r1'), await payments.refundBySourceKey('key r1'), await payments.refundByNumber('Rr1'), await payments.refundsOf('o1')], [refund, refund, refund, [refund]])
      }
    })
    const again = await Promise.allSettled([inTransaction(({ payments }) => payments.saveRefund(aRefund('r2', { sourceKey: 'key r1' })))])
    t.equal(refusals(again).length, 1)
  })

  t.test('refunds → are listed the newest first, narrowed by each filter', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      await payments.save(anOrder('o1'))
      await payments.save(anOrder('o2', { payerPatientId: 'west-berta', parts: [{ hospitalId: 'west', referenceId: 'b', patientId: 'west-berta', amountFen: fen(1500) }] }))
      await payments.saveRefund(aRefund('r1'))
      await payments.saveRefund(aRefund('r2', { orderId: 'o2', requestedAt: later(1), state: 'requested' }))
      const found = async (filter: Partial<Parameters<typeof payments.refunds>[0]>): Promise<string> => (await payments.refunds({ ...everything, ...filter }, page)).map(({ id }) => id).join(' ')
      t.strictSame([await found({}), await found({ orderId: 'o1' }), await found({ state: 'requested' }), await found({ hospitalId: 'east' }), await found({ payerPatientIds: ['west-berta'] }), await found({ payerPatientIds: [] })], ['r2 r1', 'r1', 'r2', 'r1', 'r2', ''])
    })
  })

  t.test('what succeeded on a day of a channel → is read page by page, refunds with their orders', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      for (const id of ['o1', 'o2', 'o3']) await payments.save(anOrder(id, { state: 'success', paidOn: day, paidAt: at }))
      await payments.save(anOrder('o4', { state: 'success', paidOn: '2027-03-02' as CalendarDate, paidAt: at }))
      await payments.save(anOrder('o5', { state: 'success', channel: 'alipay', paidOn: day, paidAt: at }))
      for (const id of ['r1', 'r2']) await payments.saveRefund(aRefund(id, { state: 'success', doneAt: at, doneOn: day }))
      await payments.saveRefund(aRefund('r3', { orderId: 'o5', state: 'success', doneAt: at, doneOn: day }))
      const succeeded = await payments.succeededOn('wechat', day, { limit: 2, after: null })
      const next = await payments.succeededOn('wechat', day, { limit: 2, after: succeeded.at(-1)?.orderNumber ?? null })
      t.strictSame([...succeeded, ...next].map(({ id }) => id), ['o1', 'o2', 'o3'])
      const refunds = await payments.refundsDoneOn('wechat', day, { limit: 1, after: null })
      const rest = await payments.refundsDoneOn('wechat', day, { limit: 5, after: 'Rr1' })
      t.strictSame([...refunds, ...rest].map(({ id, order }) => [id, order.id, order.parts.length]), [['r1', 'o1', 2], ['r2', 'o1', 2]])
    })
  })

  t.test('a call-back → is kept once by its key, byte for byte, and its first outcome stays', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ payments }) => {
      const callback = { id: 'c1', channel: 'wechat', key: 'k1', headers: { 'wechatpay-nonce': 'n' }, body: Buffer.from([0, 255, 10]), at }
      t.strictSame([await payments.keepCallback(callback), await payments.keepCallback({ ...callback, id: 'c2' })], [true, false])
      await payments.settleCallback('c1', 'applied', at)
      await payments.settleCallback('c1', 'repeated', later(1))
      t.strictSame([await payments.callback('c1'), await payments.callback('c2')], [{ channel: 'wechat', headers: callback.headers, body: callback.body, outcome: 'applied' }, null])
      t.strictSame([await payments.dropCallbacks(at, 10), await payments.dropCallbacks(later(1), 10), await payments.callback('c1')], [0, 1, null])
    })
  })

  t.test('an order that two want to change → is changed by one after the other', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(({ payments }) => payments.save(anOrder('o1')))
    await Promise.all(Array.from({ length: 8 }, () => inTransaction(async ({ payments }) => {
      const order = await payments.findForChange('o1')
      if (order !== null) await payments.save({ ...order, queries: order.queries + 1 })
    })))
    t.equal((await inTransaction(({ payments }) => payments.find('o1')))?.queries, 8)
  })
}
