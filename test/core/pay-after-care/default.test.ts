import fc from 'fast-check'
import t from 'tap'
import { addDays } from '../../../core/days.ts'
import { fen } from '../../../core/money.ts'
import { arrearsOf, billState, dunningOn, isCured, lockFor, undisputedOf, whyNothingFollows, type Bill, type CardLock } from '../../../core/pay-after-care/index.ts'
import { aDueBill, aFullContract, day as on } from '../../fixtures/pay-after-care.ts'

const living = (day: string): { readonly today: ReturnType<typeof on>, readonly isDeceased: boolean } => ({ today: on(day), isDeceased: false })

t.test('a reminder', async (t) => {
  t.test('is due on every day after the visit day, and on days 1, 3, 5, 6 and 7 carries the deadline', async (t) => {
    const templates = Array.from({ length: 10 }, (_, place) => {
      const decision = dunningOn(aFullContract(), [aDueBill()], living(addDays(on('2027-03-01'), place)))
      return decision.kind === 'remind' ? decision.reminder.template : decision.kind
    })
    t.strictSame(templates, ['none', 'dunning_deadline', 'dunning', 'dunning_deadline', 'dunning', 'dunning_deadline', 'dunning_deadline', 'dunning_deadline', 'dunning', 'dunning'])
  })

  t.test('names what is owed over all bills and the earliest deadline', async (t) => {
    const bills = [aDueBill(), aDueBill({ id: 'b2', hospitalId: 'west', chargedFen: 5000, paidFen: 1000, closedOn: on('2027-03-02'), dueOn: on('2027-03-09') }), aDueBill({ id: 'b3', closedOn: null, dueOn: null })]
    t.strictSame(dunningOn(aFullContract(), bills, living('2027-03-04')), { kind: 'remind', reminder: { template: 'dunning_deadline', owedFen: 18830, bills: 2, dueOn: '2027-03-08' } })
  })

  t.test('is not sent for what is disputed, assigned, or of somebody who died or did not agree', async (t) => {
    t.strictSame(dunningOn(aFullContract(), [aDueBill({ disputedFen: 14830 })], living('2027-03-04')), { kind: 'suppress', because: 'dispute', owedFen: 0 })
    t.strictSame(dunningOn(aFullContract(), [aDueBill({ funder: 'a bank' })], living('2027-03-04')), { kind: 'suppress', because: 'assigned', owedFen: 14830 })
    t.strictSame(dunningOn(aFullContract(), [aDueBill()], { today: on('2027-03-04'), isDeceased: true }), { kind: 'suppress', because: 'deceased', owedFen: 14830 })
    t.strictSame(dunningOn(aFullContract({ consents: ['pay_after_care'] }), [aDueBill()], living('2027-03-04')), { kind: 'suppress', because: 'not_agreed', owedFen: 14830 })
    t.strictSame(dunningOn(aFullContract(), [aDueBill({ paidFen: 14830 })], living('2027-03-04')), { kind: 'none' })
  })
})

t.test('arrears', async (t) => {
  t.test('begin on the day after the deadline, with what is undisputed and not taken over by a bank', async (t) => {
    const bills = [aDueBill(), aDueBill({ id: 'b2', hospitalId: 'west', chargedFen: 2000, disputedFen: 500, dueOn: on('2027-03-05') }), aDueBill({ id: 'b3', funder: 'a bank', dueOn: on('2027-03-01') })]
    t.strictSame(arrearsOf(bills, on('2027-03-05')), { overdueFen: 0, since: null, days: [] })
    t.strictSame(arrearsOf(bills, on('2027-03-08')), { overdueFen: 1500, since: '2027-03-05', days: [{ hospitalId: 'west', on: '2027-03-05' }] })
    t.strictSame(arrearsOf(bills, on('2027-03-09')), { overdueFen: 16330, since: '2027-03-05', days: [{ hospitalId: 'east', on: '2027-03-08' }, { hospitalId: 'west', on: '2027-03-05' }] })
  })

  t.test('have no consequence on a day that is not reconciled, with a payment under way, or up to the minimum [I-25]', async (t) => {
    const arrears = arrearsOf([aDueBill({ chargedFen: 100 })], on('2027-03-09'))
    const ready = { isReconciled: true, isPaymentPending: false }
    t.equal(whyNothingFollows(arrears, ready, { minimumOverdueFen: fen(99) }), null)
    t.equal(whyNothingFollows(arrears, ready, { minimumOverdueFen: fen(100) }), 'below_minimum')
    t.equal(whyNothingFollows(arrears, { ...ready, isReconciled: false }, { minimumOverdueFen: fen(0) }), 'day_not_reconciled')
    t.equal(whyNothingFollows(arrears, { ...ready, isPaymentPending: true }, { minimumOverdueFen: fen(0) }), 'payment_pending')
    t.equal(whyNothingFollows(arrearsOf([], on('2027-03-09')), ready, { minimumOverdueFen: fen(0) }), 'nothing_overdue')
  })

  t.test('that are gone → cure a contract that was suspended for them, and no other', async (t) => {
    const none = arrearsOf([], on('2027-03-09'))
    const suspended = aFullContract({ state: 'suspended', suspendedBecause: 'overdue', suspendedAt: new Date('2027-03-09T03:00:00Z') })
    t.equal(isCured(suspended, none), true)
    t.equal(isCured({ ...suspended, suspendedBecause: 'manual' }, none), false)
    t.equal(isCured(aFullContract(), none), false)
    t.equal(isCured(suspended, arrearsOf([aDueBill()], on('2027-03-09'))), false)
  })
})

