import fc from 'fast-check'
import t from 'tap'
import { DomainError } from '../../../core/errors.ts'
import { fen } from '../../../core/money.ts'
import type { PaymentOrder, Refund } from '../../../core/payments/index.ts'
import {
  askReturn, cancelUnpaid, decideDrugOrder, drugOrderPurpose, drugOrderStates, expirePrescriptions, itemFen, orderDrugs, parcelEventKinds, parcelStateOf, refuseDeletion, totalFen, type DrugOrderEvent, type DrugOrderState, type ParcelEvent
} from '../../../core/prescriptions/index.ts'
import { after, aDrugOrder, anItem, aPrescription, documentTools, noon } from '../../fixtures/pharmacy.ts'
import { refusals } from '../../contracts/store-under-test.ts'
import { freshStore } from '../../fixtures/store.ts'

const events: Readonly<Record<DrugOrderEvent['kind'], DrugOrderEvent>> = {
  pay: { kind: 'pay', paymentOrderId: 'pay1', paidAt: noon }, check: { kind: 'check', by: 'ph1' }, dispense: { kind: 'dispense', by: 'ph1' }, ship: { kind: 'ship' }, deliver: { kind: 'deliver' }, cancel: { kind: 'cancel', reason: 'x' },
  ask_return: { kind: 'ask_return', reason: 'x' }, keep: { kind: 'keep', reason: 'x' }, return: { kind: 'return', reason: 'x', isWhole: false }, refund: { kind: 'refund' }
}
const no = '·'

t.test('a drug order → goes by the table of its states, and a refused event changes nothing [C12 C13]', async (t) => {
  const outcomes = (kind: DrugOrderEvent['kind'], given: object = {}): readonly string[] => drugOrderStates.map((state) => {
    const before = aDrugOrder({ state, paymentOrderId: 'pay1', refundFen: fen(100), ...given })
    try {
      return decideDrugOrder(before, events[kind], noon).state
    } catch (error) {
      t.strictSame([before, (error as DomainError).code], [aDrugOrder({ state, paymentOrderId: 'pay1', refundFen: fen(100), ...given }), 'DRUG_ORDER_STATE_REFUSED'])
      return no
    }
  })
  const mailed: Readonly<Record<string, readonly string[]>> = {
    //           created      paid          rx_checked   dispensed   shipped      delivered    returned    refunded cancelled
    pay:        ['paid',      no,           no,          no,         no,          no,          no,         no,      no],
    check:      [no,          'rx_checked', no,          no,         no,          no,          no,         no,      no],
    dispense:   [no,          no,           'dispensed', no,         no,          no,          no,         no,      no],
    ship:       [no,          no,           no,          'shipped',  no,          no,          no,         no,      no],
    deliver:    [no,          no,           no,          no,         'delivered', no,          no,         no,      no],
    cancel:     ['cancelled', 'cancelled',  'cancelled', no,         no,          no,          no,         no,      no],
    ask_return: [no,          no,           no,          no,         no,          'delivered', no,         no,      no],
    keep:       [no,          no,           no,          no,         no,          no,          no,         no,      no],
    return:     [no,          no,           no,          'returned', 'returned',  'returned',  no,         no,      no],
    refund:     [no,          no,           no,          no,         no,          no,          'refunded', no,      'refunded']
  }
  for (const [kind, row] of Object.entries(mailed)) t.strictSame(outcomes(kind as DrugOrderEvent['kind']), row, kind)
  const pickedUp = { delivery: 'pick_up' as const }
  t.strictSame([outcomes('ship', pickedUp).join(''), outcomes('deliver', pickedUp)[3]], [no.repeat(drugOrderStates.length), 'delivered'], 'what is picked up is not shipped')
  t.equal(outcomes('keep', { returnAsked: { reason: 'x', at: noon } })[5], 'delivered')
  t.equal(outcomes('refund', { refundFen: fen(0) })[8], no, 'of nothing paid nothing goes back')
})

