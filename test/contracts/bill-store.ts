import type { Test } from 'tap'
import { fen } from '../../core/money.ts'
import type { Allocation, Bill, BillLine, CreditHold, Decision, Settlement } from '../../core/pay-after-care/index.ts'
import { aBill, day } from '../fixtures/pay-after-care.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = new Date('2027-03-01T02:00:00Z')
const later = (minutes: number): Date => new Date(at.getTime() + minutes * 60_000)
const aLine = (chargeId: string, given: Partial<BillLine> = {}): BillLine => ({ billId: 'b1', chargeId, kind: 'charge', amountFen: fen(900), occurredOn: day('2027-03-01'), at, ...given })
const anAllocation = (sourceId: string, given: Partial<Allocation> = {}): Allocation => ({ billId: 'b1', kind: 'payment', sourceId, amountFen: fen(500), at, ...given })
const aHold = (id: string, given: Partial<CreditHold> = {}): CreditHold => ({ id, contractId: 'C', visitId: 'v1', reference: `ref of ${id}`, amountFen: fen(300), state: 'held', heldAt: at, expiresAt: later(60), endedAt: null, ...given })
const aDecision = (id: string, given: Partial<Decision> = {}): Decision => ({ id, kind: 'write_off', billId: 'b1', hospitalId: 'east', amountFen: fen(100), funder: null, reason: 'hardship', state: 'requested', requestedBy: 't1', requestedAt: at, decidedBy: null, decidedAt: null, ...given })
const closedOn = day('2027-03-01')
const owing = (id: string, given: Partial<Bill> = {}): Bill => aBill(id, { chargedFen: fen(1000), closedOn, lastChargedOn: closedOn, dueOn: day('2027-03-08'), calendarVersion: '2027', ...given })
const idsOf = (bills: ReadonlyArray<{ readonly id: string }>): string => bills.map(({ id }) => id).join(' ')