function aLock (given: Partial<CardLock> = {}): CardLock {
  return {
    id: 'l1', contractId: 'c1', episode: on('2027-03-08'), state: 'locked', legalBasis: 'an act', overdueFen: fen(14830), requestedAt: new Date('2027-03-09T03:05:00Z'), lockedAt: null, receiptId: null,
    unlockRequestedAt: null, unlockedAt: null, attempts: 0, ...given
  }
}

t.test('an insurance card', async (t) => {
  const arrears = arrearsOf([aDueBill()], on('2027-03-09'))
  const hard = { legalBasis: 'an act', locksCards: true }

  t.test('is locked with a legal basis only, and only where locking is switched on', async (t) => {
    t.strictSame(lockFor(arrears, [], hard), { kind: 'lock', episode: '2027-03-08' })
    t.strictSame(lockFor(arrears, [], { ...hard, legalBasis: null }), { kind: 'no_lock', because: 'no_legal_basis' })
    t.strictSame(lockFor(arrears, [], { ...hard, locksCards: false }), { kind: 'no_lock', because: 'switched_off' })
  })

  t.test('is locked once for an episode; after its unlock only another missed deadline locks it again [I-26]', async (t) => {
    for (const state of ['lock_requested', 'locked', 'unlock_requested', 'unlock_failed'] as const) {
      t.strictSame(lockFor(arrears, [aLock({ state })], hard), { kind: 'no_lock', because: 'locked_already' })
    }
    t.strictSame(lockFor(arrears, [aLock({ state: 'unlocked' })], hard), { kind: 'no_lock', because: 'unlocked_before' })
    t.strictSame(lockFor(arrears, [aLock({ state: 'unlocked', episode: on('2027-01-05') })], hard), { kind: 'lock', episode: '2027-03-08' })
  })
})

t.test('whatever a bill says → its state, its arrears and its reminders agree on every day [I-23 I-25]', async (t) => {
  const amounts = fc.integer({ min: 0, max: 20_000 })
  const bill: fc.Arbitrary<Bill> = fc.record({ chargedFen: amounts, insuredFen: amounts, paidFen: amounts, writtenOffFen: amounts, disputedFen: amounts, closed: fc.boolean(), term: fc.integer({ min: 0, max: 12 }), funder: fc.constantFrom(null, 'a bank') })
    .map(({ closed, term, ...rest }) => aDueBill({ ...rest, ...closed ? { dueOn: addDays(on('2027-03-01'), term) } : { closedOn: null, dueOn: null } }))
  fc.assert(fc.property(bill, fc.integer({ min: -1, max: 20 }), (one, days) => {
    const today = addDays(on('2027-03-01'), days)
    const state = billState(one, today)
    const { overdueFen } = arrearsOf([one], today)
    if (overdueFen > 0 !== (state === 'overdue')) throw new Error(`arrears of ${overdueFen} in state ${state}`)
    if (overdueFen > 0 && overdueFen !== undisputedOf(one)) throw new Error('arrears differ from what is undisputed')
    const decision = dunningOn(aFullContract(), [one], { today, isDeceased: false })
    if (decision.kind === 'remind' && !['owing', 'overdue'].includes(state)) throw new Error(`a reminder in state ${state}`)
  }), { numRuns: 2000 })
  t.pass('2,000 bills')
})
