import assert from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { calendarIn } from '../../../core/clock.ts'
import { addDays, startOfDayIn } from '../../../core/days.ts'
import { fen } from '../../../core/money.ts'
import {
  allocate, billState, bucketOf, closed, deadlineAccount, deadlineOf, dueOn, holidaysOf, isDayOff, isFinished, isPaidInTime, isPostPay, isSplitRight, mayPayAfterCare, nextStep, payableOf, personStatus, refusalsOf, withAllocation, withLine,
  type Bill, type BillState, type Contract, type Settlement, type Usage
} from '../../../core/pay-after-care/index.ts'
import { splitFen } from '../../../core/payments/index.ts'
import { aBill, aContract, day, seedSettings } from '../../fixtures/pay-after-care.ts'

const startOfDay = startOfDayIn('Asia/Shanghai')
const calendar = calendarIn('Asia/Shanghai')
const holds = (property: fc.IRawProperty<unknown>): void => { fc.assert(property as fc.IProperty<unknown>) }

t.test('a deadline', async (t) => {
  t.test('is the end of day seven, the start day not counted; it rolls over days on which nobody works [acc:C-13]', async (t) => {
    const cases: ReadonlyArray<readonly [closed: string, due: string, why: string]> = [
      ['2027-03-01', '2027-03-08', 'a Monday to a Monday'],
      ['2027-03-06', '2027-03-15', 'its last day is a Saturday'],
      ['2026-03-27', '2026-04-03', 'over the end of a month'],
      ['2026-03-28', '2026-04-07', 'Qingming from Saturday to Monday'],
      ['2028-02-22', '2028-02-29', 'the 29th of February'],
      ['2026-02-08', '2026-02-24', 'the Spring Festival of 2026, from 15 to 23 February'],
      ['2026-02-07', '2026-02-14', 'a Saturday that is worked in exchange'],
      ['2025-09-28', '2025-10-09', 'National Day and Mid-Autumn of 2025'],
      ['2025-12-25', '2026-01-04', 'over the New Year to a worked Sunday'],
      ['1990-06-25', '1990-07-02', 'long before any table']
    ]
    for (const [closedOn, due, why] of cases) t.equal(dueOn(day(closedOn), null, seedSettings), due, why)
    t.equal(dueOn(day('2027-03-06'), null, { ...seedSettings, rollsOverHolidays: false }), '2027-03-13')
    t.equal(dueOn(day('2027-03-01'), day('2027-03-03'), seedSettings), '2027-03-10', 'from the last charge, where that is later')
    t.equal(dueOn(day('2027-03-03'), day('2027-03-01'), seedSettings), '2027-03-10')
  })

  t.test('of day seven → met at 23:59:59.999, missed at 00:00:00.000 of day eight [acc:C-13]', async (t) => {
    const due = day('2027-03-08')
    t.equal(isPaidInTime(new Date('2027-03-08T23:59:59.999+08:00'), due, startOfDay), true)
    t.equal(isPaidInTime(new Date('2027-03-09T00:00:00.000+08:00'), due, startOfDay), false)
    t.strictSame(deadlineOf(day('1990-07-01'), startOfDay), new Date('1990-07-01T15:00:00Z'), 'in summer time')
  })

  t.test('follows from the close, the last charge and the calendar alone, is never on a day off, and never earlier once told [I-22]', async (t) => {
    t.doesNotThrow(() => {
      const days = fc.integer({ min: 0, max: 1_100 }).map((offset) => addDays(day('2025-01-01'), offset))
      holds(fc.property(days, fc.option(days, { nil: null }), (closedOn, last) => {
        const due = dueOn(closedOn, last, seedSettings)
        assert.strictEqual(due, dueOn(closedOn, last, seedSettings))
        assert.ok(due >= addDays(closedOn, 7) && !isDayOff(due, seedSettings.holidays))
      }))
      const steps = fc.array(fc.oneof(days.map((on) => ({ close: on })), fc.constant({ reopen: true as const }), days.map((on) => ({ charge: on }))), { maxLength: 12 })
      holds(fc.property(steps, (list) => {
        let bill = aBill('b')
        let told: string | null = null
        for (const [place, step] of list.entries()) {
          if ('close' in step) bill = closed(bill, step.close, seedSettings)
          else if ('reopen' in step) bill = { ...bill, closedOn: null }
          else bill = withLine(bill, { billId: 'b', chargeId: `c${place}`, kind: 'charge', amountFen: fen(1), occurredOn: step.charge, at: new Date('2029-01-01T00:00:00Z') }, { terms: seedSettings, calendar })
          assert.ok(told === null || (bill.dueOn !== null && bill.dueOn >= told))
          told = bill.dueOn
        }
      }))
    })
  })

  t.test('is explained in words, with the days off it rolled over and the calendar it was reckoned with [acc:C-27]', async (t) => {
    const bill = closed(aBill('b'), day('2026-02-08'), seedSettings)
    t.match(deadlineAccount(bill, seedSettings), {
      countedFrom: '2026-02-08', lastDay: '2026-02-15', dueOn: '2026-02-24', isKept: false, calendarVersion: '2025+2026+2027-statutory-only',
      words: { zh: '自就诊结束之日2026-02-08起算，当日不计入，第7日为2026-02-15，该日为休息日，顺延9日，应于2026-02-2424时前付清（放假安排版本：2025+2026+2027-statutory-only）。' }
    })
    t.match(deadlineAccount({ ...bill, dueOn: day('2026-02-26') }, seedSettings), { isKept: true })
    t.equal(deadlineAccount(aBill('b'), seedSettings), null)
  })

  t.test('uses the site\'s own table of a year in place of ours', async (t) => {
    const holidays = holidaysOf([{ year: 2027, source: '2027-site', daysOff: ['2027-03-08'], daysOfWork: [] }])
    t.equal(holidays.version, '2025+2026+2027-site')
    t.equal(dueOn(day('2027-03-01'), null, { ...seedSettings, holidays }), '2027-03-09')
    t.equal(isDayOff(day('2027-05-01'), holidays), true, 'a Saturday all the same')
  })
})

