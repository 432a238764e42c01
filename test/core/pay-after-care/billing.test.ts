import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import type { Stores } from '../../../adapters/store/index.ts'
import { takeIn } from '../../../core/intake/index.ts'
import { trialBalance } from '../../../core/ledger/index.ts'
import { fen } from '../../../core/money.ts'
import {
  billPurpose, billState, checkRelease, decideDecision, endDay, expireHolds, explainBill, outstandingOf, payableOf, personStanding, releaseHold, requestDecision, takePayment, type Bill, type ReleaseCheck
} from '../../../core/pay-after-care/index.ts'
import type { RecordChange } from '../../../core/records/index.ts'
import { aContract, day, seedSettings } from '../../fixtures/pay-after-care.ts'
import { freshStore } from '../../fixtures/store.ts'
import * as his from '../intake/hospital-day.ts'
import { aLine, anOrder, aPart, aRefund, at, aVisit, balances, charge, credited, on, seeVisit, tools, waiting } from './a-ledger.ts'

const store = await freshStore(t)

/** Runs against empty stores and leaves them empty: one patient A under contract C. */
async function rehearse <Result> (work: (stores: Stores) => Promise<Result>, contract = aContract('C')): Promise<Result> {
  let result: { readonly value: Result } | null = null
  await store.inTransaction(async (stores) => {
    for (const [id, hospitalId] of [['A', 'east'], ['Aw', 'west']] as const) await stores.patients.save({ id, hospitalId, personId: 'A', name: null, birthDate: null, gender: null, active: true, identifiers: [] })
    await stores.contracts.save(contract)
    result = { value: await work(stores) }
    throw new Error('rehearsed')
  }).catch((error: unknown) => {
    if (!(error instanceof Error) || error.message !== 'rehearsed') throw error
  })
  return (result as unknown as { readonly value: Result }).value
}

const all = { patientIds: null, contractId: null, hospitalId: null, isOutstanding: null }
const billsOf = async ({ bills }: Stores): Promise<readonly Bill[]> => [...await bills.list(all, { limit: 100, offset: 0 })].sort((one, other) => one.visitId < other.visitId ? -1 : one.visitId > other.visitId ? 1 : one.ordinal - other.ordinal)
const firstBill = async (stores: Stores): Promise<Bill> => (await billsOf(stores))[0] as Bill
const purpose = billPurpose<Stores>(tools)
const told = async (stores: Stores): Promise<readonly string[]> => (await waiting(stores, 'notice')).map(({ template, params }) => `${String(template)} ${(params as { amount: string }).amount}`)

/** Registered, charged 100.00 and 48.30, closed. */
async function aClosedVisit (stores: Stores): Promise<Bill> {
  await seeVisit(stores, aVisit())
  await charge(stores, aLine('c1', 10_000))
  await charge(stores, aLine('c2', 4_830))
  await seeVisit(stores, aVisit({ state: 'closed' }))
  return await firstBill(stores)
}