export function billStoreContract (t: Test, open: OpenStore): void {
  t.test('a bill → is read back as saved and replaced as a whole; one of an ordinal in a visit', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ bills }) => {
      const full = owing('b1', { visitId: 'v1', isEmergency: true, insuredFen: fen(300), paidFen: fen(700), writtenOffFen: fen(-1), recoveredFen: fen(4), disputedFen: fen(5), funder: 'bank-1', settledAt: at })
      for (const bill of [aBill('b1', { visitId: 'v1' }), full]) {
        await bills.save(bill)
        t.strictSame(await bills.find('b1'), bill)
      }
      await bills.save(aBill('b2', { visitId: 'v1', ordinal: 2 }))
      t.equal(idsOf(await bills.ofVisit('v1')), 'b1 b2')
      t.equal(await bills.find('nobody'), null)
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ bills }) => bills.save(aBill('b3', { visitId: 'v1', ordinal: 2 })))])), ['STORE_WRITE_CONFLICT'])
  })

  t.test('bills → are found by who owes them, by what is outstanding, and by night', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ bills, patients, visits }) => {
      for (const [id, hospitalId, personId] of [['A', 'east', 'A'], ['A2', 'east', 'A'], ['B', 'east', 'B']] as const) await patients.save({ id, hospitalId, personId, name: null, birthDate: null, gender: null, active: true, identifiers: [] })
      await visits.save({ id: 'visit of ward', hospitalId: 'east', visitNumber: null, placerNumber: null, patientId: 'A', class: 'inpatient', state: 'in_progress', payMode: null, startedAt: null, endedAt: null, department: null, practitionerId: null, continuedAs: null })
      const all = [
        owing('late', { dueOn: day('2027-03-05'), openedAt: later(1) }),
        owing('due', { openedAt: later(2), hospitalId: 'west', patientId: 'A2' }),
        aBill('open', { chargedFen: fen(50), lastChargedOn: day('2027-02-20'), openedAt: later(3) }),
        aBill('ward', { chargedFen: fen(60), lastChargedOn: day('2027-02-20'), contractId: 'W', openedAt: later(4) }),
        owing('paid', { paidFen: fen(1000), openedAt: later(5) }),
        owing('assigned', { funder: 'bank-1', contractId: 'D', openedAt: later(6) }),
        owing('other', { contractId: 'E', patientId: 'B', openedAt: later(7) })
      ]
      for (const bill of all) await bills.save(bill)
      const listed = async (filter: Partial<Parameters<typeof bills.list>[0]>): Promise<string> => idsOf(await bills.list({ patientIds: null, contractId: null, hospitalId: null, isOutstanding: null, ...filter }, { limit: 20, offset: 0 }))
      t.strictSame([await listed({}), await listed({ patientIds: ['A2', 'B'] }), await listed({ patientIds: [] }), await listed({ contractId: 'C', isOutstanding: true }), await listed({ isOutstanding: false }), await listed({ hospitalId: 'west' })],
        ['other assigned paid ward open due late', 'other due', '', 'open due late', 'paid', 'due'])
      t.equal(idsOf(await bills.outstanding('C')), 'late due open')
      t.strictSame([idsOf(await bills.findAll(['due', 'nothing'])), await bills.findAll([])], ['due', []])
      t.strictSame([idsOf(await bills.outstandingOf(['C', 'W', 'none'])), await bills.outstandingOf([])], ['late due open ward', []])
      t.strictSame([idsOf(await bills.openAt('east', 'A2', day('2027-03-09'))), idsOf(await bills.openAt('east', 'A', day('2027-03-08'))), idsOf(await bills.openAt('west', 'A', day('2027-03-09')))], ['late assigned open ward', 'late paid assigned open ward', 'due'])
      const owingOf = (after: string | null, limit: number, dueBy: string | null = null): Promise<readonly string[]> => bills.owingContracts({ limit, after, dueBy: dueBy === null ? null : day(dueBy) })
      t.strictSame([await owingOf(null, 1), await owingOf('C', 5), await owingOf(null, 5, '2027-03-05'), await owingOf(null, 5, '2027-03-04')], [['C'], ['E'], ['C'], []])
      t.equal(idsOf(await bills.left(day('2027-02-21'), 5)), 'open')
      t.equal(idsOf(await bills.left(day('2027-02-20'), 5)), '')
      t.strictSame(await bills.owingCounts(day('2027-03-06')), { owing: 2, overdue: 1 })
      t.strictSame(await bills.owingCounts(day('2027-03-01')), { owing: 0, overdue: 0 })
      t.strictSame(await bills.owedByDeadline('east'), [
        { hospitalId: 'east', dueOn: '2027-03-05', isClosed: true, bills: 1, outstandingFen: 1000 },
        { hospitalId: 'east', dueOn: '2027-03-08', isClosed: true, bills: 1, outstandingFen: 1000 },
        { hospitalId: 'east', dueOn: null, isClosed: false, bills: 2, outstandingFen: 110 }
      ])
      t.equal((await bills.owedByDeadline(null)).length, 4)
    })
  })

  t.test('a line and what settles it → stand once and for good', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ bills }) => {
      const reversal = aLine('c1', { kind: 'reversal', amountFen: fen(-900), at: later(1) })
      t.strictSame([await bills.addLine(aLine('c1')), await bills.addLine(aLine('c1', { billId: 'b2' })), await bills.addLine(reversal)], [true, false, true])
      t.strictSame(await bills.lines('b1'), [aLine('c1'), reversal])
      t.strictSame(await bills.lineOf('c1'), aLine('c1'))
      t.equal(await bills.lineOf('c2'), null)
      const other = anAllocation('o1', { billId: 'b2', amountFen: fen(-5) })
      t.strictSame([await bills.addAllocation(anAllocation('o1')), await bills.addAllocation(anAllocation('o1', { amountFen: fen(1) })), await bills.addAllocation(other), await bills.addAllocation(anAllocation('o1', { kind: 'recovery' }))], [true, false, true, true])
      t.strictSame(await bills.allocationsFrom('payment', 'o1'), [anAllocation('o1'), other])
      t.equal((await bills.allocations('b1')).length, 2)
    })
  })

  t.test('a settlement → is replaced as it goes on, and listed by attempt', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ bills }) => {
      const asked: Settlement = { id: 'b1-1', billId: 'b1', attempt: 1, state: 'asked', chargedFen: fen(1000), quoteId: 'q', settlementId: null, split: null, code: null, askedAt: at, settledAt: null, endedAt: null }
      const split = { fund: 'city', totalFen: fen(1000), fundFen: fen(600), personalFen: fen(400), accountFen: fen(100), cashFen: fen(300) }
      const settled: Settlement = { ...asked, state: 'settled', settlementId: 's1', split, settledAt: later(1) }
      const second: Settlement = { ...asked, id: 'b1-2', attempt: 2, state: 'rejected', code: 'no', endedAt: later(2) }
      for (const one of [asked, settled, second]) await bills.saveSettlement(one)
      t.strictSame(await bills.settlements('b1'), [settled, second])
    })
  })

  t.test('settlements → are found by the time they were settled or reversed, and by the insurer\'s number', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ bills }) => {
      await bills.save(aBill('b1'))
      const settled = (attempt: number, given: Partial<Settlement> = {}): Settlement => ({
        id: `b1-${attempt}`, billId: 'b1', attempt, state: 'settled', chargedFen: fen(1000), quoteId: 'q', settlementId: `S${attempt}.sealed`, split: null, code: null, askedAt: at, settledAt: later(attempt), endedAt: null, ...given
      })
      const reversed = settled(2, { state: 'reversed', endedAt: later(5) })
      for (const one of [settled(1), reversed, settled(3)]) await bills.saveSettlement(one)
      const within = async (by: 'settled' | 'reversed', from: number, until: number, page = { limit: 10, after: null as string | null }): Promise<string> => (await bills.settlementsWithin({ by, from: later(from), until: later(until) }, page)).map(({ id }) => id).join(' ')
      t.strictSame([await within('settled', 1, 3), await within('settled', 1, 4), await within('settled', 1, 4, { limit: 1, after: 'b1-1' }), await within('reversed', 5, 6), await within('reversed', 1, 5)], ['b1-1 b1-2', 'b1-1 b1-2 b1-3', 'b1-2', 'b1-2', ''])
      t.strictSame([await bills.settlementByNumber('S2'), await bills.settlementByNumber('S'), await bills.settlementByNumber('%')], [{ ...reversed, hospitalId: 'east' }, null, null])
    })
  })

  t.test('a hold → ends once, also where it is posted and released at the same time [I-12]', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ bills }) => {
      for (const hold of [aHold('h1'), aHold('h2', { expiresAt: later(30) }), aHold('h3', { contractId: 'D' })]) await bills.saveHold(hold)
      t.strictSame(await bills.findHold('h1'), aHold('h1'))
      await bills.saveHold(aHold('h1', { amountFen: fen(350) }))
      t.strictSame(await bills.holds('C'), [aHold('h1', { amountFen: fen(350) }), aHold('h2', { expiresAt: later(30) })])
      t.strictSame(await bills.nextHoldExpiry(), later(30))
      t.equal(idsOf(await bills.holdsExpiring(later(59), 5)), 'h2')
    })
    const ends = await Promise.all(Array.from({ length: 8 }, (_, place) => inTransaction(({ bills }) => bills.endHold('h1', { state: place % 2 === 0 ? 'posted' : 'released', at: later(5) }))))
    t.equal(ends.filter((isFirst) => isFirst).length, 1)
    await inTransaction(async ({ bills }) => {
      await bills.saveHold(aHold('h1', { amountFen: fen(1) }))
      t.equal((await bills.findHold('h1'))?.amountFen, 350)
      await bills.saveHold(aHold('h4', { reference: 'ref of h1', heldAt: later(1) }))
      t.equal((await bills.holdByReference('v1', 'ref of h1'))?.id, 'h4')
      t.equal(await bills.holdByReference('v1', 'nobody'), null)
    })
    t.strictSame(refusals(await Promise.allSettled([inTransaction(({ bills }) => bills.saveHold(aHold('h5', { reference: 'ref of h4' }))), inTransaction(({ bills }) => bills.saveHold(aHold('h6', { reference: 'ref of h1' })))])), ['STORE_WRITE_CONFLICT'])
  })
}