t.test('a bill', async (t) => {
  const billed: Bill = { ...closed(aBill('b'), day('2027-03-01'), seedSettings), chargedFen: fen(1000) }
  const states: ReadonlyArray<readonly [bill: Bill, today: string, state: BillState]> = [
    [aBill('b', { chargedFen: fen(1000) }), '2027-03-01', 'accruing'],
    [aBill('b', { chargedFen: fen(1000), paidFen: fen(1000) }), '2027-03-01', 'accruing'],
    [{ ...billed, closedOn: null }, '2027-04-01', 'accruing'],
    [billed, '2027-03-01', 'due'],
    [{ ...billed, paidFen: fen(1) }, '2027-03-01', 'partially_paid'],
    [{ ...billed, insuredFen: fen(600) }, '2027-03-01', 'due'],
    [billed, '2027-03-02', 'owing'],
    [{ ...billed, paidFen: fen(999) }, '2027-03-08', 'owing'],
    [billed, '2027-03-09', 'overdue'],
    [{ ...billed, paidFen: fen(1000) }, '2027-03-09', 'paid'],
    [{ ...billed, insuredFen: fen(1000) }, '2027-03-09', 'paid'],
    [{ ...billed, chargedFen: fen(0) }, '2027-03-09', 'reversed'],
    [{ ...billed, writtenOffFen: fen(400), paidFen: fen(600) }, '2027-03-09', 'written_off'],
    [{ ...billed, writtenOffFen: fen(400), paidFen: fen(600), recoveredFen: fen(400) }, '2027-03-09', 'recovered'],
    [{ ...billed, disputedFen: fen(1000) }, '2027-03-09', 'disputed'],
    [{ ...billed, disputedFen: fen(500) }, '2027-03-09', 'overdue'],
    [{ ...billed, funder: 'bank-1' }, '2027-03-09', 'assigned']
  ]
  t.test('has the state that its facts and the day say (§1.4), at every instant the same [I-23]', async (t) => {
    for (const [bill, today, state] of states) t.equal(billState(bill, day(today)), state, `${state} on ${today}`)
  })

  t.test('is finished when it was paid, missed its deadline or was taken over: what comes then is billed anew (D-3)', async (t) => {
    const on = day('2027-03-02')
    t.strictSame([billed, { ...billed, paidFen: fen(1000) }, { ...billed, chargedFen: fen(0) }, { ...billed, insuredFen: fen(1000) }, { ...billed, funder: 'bank-1' }, { ...billed, closedOn: null, paidFen: fen(1000) }].map((bill) => isFinished(bill, on)),
      [false, true, false, false, true, false])
    t.equal(isFinished(billed, day('2027-03-09')), true)
  })

  t.test('that is the visit\'s second → counts its days from the day it was posted, not from the day of the charge (D-3)', async (t) => {
    const late = withLine({ ...aBill('b', { ordinal: 2 }), closedOn: day('2027-03-10') }, { billId: 'b', chargeId: 'c', kind: 'charge', amountFen: fen(5), occurredOn: day('2027-03-01'), at: new Date('2027-03-10T02:00:00Z') }, { terms: seedSettings, calendar })
    t.match(late, { lastChargedOn: '2027-03-10', dueOn: '2027-03-17', chargedFen: 5 })
  })

  t.test('is aged by days past its deadline', async (t) => {
    t.strictSame([0, 1, 7, 8, 30, 31, 60, 61, 90, 91, 120, 121, 999].map(bucketOf), ['0', '1-7', '1-7', '8-30', '8-30', '31-60', '31-60', '61-90', '61-90', '91-120', '91-120', '>120', '>120'])
  })
})