t.test('a visit under contract', async (t) => {
  t.test('→ has a bill from its registration, that its charges stand on, and whose days count from its close', async (t) => {
    await rehearse(async (stores) => {
      await seeVisit(stores, aVisit({ class: 'emergency' }))
      t.match(await firstBill(stores), { contractId: 'C', visitId: 'V', ordinal: 1, isEmergency: true, chargedFen: 0, closedOn: null, dueOn: null })
      await charge(stores, aLine('c1', 10_000))
      await charge(stores, aLine('c1', 10_000))
      await charge(stores, credited(aLine('c2', 500)))
      await seeVisit(stores, aVisit({ state: 'closed', endedAt: new Date('2027-03-01T01:00:00Z') }))
      const bill = await firstBill(stores)
      t.match(bill, { chargedFen: 10_000, closedOn: '2027-03-01', lastChargedOn: '2027-03-01', dueOn: '2027-03-08', calendarVersion: seedSettings.holidays.version })
      t.equal(billState(bill, day('2027-03-01')), 'due')
      t.strictSame(await told(stores), ['bill_due 100.00'])
      await charge(stores, aLine('c3', 700))
      await charge(stores, credited(aLine('c3', 700)))
      t.strictSame(await told(stores), ['bill_due 100.00', 'bill_changed 107.00', 'bill_changed 100.00'], 'every change of what is due is told (A-40)')
    })
  })

  t.test('that is reopened before it was paid → goes on on the same bill, and never gets an earlier deadline [I-22]', async (t) => {
    await rehearse(async (stores) => {
      await aClosedVisit(stores)
      await seeVisit(stores, aVisit({ state: 'in_progress' }), on('2027-03-02'))
      t.match(await firstBill(stores), { closedOn: null, dueOn: '2027-03-08' })
      t.equal(billState(await firstBill(stores), day('2027-04-01')), 'accruing')
      await charge(stores, aLine('c3', 100, { occurredOn: day('2027-03-02') }), on('2027-03-02'))
      await seeVisit(stores, aVisit({ state: 'closed' }), on('2027-03-03'))
      t.match(await billsOf(stores), [{ chargedFen: 14_930, closedOn: '2027-03-03', dueOn: '2027-03-10' }])
    })
  })

  t.test('charged after it was paid, or after its deadline → is billed anew, due seven days from the posting (D-3)', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      await takePayment(stores, tools, anOrder('o1', [aPart(bill, 14_830)]), at)
      await charge(stores, aLine('late', 250), on('2027-03-03'))
      await charge(stores, aLine('later', 50), on('2027-03-04'))
      await charge(stores, aLine('after the deadline', 70), on('2027-03-20'))
      t.match(await billsOf(stores), [
        { ordinal: 1, chargedFen: 14_830, paidFen: 14_830, settledAt: at },
        { ordinal: 2, chargedFen: 300, closedOn: '2027-03-03', lastChargedOn: '2027-03-04', dueOn: '2027-03-11' },
        { ordinal: 3, chargedFen: 70, closedOn: '2027-03-20', dueOn: '2027-03-29' }
      ])
      await charge(stores, aLine('less', -20, { kind: 'adjustment' }), on('2027-04-20'))
      t.equal((await billsOf(stores)).length, 3, 'what takes something off opens nothing')
    })
  })

  t.test('that is not paid after care, or names no visit → touches no bill', async (t) => {
    await rehearse(async (stores) => {
      await seeVisit(stores, aVisit({ payMode: 'self_pay' }))
      await seeVisit(stores, aVisit({ id: 'W', patientId: 'Aw', hospitalId: 'west', state: 'planned' }))
      await charge(stores, aLine('c1', 100))
      await charge(stores, aLine('c2', 100, { visitId: null }))
      t.strictSame(await billsOf(stores), [])
      t.equal((await balances(stores))['AR:patient:A'], 200)
      await charge(stores, aLine('w1', 100, { visitId: 'W', patientId: 'Aw', hospitalId: 'west' }))
      await seeVisit(stores, aVisit({ id: 'W', patientId: 'Aw', hospitalId: 'west' }))
      t.match(await billsOf(stores), [{ visitId: 'W', contractId: 'C', chargedFen: 100 }], 'what was charged before the registration stands on it; the contract is the person\'s, at every hospital')
    })
  })

  t.test('left open by the hospital → is closed at the end of a day, as of its last charge, once', async (t) => {
    const own = await freshStore(t)
    await own.inTransaction(async (stores) => {
      await stores.patients.save({ id: 'A', hospitalId: 'east', personId: 'A', name: null, birthDate: null, gender: null, active: true, identifiers: [] })
      await stores.contracts.save(aContract('C'))
      await seeVisit(stores, aVisit())
      await charge(stores, aLine('c1', 10_000))
    })
    const end = (today: string): Promise<unknown> => endDay({ ...tools, ...own, breathe: async () => undefined }, { now: new Date(`${today}T00:10:00+08:00`), today: day(today) })
    t.strictSame([await end('2027-03-03'), await end('2027-03-04'), await end('2027-03-04'), await end('2027-03-09')], [
      { left: 0, owing: 0, overdue: 0 }, { left: 1, owing: 1, overdue: 0 }, { left: 0, owing: 1, overdue: 0 }, { left: 0, owing: 1, overdue: 1 }
    ])
    await own.inTransaction(async (stores) => {
      t.match(await billsOf(stores), [{ closedOn: '2027-03-01', dueOn: '2027-03-08' }])
      await seeVisit(stores, aVisit({ department: 'Eyes' }), on('2027-03-04'))
      t.match(await billsOf(stores), [{ closedOn: '2027-03-01' }], 'a message about something else does not reopen it')
    })
  })
})

