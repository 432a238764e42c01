import fc from 'fast-check'
import t from 'tap'
import { readStatement } from '../../../adapters/insurance/index.ts'
import { insuranceStatement } from '../../../adapters/statements/insurance.ts'
import type { CalendarDate } from '../../../core/clock.ts'
import { fen } from '../../../core/money.ts'
import type { PaymentOrder, Refund } from '../../../core/payments/index.ts'
import { anInsurer, anna, realNow, traveller, type AnInsurer } from './an-insurer.ts'

const day = '2027-03-01' as CalendarDate
const paidAt = new Date('2027-03-01T10:00:00+08:00')
const later = new Date('2027-03-02T00:30:00+08:00')

const anOrder = (orderNumber: string, change: Partial<PaymentOrder> = {}): PaymentOrder => ({
  id: `order-${orderNumber}`, orderNumber, purpose: 'pay_after_care', subjectId: 'contract-1', payerPatientId: 'east-anna', channel: 'insurance', mode: 'app', amountFen: fen(4449), parts: [],
  state: 'created', cashFen: fen(0), insuranceFen: fen(4449), cashState: null, insuranceState: null, channelNumber: null, prepay: null, createdAt: paidAt, expiresAt: later, paidAt: null,
  refundedFen: fen(0), queries: 0, nextQueryAt: null, ...change
})
const aRefund = (refundNumber: string, amountFen: number): Refund => ({
  id: `refund-${refundNumber}`, orderId: 'order-O1', refundNumber, sourceKey: refundNumber, amountFen: fen(amountFen), parts: [], reason: 'a reason', state: 'approved', requestedBy: 't', requestedAt: paidAt,
  approvedBy: null, channelNumber: null, doneAt: null, queries: 0, nextQueryAt: null
})
const payer = { description: '医后付账单', openid: null, person: anna }

async function paid (insurer: AnInsurer, order = anOrder('O1')): Promise<PaymentOrder> {
  await insurer.payments.create(order, payer)
  await insurer.insurer.act({ act: 'pay', key: order.orderNumber })
  return order
}

const heard = async ({ payments, callbacks }: AnInsurer, place = 0) => await payments.readCallback({}, Buffer.from(callbacks[place] ?? ''), realNow)

t.test('a patient who pays from the insurance account without the card', async (t) => {
  t.test('is asked to agree in the insurer\'s app, agrees, and we hear of it', async (t) => {
    const insurer = anInsurer()
    t.match(await insurer.payments.create(anOrder('O1'), payer), { payOrderId: /^P\d{12}$/, payUrl: /^https:/ })
    t.match(await insurer.payments.query(anOrder('O1')), { state: 'pending', amountFen: 4449, at: null })
    await insurer.insurer.act({ act: 'pay', key: 'O1' })
    t.match(await heard(insurer), { kind: 'payment', notice: { orderNumber: 'O1', state: 'success', amountFen: 4449, at: paidAt } })
    t.match(await insurer.payments.query(anOrder('O1')), { state: 'success', amountFen: 4449, at: paidAt })
    t.match(await insurer.insurer.act({ act: 'look', key: 'anna' }), { balanceFen: 15_551 })
  })

  t.test('is one order however often it is asked for, also after an answer that was lost', async (t) => {
    const insurer = anInsurer()
    insurer.strikeOnce('lost')
    await t.rejects(insurer.payments.create(anOrder('O1'), payer), { code: 'OUTSIDE_UNAVAILABLE' })
    const first = await insurer.payments.create(anOrder('O1'), payer)
    t.strictSame(await insurer.payments.create(anOrder('O1'), payer), first)
    t.equal(insurer.insurer.items(null).length, 1)
  })

  t.test('has too little, or refuses, or is insured elsewhere → nothing is paid', async (t) => {
    const insurer = anInsurer()
    await insurer.payments.create(anOrder('O1', { amountFen: fen(20_001) }), payer)
    await insurer.insurer.act({ act: 'accept', key: null })
    await insurer.payments.create(anOrder('O2'), payer)
    await insurer.insurer.act({ act: 'refuse', key: 'O2' })
    t.match([await insurer.payments.query(anOrder('O1')), await insurer.payments.query(anOrder('O2'))], [{ state: 'failed' }, { state: 'failed' }])
    t.match(await insurer.insurer.act({ act: 'look', key: 'anna' }), { balanceFen: 20_000 })
    await t.rejects(insurer.payments.create(anOrder('O3'), { ...payer, person: traveller }), { code: 'OUTSIDE_REFUSED' })
    await t.rejects(insurer.payments.create(anOrder('O4'), { ...payer, person: null }), { code: 'OUTSIDE_REFUSED' })
    t.equal(await insurer.payments.query(anOrder('O9')), null)
  })

  t.test('does not pay what was closed; what is paid is not closed', async (t) => {
    const insurer = anInsurer()
    await insurer.payments.create(anOrder('O1'), payer)
    await insurer.payments.close(anOrder('O1'))
    await insurer.insurer.act({ act: 'pay', key: 'O1' })
    t.match(await insurer.payments.query(anOrder('O1')), { state: 'closed' })
    await paid(insurer, anOrder('O2'))
    await t.rejects(insurer.payments.close(anOrder('O2')), { code: 'OUTSIDE_REFUSED' })
  })

  t.test('pays the debt also with a locked card', async (t) => {
    const insurer = anInsurer()
    await insurer.gateway.lock?.({ key: 'l1', person: anna, legalBasis: 'a by-law of nowhere' })
    await paid(insurer)
    t.match(await insurer.payments.query(anOrder('O1')), { state: 'success' })
  })
})