t.test('a payment', async (t) => {
  const bills = fc.array(fc.record({ owed: fc.integer({ min: -50, max: 400 }), due: fc.option(fc.integer({ min: 1, max: 28 }), { nil: null }), isAssigned: fc.boolean() }), { maxLength: 8 })
    .map((list) => list.map(({ owed, due, isAssigned }, place) => aBill(`b${place}`, { chargedFen: fen(owed), dueOn: due === null ? null : day(`2027-03-${String(due).padStart(2, '0')}`), funder: isAssigned && owed > 0 ? 'bank' : null })))

  t.test('is set against the oldest first: nothing is lost, no bill gets too much, and the same comes out every time [I-10]', async (t) => {
    t.doesNotThrow(() => {
      holds(fc.property(bills, fc.integer({ min: 0, max: 2_000 }), fc.func(fc.integer()), (list, amountFen, order) => {
        const { shares, leftFen } = allocate(list, fen(amountFen))
        assert.strictEqual(shares.reduce((sum, share) => sum + share.amountFen, 0) + leftFen, amountFen)
        for (const { bill, amountFen: share } of shares) assert.ok(share > 0 && share <= payableOf(bill))
        const short = shares.filter(({ bill, amountFen: share }) => share < payableOf(bill))
        assert.ok(short.length <= 1 && (leftFen === 0 || short.length === 0))
        const last = shares.at(-1)?.bill.dueOn
        const untouched = list.filter((bill) => payableOf(bill) > 0 && !shares.some((share) => share.bill.id === bill.id))
        assert.ok(untouched.every((bill) => last === undefined || (bill.dueOn ?? '9999') >= (last ?? '9999')))
        const shuffled = [...list].sort((one, other) => order(one.id) - order(other.id))
        assert.deepStrictEqual(allocate(shuffled, fen(amountFen)).shares.map(({ bill, amountFen: share }) => [bill.id, share]), shares.map(({ bill, amountFen: share }) => [bill.id, share]))
      }))
    })
  })

  t.test('that is split by weights → loses no fen [I-13]', async (t) => {
    t.strictSame(splitFen(fen(100), [1, 1, 1]), [34, 33, 33])
    t.doesNotThrow(() => {
      holds(fc.property(fc.integer({ min: 0, max: 9e15 }), fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 1, maxLength: 6 }).filter((weights) => weights.some((weight) => weight > 0)), (amountFen, weights) => {
        const parts = splitFen(fen(amountFen), weights)
        assert.strictEqual(parts.reduce((sum, part) => sum + BigInt(part), 0n), BigInt(amountFen))
        assert.ok(parts.every((part, place) => part >= 0 && (weights[place] !== 0 || part <= 1)))
      }))
    })
  })
})