t.test('the lines of the HIS', async (t) => {
  const passing = (time: string): RecordChange => his.aVisit('V', 'A', { status: 'unknown' }, { asOf: his.clockTime(time), weak: true })
  const ends: readonly (readonly RecordChange[])[] = [
    [his.aVisit('V', 'A', { status: 'arrived' }, { asOf: his.clockTime('08:00') })],
    [his.aVisit('V', 'A', { status: 'finished' }, { asOf: his.clockTime('12:00') })]
  ]
  const charges: readonly (readonly RecordChange[])[] = [
    ...[10_000, 4_830, 125].map((amount, place) => [passing(`09:0${place}`), his.aCharge(`c${place}`, 'A', { fen: amount })]),
    [passing('09:10'), his.aCharge('a1', 'A', { fen: -300, kind: 'adjustment' })],
    [passing('09:11'), his.aCredit('c1', 'A', { fen: 4_830 })],
    [passing('09:12'), his.aCredit('a1', 'A', { fen: 300 })]
  ]
  const payments: readonly (readonly RecordChange[])[] = [[passing('09:20'), his.aPayment('p1', 'A', { fen: 6_000 })]]
  const take = (messages: readonly (readonly RecordChange[])[]): Promise<{ readonly bills: readonly Bill[], readonly owedFen: number, readonly books: Readonly<Record<string, number>> }> => rehearse(async (stores) => {
    const deps = { ...his.depsOf(stores), ids: tools.ids }
    for (const message of messages) await takeIn(deps, message, his.at)
    assert.ok((await trialBalance(stores, null)).isProven)
    const bills = await billsOf(stores)
    return { bills: bills.map((bill) => ({ ...bill, id: '', openedAt: at, settledAt: null })), owedFen: bills.reduce((sum, bill) => sum + outstandingOf(bill), 0), books: await balances(stores) }
  })
  const shuffledWithRepeats = (messages: readonly (readonly RecordChange[])[]) => fc.tuple(fc.shuffledSubarray([...messages], { minLength: messages.length }), fc.array(fc.constantFrom(...messages), { maxLength: 5 }), fc.array(fc.nat(20), { minLength: 5, maxLength: 5 }))
    .map(([order, again, places]) => {
      const mixed = [...order]
      for (const [place, message] of again.entries()) mixed.splice((places[place] ?? 0) % (mixed.length + 1), 0, message)
      return mixed
    })

  t.test('in any order, with repeats → come to the same bill and the same books [I-07]', async (t) => {
    const expected = await take([...ends, ...charges])
    t.match(expected, { bills: [{ chargedFen: 10_125, closedOn: '2027-03-01', dueOn: '2027-03-08' }], owedFen: 10_125, books: { 'AR:patient:A': 10_125 } })
    await t.resolves(fc.assert(fc.asyncProperty(shuffledWithRepeats([...ends, ...charges]), async (messages) => {
      assert.deepStrictEqual(await take(messages), expected)
    }), { numRuns: 30 }))
  })

  t.test('with what was paid at the window among them → come to the same books and the same sum, which is what the bills say [I-07]', async (t) => {
    const expected = await take([...ends, ...charges, ...payments])
    t.match(expected, { owedFen: 4_125, books: { 'AR:patient:A': 4_125, 'CLEAR:window': 6_000 } })
    await t.resolves(fc.assert(fc.asyncProperty(shuffledWithRepeats([...ends, ...charges, ...payments]), async (messages) => {
      const { owedFen, books } = await take(messages)
      assert.deepStrictEqual({ owedFen, books }, { owedFen: expected.owedFen, books: expected.books })
    }), { numRuns: 30 }))
  })
})