t.test('whatever happens to an order → never more goes back than was paid, and what is not delivered keeps nothing [C12]', async () => {
  const step = fc.constantFrom(...Object.values(events), { kind: 'return', reason: 'lost', isWhole: true } as const)
  const order = fc.record({ delivery: fc.constantFrom('mail' as const, 'pick_up' as const), drugsFen: fc.integer({ min: 0, max: 1_000_000 }), logisticsFen: fc.integer({ min: 0, max: 5_000 }) })
  fc.assert(fc.property(order, fc.array(step, { maxLength: 12 }), ({ delivery, drugsFen, logisticsFen }, steps) => {
    let standing = aDrugOrder({ delivery, drugsFen: fen(drugsFen), logisticsFen: fen(logisticsFen) })
    for (const event of steps) {
      try {
        standing = decideDrugOrder(standing, event, noon)
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
      }
    }
    const paid = standing.paymentOrderId === null ? 0 : totalFen(standing)
    return standing.refundFen <= paid && (standing.state !== 'cancelled' || standing.refundFen === paid)
  }), { numRuns: 2_000 })
})

t.test('a parcel → is where its events say, in whatever order and however often they were told [C13]', async (t) => {
  const event = (id: string, kind: ParcelEvent['kind'], minutes: number): ParcelEvent => ({ id, kind, at: after(minutes), place: null })
  const way = [event('1', 'accepted', 0), event('2', 'picked_up', 5), event('3', 'in_transit', 9), event('4', 'delivered', 20)]
  t.strictSame(way.map((_, place) => parcelStateOf(way.slice(0, place + 1))), ['accepted', 'picked_up', 'in_transit', 'delivered'])
  t.equal(parcelStateOf([]), null)
  t.equal(parcelStateOf([event('1', 'unknown', 0)]), null)
  t.equal(parcelStateOf([...way, event('5', 'in_transit', 30)]), 'delivered', 'what has arrived does not travel on')
  t.equal(parcelStateOf([event('1', 'lost', 5), event('2', 'in_transit', 9), event('3', 'delivered', 12)]), 'delivered', 'what was lost may be found')
  const told = fc.array(fc.record({ id: fc.uuid(), kind: fc.constantFrom(...parcelEventKinds), minutes: fc.integer({ min: 0, max: 50 }) }), { maxLength: 10 })
  fc.assert(fc.property(told.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))), ([list, shuffled]) => {
    const eventsOf = (some: typeof list): readonly ParcelEvent[] => some.map(({ id, kind, minutes }) => event(id, kind, minutes))
    return parcelStateOf(eventsOf(list)) === parcelStateOf([...eventsOf(shuffled), ...eventsOf(shuffled).slice(0, 2)])
  }))
})

const wanted = { prescriptionId: 'rx1', patientIds: ['p1'], items: null, delivery: 'pick_up' as const, sealedAddress: null }

t.test('twenty orders of one prescription at once → one of them has the drugs [C12]', async (t) => {
  const store = await freshStore(t)
  const tools = documentTools()
  await store.inTransaction(({ prescriptions }) => prescriptions.save(aPrescription()))
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.inTransaction((stores) => orderDrugs(stores, tools, wanted, noon))))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  t.strictSame([...new Set(refusals(outcomes))], ['PRESCRIPTION_ITEM_ORDERED'])
})