t.test('an insurance settlement', async (t) => {
  const split = (fund: number, account: number, cash: number) => ({ fund: 'city', totalFen: fen(fund + account + cash), fundFen: fen(fund), personalFen: fen(account + cash), accountFen: fen(account), cashFen: fen(cash) })

  t.test('whose split adds up → leaves the cash part with the person; any other is refused [I-11]', async (t) => {
    t.doesNotThrow(() => {
      const part = fc.integer({ min: 0, max: 1e9 })
      holds(fc.property(part, part, part, fc.integer({ min: -3, max: 3 }).filter((off) => off !== 0), (fund, account, cash, off) => {
        const right = split(fund, account, cash)
        assert.ok(isSplitRight(right, right.totalFen))
        const settled = withAllocation({ ...aBill('b'), chargedFen: right.totalFen }, { kind: 'insurance', amountFen: fen(fund + account) })
        assert.strictEqual(payableOf(settled), cash)
        for (const member of ['totalFen', 'fundFen', 'personalFen', 'accountFen', 'cashFen'] as const) assert.ok(!isSplitRight({ ...right, [member]: right[member] + off }, right.totalFen))
        assert.ok(!isSplitRight(right, fen(right.totalFen + off)))
      }))
    })
  })

  t.test('is asked for, undone, reversed or left alone, as what stands says', async (t) => {
    const at = new Date('2027-03-01T10:00:00Z')
    const latest = (state: Settlement['state'], given: Partial<Settlement> = {}): Settlement => ({ id: 's', billId: 'b', attempt: 1, state, chargedFen: fen(1000), quoteId: null, settlementId: null, split: null, code: null, askedAt: at, settledAt: null, endedAt: null, ...given })
    const bill = { chargedFen: fen(1000), closedOn: '2027-03-01' }
    t.strictSame([
      nextStep(bill, null), nextStep({ ...bill, closedOn: null }, null), nextStep({ ...bill, chargedFen: fen(0) }, null), nextStep(bill, latest('asked')), nextStep({ ...bill, closedOn: null }, latest('asked')), nextStep(bill, latest('settled')),
      nextStep({ ...bill, chargedFen: fen(900) }, latest('settled')), nextStep(bill, latest('settled', { code: 'split_mismatch' })), nextStep(bill, latest('reversing')), nextStep(bill, latest('reversed')), nextStep(bill, latest('reversed', { code: 'split_mismatch' })),
      nextStep(bill, latest('undone')), nextStep(bill, latest('rejected', { code: 'no' })), nextStep({ ...bill, chargedFen: fen(1) }, latest('rejected', { code: 'no' }))
    ], ['settle', 'nothing', 'nothing', 'undo', 'undo', 'nothing', 'reverse', 'reverse', 'reverse', 'settle', 'nothing', 'settle', 'nothing', 'settle'])
  })
})