t.test('a payment for bills', async (t) => {
  t.test('of two hospitals → is one order in parts, posted at each once, and told once', async (t) => {
    await rehearse(async (stores) => {
      await aClosedVisit(stores)
      await seeVisit(stores, aVisit({ id: 'W', patientId: 'Aw', hospitalId: 'west' }))
      await charge(stores, aLine('w1', 1_000, { visitId: 'W', patientId: 'Aw', hospitalId: 'west' }))
      const owed = await purpose.payables.owed(stores, { kind: 'person', patientId: 'A' }, { patientIds: ['A', 'Aw'], items: null, amountFen: null, at })
      t.match(owed, { subjectId: 'C', parts: [{ hospitalId: 'east', amountFen: 14_830 }, { hospitalId: 'west', patientId: 'Aw', amountFen: 1_000 }] })
      const order = anOrder('o1', owed.parts, { channel: 'mixed', cashFen: fen(10_000), insuranceFen: fen(5_830) })
      await purpose.payee.paid(stores, order, at)
      await purpose.payee.paid(stores, order, at)
      t.strictSame([await balances(stores), await balances(stores, 'west')], [
        { 'CLEAR:insurance': 5_462, 'CLEAR:wechat': 9_368, 'REV:unsettled': -14_830 }, { 'CLEAR:insurance': 368, 'CLEAR:wechat': 632, 'REV:unsettled': -1_000 }
      ])
      t.strictSame((await billsOf(stores)).map(outstandingOf), [0, 0])
      t.strictSame((await told(stores)).filter((words) => words.startsWith('bill_paid')), ['bill_paid 158.30'])
      await t.rejects(purpose.payables.owed(stores, { kind: 'person', patientId: 'A' }, { patientIds: ['A', 'Aw'], items: null, amountFen: null, at }), { code: 'PAYMENT_NOT_PAYABLE' })
    })
  })

  t.test('names bills or an amount, up to what is owed; a stranger\'s bill is not there', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      const owed = (wanted: Partial<Parameters<typeof purpose.payables.owed>[2]>) => purpose.payables.owed(stores, { kind: 'person', patientId: 'A' }, { patientIds: ['A'], items: null, amountFen: null, at, ...wanted })
      t.match(await owed({ amountFen: fen(1) }), { parts: [{ amountFen: 1 }] })
      t.match(await owed({ items: [{ referenceId: bill.id, amountFen: null }] }), { parts: [{ referenceId: bill.id, amountFen: 14_830 }] })
      for (const amountFen of [fen(0), fen(14_831)]) await t.rejects(owed({ amountFen }), { code: 'PAYMENT_AMOUNT_INVALID' })
      await t.rejects(owed({ items: [{ referenceId: bill.id, amountFen: fen(14_831) }] }), { code: 'PAYMENT_AMOUNT_INVALID' })
      await t.rejects(owed({ items: [{ referenceId: bill.id, amountFen: null }], patientIds: ['Aw'] }), { code: 'BILL_NOT_FOUND' })
      await t.rejects(purpose.payables.owed(stores, { kind: 'person', patientId: 'nobody' }, { patientIds: [], items: null, amountFen: null, at }), { code: 'PAYMENT_NOT_PAYABLE' })
    })
  })

  t.test('made twice over → what nobody owes lies on the patient\'s balance and goes back to its source, done once', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      const twice = anOrder('o2', [aPart(bill, 14_830)])
      await purpose.payee.paid(stores, anOrder('o1', [aPart(bill, 10_000)]), at)
      await purpose.payee.paid(stores, twice, at)
      t.match(await waiting(stores, 'refund-to-source'), [{ orderId: 'o2', amountFen: 10_000, reason: 'overpaid' }])
      t.equal((await balances(stores))['CREDIT_BAL:patient:A'], -10_000)
      const refund = aRefund('r1', twice, [aPart(bill, 10_000)], { reason: 'overpaid' })
      for (const state of ['approved', 'approved'] as const) await purpose.payee.refunding(stores, { ...refund, state }, twice, at)
      t.match(await balances(stores), { REFUND_PAYABLE: -10_000 })
      for (let times = 0; times < 2; times += 1) await purpose.payee.refunded(stores, { ...refund, state: 'success' }, twice, at)
      t.strictSame(await balances(stores), { 'CLEAR:wechat': 14_830, 'REV:unsettled': -14_830 })
    })
  })

  t.test('whose charge the HIS takes back → goes back, the newest order first; a refund that failed is owed to the patient as before (D-4)', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      const [first, second] = [anOrder('o1', [aPart(bill, 4_000)]), anOrder('o2', [aPart(bill, 10_830)])]
      for (const order of [first, second]) await purpose.payee.paid(stores, order, at)
      await charge(stores, credited(aLine('c1', 10_000)), on('2027-03-03'))
      await charge(stores, credited(aLine('c2', 4_830)), on('2027-03-03'))
      t.match(await waiting(stores, 'refund-to-source'), [{ orderId: 'o2', amountFen: 10_000 }, { orderId: 'o2', amountFen: 830 }, { orderId: 'o1', amountFen: 4_000 }])
      t.strictSame([await balances(stores), outstandingOf(await firstBill(stores))], [{ 'CLEAR:wechat': 14_830, 'CREDIT_BAL:patient:A': -14_830 }, 0])
      const refund = aRefund('r1', second, [aPart(bill, 10_000)], { reason: 'not_owed_any_more' })
      await purpose.payee.refunding(stores, refund, second, at)
      for (let times = 0; times < 2; times += 1) await purpose.payee.refunded(stores, { ...refund, state: 'failed' }, second, at)
      t.strictSame(await balances(stores), { 'CLEAR:wechat': 14_830, 'CREDIT_BAL:patient:A': -14_830 })
    })
  })

  t.test('that finance gives back → makes its bill owe again, until the refund fails', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      const order = anOrder('o1', [aPart(bill, 14_830)])
      await purpose.payee.paid(stores, order, at)
      const refund = aRefund('r1', order, [aPart(bill, 2_000)])
      for (let times = 0; times < 2; times += 1) await purpose.payee.refunding(stores, refund, order, at)
      t.strictSame([outstandingOf(await firstBill(stores)), (await balances(stores))['AR:patient:A']], [2_000, 2_000])
      await purpose.payee.refunded(stores, { ...refund, state: 'failed' }, order, at)
      t.strictSame([outstandingOf(await firstBill(stores)), (await balances(stores))['AR:patient:A']], [0, undefined])
    })
  })

  t.test('at the window → reduces the visit\'s bill, else the oldest at that hospital; given back there it is owed again', async (t) => {
    await rehearse(async (stores) => {
      await aClosedVisit(stores)
      await charge(stores, aLine('p1', 5_000, { kind: 'payment' }))
      await charge(stores, aLine('p2', 9_000, { kind: 'payment', visitId: null }))
      t.match(await firstBill(stores), { paidFen: 14_000 })
      await charge(stores, credited(aLine('p2', 9_000, { kind: 'payment', visitId: null })))
      await charge(stores, aLine('p3', -1_000, { kind: 'payment' }))
      t.match(await firstBill(stores), { paidFen: 4_000 })
      await charge(stores, aLine('p4', 20_000, { kind: 'payment' }))
      t.strictSame([outstandingOf(await firstBill(stores)), await waiting(stores, 'refund-to-source')], [-9_170, []], 'the window gives back what it took too much')
      t.equal((await balances(stores))['AR:patient:A'], -9_170)
    })
  })

  t.test('of the last overdue fen → puts a suspended contract in force again in the same moment', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      await purpose.payee.paid(stores, anOrder('o1', [aPart(bill, 14_829)]), on('2027-03-10'))
      await stores.contracts.save(aContract('C', { state: 'suspended', suspendedAt: on('2027-03-10'), suspendedBecause: 'overdue' }))
      t.match(await personStanding(stores, 'A', day('2027-03-10')), { status: 'overdue', worstBill: { id: bill.id }, usedFen: 1, headroomFen: 99_999, contract: { state: 'suspended' } })
      await purpose.payee.paid(stores, anOrder('o2', [aPart(bill, 1)]), on('2027-03-10'))
      t.match(await stores.contracts.find('C'), { state: 'active' })
      t.match(await personStanding(stores, 'A', day('2027-03-10')), { status: 'normal', worstBill: null })
    })
  })
})