t.test('an unpaid order → ends in time, and the prescription only after it [C12]', async (t) => {
  const store = await freshStore(t)
  const tools = documentTools()
  const { inTransaction } = store
  const validUntil = after(20)
  const order = await inTransaction(async (stores) => {
    await stores.prescriptions.save(aPrescription({ validUntil }))
    return await orderDrugs(stores, tools, { ...wanted, items: [2], delivery: 'mail', sealedAddress: 'sealed' }, noon)
  })
  t.match(order, { drugsFen: 2_075, logisticsFen: 1_200, items: [{ number: 2 }], dueAt: after(30) })
  t.strictSame(await expirePrescriptions({ inTransaction, tools }, after(25)), { expired: 0 }, 'the order is under way')
  t.strictSame(await cancelUnpaid({ inTransaction, tools }, new Date(after(30).getTime() - 1)), { cancelled: 0 })
  t.strictSame(await cancelUnpaid({ inTransaction, tools }, after(30)), { cancelled: 1 })
  t.strictSame(await expirePrescriptions({ inTransaction, tools }, after(30)), { expired: 1 })
  t.match(await store.inReading(({ prescriptions }) => prescriptions.find('rx1')), { state: 'expired' })
})

const payment = (id: string, given: Partial<PaymentOrder> = {}): PaymentOrder => ({
  id, orderNumber: id, purpose: 'drug-order', subjectId: 'o1', payerPatientId: 'p1', channel: 'wechat', mode: 'qr', amountFen: fen(3_760), parts: [{ hospitalId: 'east', referenceId: 'o1', patientId: 'p1', amountFen: fen(2_560) }, { hospitalId: 'east', referenceId: 'o1:logistics', patientId: 'p1', amountFen: fen(1_200) }],
  state: 'success', cashFen: fen(3_760), insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: `wx-${id}`, prepay: null, createdAt: noon, expiresAt: after(30), paidAt: noon, refundedFen: fen(0), queries: 0, nextQueryAt: null, ...given
})
const refund = (id: string, given: Partial<Refund> = {}): Refund => ({
  id, orderId: 'a', refundNumber: id, sourceKey: id, amountFen: fen(2_560), parts: [{ hospitalId: 'east', referenceId: 'o1', patientId: 'p1', amountFen: fen(2_560) }], reason: 'drug_order_returned', state: 'approved', requestedBy: 'system', requestedAt: noon, approvedBy: null,
  channelNumber: null, doneAt: null, queries: 0, nextQueryAt: null, ...given
})