t.test('a person', async (t) => {
  const today = day('2027-03-09')
  const owing = aBill('owing', { chargedFen: fen(100), closedOn: day('2027-03-05'), dueOn: day('2027-03-12') })
  const overdue = aBill('overdue', { chargedFen: fen(200), closedOn: day('2027-03-01'), dueOn: day('2027-03-08') })
  const usage = (given: Partial<Usage> = {}): Usage => ({ contract: aContract('C'), bills: [], holds: [], ...given })
  const asked = (given: Partial<Usage>, amountFen = 0): readonly string[] => refusalsOf(usage(given), { amountFen: fen(amountFen), today, minimumOverdueFen: fen(0) })

  t.test('stands as their worst bill does (D-2)', async (t) => {
    t.match(personStatus([], today), { status: 'normal', worstBill: null })
    t.match(personStatus([owing], day('2027-03-05')), { status: 'normal', worstBill: { id: 'owing' } })
    t.match(personStatus([owing], today), { status: 'owing', worstBill: { id: 'owing' } })
    t.match(personStatus([owing, overdue], today), { status: 'overdue', worstBill: { id: 'overdue' } })
    t.match(personStatus([owing, { ...overdue, disputedFen: fen(200) }], today), { status: 'owing' })
    t.match(personStatus([{ ...overdue, funder: 'bank' }], today), { status: 'normal' })
  })

  t.test('without a contract, suspended, overdue anywhere or over the limit → pays now, with every reason told [I-21]', async (t) => {
    t.strictSame(asked({}), [])
    t.strictSame(asked({ contract: null }), ['no_contract'])
    t.strictSame(asked({ contract: aContract('C', { state: 'terminated' }) }), ['contract_ended'])
    t.strictSame(asked({ contract: aContract('C', { state: 'suspended', creditLimitFen: fen(250) }), bills: [overdue, owing] }, 1), ['contract_suspended', 'overdue', 'over_limit'])
    t.strictSame([asked({ bills: [owing] }, 99_900), asked({ bills: [owing] }, 99_901)], [[], ['over_limit']])
    t.strictSame(refusalsOf(usage({ bills: [overdue] }), { amountFen: fen(0), today, minimumOverdueFen: fen(200) }), [])
  })

  t.test('is told at the desk what then makes the bill: also that nothing is left of the limit [A-03] [A-06]', async (t) => {
    const at = { today, minimumOverdueFen: fen(0), patientId: 'A' }
    const told = (contract: Contract | null, bills: readonly Bill[] = []): ReturnType<typeof mayPayAfterCare> => mayPayAfterCare({
      contracts: { ofPatient: async () => contract === null ? [] : [contract] }, bills: { outstanding: async () => bills, holds: async () => [] }
    }, at)
    const used = (chargedFen: number): Bill => aBill('used', { chargedFen: fen(chargedFen) })
    t.strictSame(await told(null), { state: 'none', mayPayAfterCare: false, reasons: ['no_contract'] })
    t.strictSame(await told(aContract('C'), [used(99_999)]), { state: 'active', mayPayAfterCare: true, reasons: [] })
    t.strictSame(await told(aContract('C'), [used(100_000)]), { state: 'active', mayPayAfterCare: false, reasons: ['over_limit'] })
    t.strictSame(await told(aContract('C', { state: 'suspended' }), [overdue]), { state: 'suspended', mayPayAfterCare: false, reasons: ['contract_suspended', 'overdue'] })
    t.strictSame(await told(aContract('C', { state: 'expired' })), { state: 'expired', mayPayAfterCare: false, reasons: ['contract_ended'] })
    t.strictSame([99_999, 100_000].map((chargedFen) => isPostPay({ class: 'outpatient', payMode: null, startedAt: new Date('2027-03-09T02:00:00Z') }, usage({ bills: [used(chargedFen)] }), { ...at, now: new Date('2027-03-09T02:00:00Z'), calendar })), [true, false])
  })

  t.test('comes to a new visit → it is paid after care where nothing speaks against it; an emergency always, under any contract that stands [I-21]', async (t) => {
    const now = new Date('2027-03-09T02:00:00Z')
    const is = (visit: Partial<Parameters<typeof isPostPay>[0]>, given: Partial<Usage> = {}): boolean =>
      isPostPay({ class: 'outpatient', payMode: null, startedAt: now, ...visit }, usage(given), { now, today, calendar, minimumOverdueFen: fen(0) })
    const suspended = { contract: aContract('C', { state: 'suspended' }), bills: [overdue] }
    t.strictSame([is({}), is({ payMode: 'self_pay' }), is({}, { contract: null }), is({}, { bills: [overdue] }), is({}, suspended), is({ class: 'emergency' }, suspended), is({ payMode: 'postpay' }, suspended)],
      [true, false, false, false, false, true, true])
    t.strictSame([is({ startedAt: new Date('2027-01-31T15:59:59Z') }), is({ startedAt: new Date('2027-01-31T16:00:00Z') }), is({ startedAt: null }), is({ class: 'emergency' }, { contract: aContract('C', { state: 'expired' }) })], [false, true, true, false])
  })
})