t.test('any course of charges, credits, closes, payments and refunds → leaves the patient\'s account at what the bills say, and every bill explained [I-10]', async (t) => {
  const amount = fc.integer({ min: 1, max: 5_000 })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('charge' as const), amount }), fc.record({ kind: fc.constant('adjust' as const), amount: fc.integer({ min: -900, max: 900 }).filter((value) => value !== 0) }), fc.record({ kind: fc.constant('credit' as const), pick: fc.nat(9) }),
    fc.record({ kind: fc.constantFrom('close' as const, 'reopen' as const) }), fc.record({ kind: fc.constant('pay' as const), amount }), fc.record({ kind: fc.constant('window' as const), amount: fc.integer({ min: -500, max: 3_000 }).filter((value) => value !== 0) }),
    fc.record({ kind: fc.constant('refund' as const), pick: fc.nat(9), amount, isDone: fc.boolean() }), fc.record({ kind: fc.constant('day' as const) })
  )
  await t.resolves(fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) => rehearse(async (stores) => {
    let today = at
    const charged: Array<ReturnType<typeof aLine>> = []
    const orders: Array<ReturnType<typeof anOrder>> = []
    await seeVisit(stores, aVisit())
    for (const [place, one] of steps.entries()) {
      const order = 'pick' in one ? orders[one.pick] : undefined
      if (one.kind === 'day') today = new Date(today.getTime() + 86_400_000)
      else if (one.kind === 'charge' || one.kind === 'adjust' || one.kind === 'window') {
        const line = aLine(`l${place}`, one.amount, { kind: one.kind === 'charge' ? 'charge' : one.kind === 'adjust' ? 'adjustment' : 'payment' })
        charged.push(line)
        await charge(stores, line, today)
      } else if (one.kind === 'credit') {
        const line = charged[one.pick]
        if (line !== undefined) await charge(stores, credited(line), today)
      } else if (one.kind === 'pay') {
        const paid = anOrder(`o${place}`, [aPart(await firstBill(stores), one.amount)])
        orders.push(paid)
        await purpose.payee.paid(stores, paid, today)
      } else if (one.kind === 'refund') {
        if (order === undefined) continue
        const paidFen = (await stores.bills.allocationsFrom('payment', order.id)).reduce((sum, { amountFen }) => sum + amountFen, 0)
        if (paidFen < one.amount) continue
        const refund = aRefund(`r${place}`, order, [aPart(await firstBill(stores), one.amount)])
        await purpose.payee.refunding(stores, refund, order, today)
        await purpose.payee.refunded(stores, { ...refund, state: one.isDone ? 'success' : 'failed' }, order, today)
      } else await seeVisit(stores, aVisit({ state: one.kind === 'close' ? 'closed' : 'in_progress' }), today)
      const bills = await billsOf(stores)
      const owed = bills.reduce((sum, bill) => sum + outstandingOf(bill), 0)
      assert.strictEqual((await balances(stores))['AR:patient:A'] ?? 0, owed)
      for (const bill of bills) assert.strictEqual((await explainBill(stores, { notices: null, reportsOf: null }, bill, { today: day('2027-03-09'), settings: seedSettings })).differenceFen, null)
    }
    assert.ok((await trialBalance(stores, null)).isProven)
  })), { numRuns: 40 }))
})