export function decisionStoreContract (t: Test, open: OpenStore): void {
  t.test('a decision → is decided once, and listed by bill, state and hospital', async (t) => {
    const { inTransaction } = await open(t)
    const approved = aDecision('d1', { state: 'approved', decidedBy: 't2', decidedAt: later(1) })
    await inTransaction(async ({ decisions }) => {
      await decisions.saveDecision(aDecision('d1'))
      await decisions.saveDecision(aDecision('d2', { kind: 'assignment', billId: 'b2', hospitalId: 'west', funder: 'bank-1', requestedAt: later(2) }))
      t.strictSame(await decisions.findDecision('d1'), aDecision('d1'))
    })
    const verdicts = await Promise.all([approved, { ...approved, state: 'refused' as const }].map((verdict) => inTransaction(({ decisions }) => decisions.decide(verdict))))
    t.equal(verdicts.filter((isFirst) => isFirst).length, 1)
    await inTransaction(async ({ decisions }) => {
      const listed = async (filter: Partial<Parameters<typeof decisions.decisions>[0]>): Promise<string> => idsOf(await decisions.decisions({ billId: null, state: null, hospitalId: null, ...filter }, { limit: 5, offset: 0 }))
      t.strictSame([await listed({}), await listed({ billId: 'b1' }), await listed({ state: 'requested' }), await listed({ hospitalId: 'west' })], ['d2 d1', 'd1', 'd2', 'd2'])
    })
    await t.rejects(inTransaction(({ decisions }) => decisions.decide(aDecision('d2', { state: 'approved', decidedBy: 't1', decidedAt: at }))), 'four eyes are kept by the table too')
  })
}