t.test('a call-back of the insurer', async (t) => {
  t.test('that was forged, is old, or is of another kind proves nothing [I-52]', async (t) => {
    const insurer = anInsurer()
    insurer.strikeOnce('forged_callback')
    await paid(insurer)
    t.equal(await heard(insurer), null)
    await paid(insurer, anOrder('O2'))
    const body = Buffer.from(insurer.callbacks[1] ?? '')
    t.equal(await insurer.payments.readCallback({}, body, new Date(realNow.getTime() + 300_001)), null)
    t.equal(await insurer.payments.readCallback({}, body, new Date(realNow.getTime() - 300_001)), null)
    t.ok(await insurer.payments.readCallback({}, body, new Date(realNow.getTime() + 300_000)))
    for (const text of ['', '{}', 'x', '[]', '{"infno":"6302"}']) t.equal(await insurer.payments.readCallback({}, Buffer.from(text), realNow), null)
  })

  t.test('with any byte changed proves nothing [I-52]', async () => {
    const insurer = anInsurer()
    await paid(insurer)
    const body = Buffer.from(insurer.callbacks[0] ?? '')
    const honest = JSON.stringify(await heard(insurer))
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: body.length - 1 }), fc.integer({ min: 1, max: 255 }), async (place, by) => {
      const changed = Buffer.from(body)
      changed[place] = (changed[place] ?? 0) ^ by
      const said = await insurer.payments.readCallback({}, changed, realNow)
      // White space and unused bits of base64 carry no meaning.
      return said === null || JSON.stringify(said) === honest
    }), { numRuns: 200 })
  })

  t.test('that comes twice is the same one; with another amount it says so; where none comes the order is asked for', async (t) => {
    const insurer = anInsurer()
    insurer.strikeOnce('duplicate')
    await paid(insurer)
    t.strictSame(await heard(insurer, 1), await heard(insurer, 0))
    insurer.strikeOnce('wrong_amount')
    await paid(insurer, anOrder('O2'))
    t.match(await heard(insurer, 2), { notice: { orderNumber: 'O2', amountFen: 4450 } })
    insurer.strikeOnce('no_callback')
    await paid(insurer, anOrder('O3'))
    t.equal(insurer.callbacks.length, 3)
    t.match(await insurer.payments.query(anOrder('O3')), { state: 'success' })
    t.match(insurer.payments.callbackAnswer(true), { status: 200, body: /"infcode":0/ })
  })
})