t.test('a decision on a bill', async (t) => {
  const overdueOn = on('2027-03-10')
  const ask = (stores: Stores, given: Partial<Parameters<typeof requestDecision>[2]> & { readonly billId: string }) => requestDecision(stores, tools, { kind: 'write_off', amountFen: null, funder: null, reason: 'hardship', by: 't1', ...given }, overdueOn)

  t.test('needs two persons, moves nothing before, and is made once', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      const asked = await ask(stores, { billId: bill.id, amountFen: fen(830) })
      t.match([asked, outstandingOf(await firstBill(stores))], [{ state: 'requested', amountFen: 830, hospitalId: 'east' }, 14_830])
      await t.rejects(decideDecision(stores, tools, { id: asked.id, verdict: 'approved', by: 't1' }, overdueOn), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
      t.match(await decideDecision(stores, tools, { id: asked.id, verdict: 'approved', by: 't2' }, overdueOn), { state: 'approved', decidedBy: 't2' })
      for (const verdict of ['approved', 'refused'] as const) await t.rejects(decideDecision(stores, tools, { id: asked.id, verdict, by: 't3' }, overdueOn), { code: 'DECISION_MADE' })
      t.match([await balances(stores), await firstBill(stores)], [{ BADDEBT: 830, 'AR:patient:A': 14_000 }, { writtenOffFen: 830 }])
      const other = await ask(stores, { billId: bill.id })
      await decideDecision(stores, tools, { id: other.id, verdict: 'refused', by: 't2' }, overdueOn)
      t.equal(outstandingOf(await firstBill(stores)), 14_000)
    })
  })

  t.test('to write off → is of what is overdue; what is paid after all is a recovery, a new entry and no reversal [I-06]', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      await t.rejects(requestDecision(stores, tools, { kind: 'write_off', billId: bill.id, amountFen: null, funder: null, reason: 'x', by: 't1' }, on('2027-03-08')), { code: 'BILL_NOT_OVERDUE' })
      await t.rejects(ask(stores, { billId: bill.id, amountFen: fen(14_831) }), { code: 'BILL_AMOUNT_INVALID' })
      await t.rejects(ask(stores, { billId: 'nobody' }), { code: 'BILL_NOT_FOUND' })
      const asked = await ask(stores, { billId: bill.id })
      await decideDecision(stores, tools, { id: asked.id, verdict: 'approved', by: 't2' }, overdueOn)
      t.equal(billState(await firstBill(stores), day('2027-03-10')), 'written_off')
      const owed = await purpose.payables.owed(stores, { kind: 'person', patientId: 'A' }, { patientIds: ['A'], items: [{ referenceId: bill.id, amountFen: null }], amountFen: null, at: overdueOn })
      await purpose.payee.paid(stores, anOrder('o1', owed.parts), overdueOn)
      const recovered = await firstBill(stores)
      t.match([recovered, billState(recovered, day('2027-03-10'))], [{ recoveredFen: 14_830, paidFen: 0 }, 'recovered'])
      t.strictSame(await balances(stores), { 'CLEAR:wechat': 14_830, 'REV:unsettled': -14_830 })
      t.strictSame((await stores.ledger.statement(['BADDEBT'], { limit: 9, offset: 0 })).map(({ kind, amountFen, reverses }) => [kind, amountFen, reverses]), [['write_off', 14_830, null], ['recovery', -14_830, null]])
    })
  })

  t.test('to assign → makes a funder owe it; what the HIS credits afterwards is owed less to the funder', async (t) => {
    await rehearse(async (stores) => {
      const bill = await aClosedVisit(stores)
      const asked = await ask(stores, { billId: bill.id, kind: 'assignment', funder: 'bank-1' })
      await decideDecision(stores, tools, { id: asked.id, verdict: 'approved', by: 't2' }, overdueOn)
      t.match([billState(await firstBill(stores), day('2027-03-10')), payableOf(await firstBill(stores)), await balances(stores)], ['assigned', 0, { 'AR:funder:bank-1': 14_830 }])
      await charge(stores, credited(aLine('c2', 4_830)), overdueOn)
      t.strictSame(await balances(stores), { 'AR:funder:bank-1': 10_000, 'REV:unsettled': -10_000 })
      await t.rejects(purpose.payables.owed(stores, { kind: 'person', patientId: 'A' }, { patientIds: ['A'], items: null, amountFen: null, at }), { code: 'PAYMENT_NOT_PAYABLE' })
    })
  })
})