t.test('what was paid → is the hospital\'s income, drugs and carriage apart; paid twice goes back; no refund that nobody decided [C12]', async (t) => {
  const store = await freshStore(t)
  const { payables, payee } = drugOrderPurpose<Parameters<Parameters<typeof store.inTransaction>[0]>[0]>(documentTools())
  const balances = async (): Promise<Readonly<Record<string, number>>> => Object.fromEntries((await store.inReading(({ ledger }) => ledger.balances(['CLEAR:wechat', 'REV:drugs', 'REV:logistics', 'REFUND_PAYABLE', 'CREDIT_BAL:patient:p1']))).map(({ account, balanceFen }) => [account, balanceFen]))
  await store.inTransaction(({ drugOrders }) => drugOrders.save(aDrugOrder()))
  const owed = (asked: object): Promise<unknown> => store.inReading((stores) => payables.owed(stores, { kind: 'person', patientId: 'p1' }, { patientIds: ['p1'], items: [{ referenceId: 'o1', amountFen: null }], amountFen: null, at: noon, ...asked }))
  t.match(await owed({}), { subjectId: 'o1', parts: [{ amountFen: 2_560 }, { amountFen: 1_200 }] })
  t.match(await owed({ items: payment('a').parts }), { subjectId: 'o1' }, 'an open payment for it names its parts')
  await t.rejects(owed({ patientIds: ['p2'] }), { code: 'DRUG_ORDER_NOT_FOUND' })
  await t.rejects(owed({ amountFen: fen(1) }), { code: 'PAYMENT_AMOUNT_INVALID' })
  await t.rejects(owed({ items: null }), { code: 'REQUEST_INVALID' })
  for (let times = 0; times < 3; times++) await store.inTransaction((stores) => payee.paid(stores, payment('a'), noon))
  t.match(await balances(), { 'CLEAR:wechat': 3_760, 'REV:drugs': -2_560, 'REV:logistics': -1_200 }, 'told three times, booked once')
  await t.rejects(owed({}), { code: 'PAYMENT_NOT_PAYABLE' })
  await store.inTransaction((stores) => payee.paid(stores, payment('b'), noon))
  t.match(await balances(), { 'CLEAR:wechat': 7_520, 'REV:drugs': -2_560, 'CREDIT_BAL:patient:p1': -3_760 })
  t.ok((await store.inReading(({ outbox }) => outbox.due(after(1), 9, 'refund-to-source'))).some(({ payload }) => payload['orderId'] === 'b' && payload['isDecided'] === true))
  await t.rejects(store.inTransaction((stores) => payee.refunding(stores, refund('r1'), payment('a'), noon)), { code: 'DRUG_ORDER_REFUND_NOT_DECIDED' })
  await store.inTransaction(async (stores) => {
    await stores.drugOrders.save(aDrugOrder({ state: 'returned', paymentOrderId: 'a', refundFen: fen(2_560) }))
    await payee.refunding(stores, refund('r1'), payment('a'), noon)
  })
  t.match(await balances(), { 'REV:drugs': 0, 'REFUND_PAYABLE': -2_560 })
  await store.inTransaction((stores) => payee.refunded(stores, refund('r1', { state: 'failed' }), payment('a'), noon))
  t.match(await balances(), { 'REV:drugs': -2_560, 'REFUND_PAYABLE': 0 }, 'failed: as before')
  await store.inTransaction(async (stores) => {
    await payee.refunding(stores, refund('r2'), payment('a'), noon)
    await payee.refunded(stores, refund('r2', { state: 'success' }), payment('a'), noon)
  })
  t.match(await balances(), { 'CLEAR:wechat': 4_960, 'REV:drugs': 0, 'REFUND_PAYABLE': 0 })
  t.match(await store.inReading(({ drugOrders }) => drugOrders.find('o1')), { state: 'refunded' })
})

t.test('drugs → are taken back for seven days after they arrived, to the second [C12]', async (t) => {
  const store = await freshStore(t)
  const sevenDays = new Date(noon.getTime() + 7 * 86_400_000)
  await store.inTransaction(({ drugOrders }) => drugOrders.save(aDrugOrder({ state: 'delivered', deliveredAt: noon, paymentOrderId: 'a' })))
  await t.rejects(store.inTransaction((stores) => askReturn(stores, documentTools(), { id: 'o1', reason: 'x' }, sevenDays)), { code: 'DRUG_ORDER_RETURN_REFUSED' })
  t.match(await store.inTransaction((stores) => askReturn(stores, documentTools(), { id: 'o1', reason: 'x' }, new Date(sevenDays.getTime() - 1))), { returnAsked: { reason: 'x' } })
})

t.test('a document whose time is over → is not deleted here either [acc:8.13]', async (t) => {
  const store = await freshStore(t)
  await store.inTransaction(({ prescriptions }) => prescriptions.save(aPrescription()))
  const remove = (at: Date): Promise<never> => store.inReading((stores) => refuseDeletion(stores, { kind: 'prescription', id: 'rx1' }, at))
  await t.rejects(remove(new Date('2042-03-01T03:59:59.999Z')), { code: 'RETENTION_NOT_OVER' })
  await t.rejects(remove(new Date('2042-03-01T04:00:00Z')), { code: 'DOCUMENT_KEPT' })
  await t.rejects(store.inReading((stores) => refuseDeletion(stores, { kind: 'sick_note', id: 'n0' }, noon)), { code: 'SICK_NOTE_NOT_FOUND' })
})

t.test('the price of a line → is that of a pack times the packs', async (t) => {
  t.equal(itemFen(anItem({ quantity: 3, priceFen: fen(1_280) })), 3_840)
  t.strictSame(drugOrderStates satisfies readonly DrugOrderState[], drugOrderStates)
})