t.test('a refund to the insurance account', async (t) => {
  t.test('moves the money once, however often it is asked for [I-09]', async (t) => {
    const insurer = anInsurer()
    const order = await paid(insurer)
    const first = await insurer.payments.refund(aRefund('R1', 449), order)
    t.match(first, { refundNumber: 'R1', state: 'success', amountFen: 449, at: paidAt })
    t.strictSame(await insurer.payments.refund(aRefund('R1', 449), order), first)
    t.match(await insurer.insurer.act({ act: 'look', key: 'anna' }), { balanceFen: 16_000 })
    await t.rejects(insurer.payments.refund(aRefund('R2', 4001), order), { code: 'OUTSIDE_REFUSED' })
    t.equal(await insurer.payments.queryRefund(aRefund('R2', 4001), order), null)
  })

  t.test('whose answer was lost is found by asking', async (t) => {
    const insurer = anInsurer()
    const order = await paid(insurer)
    insurer.strikeOnce('lost')
    await t.rejects(insurer.payments.refund(aRefund('R1', 449), order), { code: 'OUTSIDE_UNAVAILABLE' })
    t.match(await insurer.payments.queryRefund(aRefund('R1', 449), order), { state: 'success', amountFen: 449 })
  })
})

t.test('the statement of a day', async (t) => {
  t.test('lists settlements, payments and what went back as reconciliation reads it, and agrees with the insurer\'s own totals', async (t) => {
    const insurer = anInsurer()
    const order = await paid(insurer)
    await insurer.payments.refund(aRefund('R1', 449), order)
    const quote = await insurer.gateway.preSettle({ requestId: 'q1', hospitalId: 'east', visitId: 'v1', person: anna, lines: [{ id: 'c1', code: null, amountFen: fen(1000) }] })
    const quoteId = quote.kind === 'ok' ? quote.value.quoteId : ''
    const settlement = await insurer.gateway.settle({ requestId: 's1', quoteId })
    const settlementId = settlement.kind === 'ok' ? settlement.value.settlementId : ''
    await insurer.gateway.reverse({ requestId: 'r1', settlementId, quoteId })
    t.equal(await insurer.payments.statement(day), null, 'not made before the day is over')
    insurer.time.now = later
    const items = [...insuranceStatement(await insurer.payments.statement(day) ?? Buffer.alloc(0))]
    t.match(items, [
      { kind: 'payment', key: 'O1', amountFen: 4449, split: null, channelNumber: /^P/, at: paidAt },
      { kind: 'refund', key: 'R1', amountFen: -449 },
      { kind: 'settlement', key: settlementId, amountFen: 1000, split: { fundFen: 700, accountFen: 0, cashFen: 300 } },
      { kind: 'settlement_reversal', key: settlementId, amountFen: -1000, split: { fundFen: -700, accountFen: 0, cashFen: -300 } }
    ])
    t.equal(items.length, 4)
    insurer.strikeOnce('late_statement')
    t.equal(await insurer.payments.statement(day), null)
    t.strictSame([...insuranceStatement(await insurer.payments.statement('2027-02-28' as CalendarDate) ?? Buffer.alloc(0))], [])
  })

  t.test('is read by the names of its columns, and refused as a whole where it cannot be read', async (t) => {
    const insurer = anInsurer()
    await paid(insurer)
    insurer.time.now = later
    const text = Buffer.from(await insurer.payments.statement(day) ?? Buffer.alloc(0)).toString('utf8')
    const rows = text.trim().split('\n').map((row) => row.split('\t'))
    const reordered = rows.map((row) => [...row].reverse().concat('more').join('\t')).join('\r\n')
    t.strictSame(readStatement(Buffer.from(`\uFEFF${reordered}\r\n`)), readStatement(Buffer.from(text)))
    for (const broken of ['', text.replace('acct_pay', 'acct'), text.replace('44.49', '44.495'), text.replace('\tpay\t', '\tgift\t').replace(/^pay/m, 'gift'), text.replace('2027-03-01 10', '2027-03-01T10')]) {
      t.throws(() => readStatement(Buffer.from(broken)), { code: 'STATEMENT_INVALID' })
    }
  })
})