t.test('the release gate', async (t) => {
  const visit = aVisit()
  const check = (stores: Stores, given: Partial<ReleaseCheck> = {}, now = at) => checkRelease(stores, tools, { visit, amountFen: fen(30_000), reference: 'L1', isEmergency: false, ...given }, now)

  t.test('→ reserves the limit until the charge comes, the hold is given back, or its time is over; each once [I-12]', async (t) => {
    await rehearse(async (stores) => {
      await seeVisit(stores, visit)
      const first = await check(stores)
      t.match(first, { mayProceed: true, reasons: [], hold: { state: 'held', amountFen: 30_000, expiresAt: new Date(at.getTime() + seedSettings.holdMs) } })
      t.strictSame(await check(stores), first, 'the same question, the same hold')
      t.match(await check(stores, { amountFen: fen(40_000) }), { hold: { id: first.hold?.id, amountFen: 40_000 } })
      const second = await check(stores, { reference: 'L2', amountFen: fen(60_000) })
      t.strictSame(await check(stores, { reference: 'L3', amountFen: fen(1) }), { mayProceed: false, reasons: ['over_limit'], hold: null })
      await charge(stores, aLine('L1', 39_000))
      t.match(await check(stores), { mayProceed: true, hold: { state: 'posted' } })
      t.match(await releaseHold(stores, second.hold?.id ?? '', at), { state: 'released' })
      const third = await check(stores, { reference: 'L3', amountFen: fen(61_000) })
      t.equal(third.mayProceed, true)
      const tooEarly = await expireHolds(stores, new Date(at.getTime() + seedSettings.holdMs - 1))
      t.strictSame([tooEarly, await expireHolds(stores, new Date(at.getTime() + seedSettings.holdMs)), await expireHolds(stores, new Date(at.getTime() + seedSettings.holdMs))], [0, 1, 0])
      t.match(await releaseHold(stores, third.hold?.id ?? '', at), { state: 'expired' })
      await charge(stores, { ...aLine('L9', 1_000), orderNumber: 'O9' })
      t.match([await check(stores, { reference: 'L9', amountFen: fen(1_000) }), await check(stores, { reference: 'O9' })], [{ mayProceed: true, hold: null }, { mayProceed: true, hold: null }], 'charged before anybody asked')
      await t.rejects(releaseHold(stores, 'nobody', at), { code: 'HOLD_NOT_FOUND' })
      const ordered = await check(stores, { reference: 'O7', amountFen: fen(1_000) })
      for (const [line, orderNumber] of [['L71', 'O8'], ['L72', 'O7'], ['L73', 'O7']] as const) await charge(stores, { ...aLine(line, 100), orderNumber })
      t.match(await check(stores, { reference: 'O7' }), { hold: { id: ordered.hold?.id, state: 'posted' } }, 'asked by the order (FT1-23): its first line ends the hold')
    })
  })

  t.test('→ lets emergencies through, whatever speaks against them, and tells it', async (t) => {
    await rehearse(async (stores) => {
      t.strictSame(await check(stores), { mayProceed: false, reasons: ['visit_not_post_pay'], hold: null })
      t.strictSame(await check(stores, { isEmergency: true }), { mayProceed: true, reasons: ['visit_not_post_pay'], hold: null })
      t.strictSame(await check(stores, { visit: aVisit({ patientId: 'stranger', class: 'emergency' }) }), { mayProceed: true, reasons: ['no_contract'], hold: null })
      await aClosedVisit(stores)
      t.match(await check(stores, { amountFen: fen(90_000) }, on('2027-03-10')), { mayProceed: false, reasons: ['overdue', 'over_limit'] })
      t.match(await check(stores, { amountFen: fen(90_000), isEmergency: true }, on('2027-03-10')), { mayProceed: true, reasons: ['overdue', 'over_limit'], hold: null })
      t.match(await check(stores, { isEmergency: true }, on('2027-03-10')), { mayProceed: true, reasons: ['overdue'], hold: { amountFen: 30_000 } })
    })
  })

  t.test('asked by many at once → never lets them over the limit together [I-12]', async (t) => {
    const own = await freshStore(t)
    await own.inTransaction(async (stores) => {
      await stores.patients.save({ id: 'A', hospitalId: 'east', personId: 'A', name: null, birthDate: null, gender: null, active: true, identifiers: [] })
      await stores.contracts.save(aContract('C'))
      await seeVisit(stores, visit)
    })
    const answers = await Promise.all(Array.from({ length: 30 }, (_, place) => own.inTransaction((stores) => check(stores, { reference: `L${place}`, amountFen: fen(9_000) }))))
    t.equal(answers.filter(({ mayProceed }) => mayProceed).length, 11)
    t.equal((await own.inReading(({ bills }) => bills.holds('C'))).reduce((sum, { amountFen }) => sum + amountFen, 0), 99_000)
  })
})
