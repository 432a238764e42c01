import fc from 'fast-check'
import t from 'tap'
import { fen } from '../../../core/money.ts'
import { begun, ended, isInForce, lapsed, refundAsked, refundDecided, unusedFen, type Membership } from '../../../core/membership/membership.ts'

const noon = new Date('2027-03-01T12:00:00+08:00')
const later = (days: number, ms = 0): Date => new Date(noon.getTime() + days * 86_400_000 + ms)
const aMembership = (given: Partial<Membership> = {}): Membership => ({
  id: 'm1', member: { kind: 'patient', id: 'anna' }, product: 'care_year', productVersion: 1, hospitalId: 'east', priceFen: fen(19_900), days: 365, benefits: [], state: 'pending', orderedAt: noon, orderedBy: 'anna',
  payUntil: later(0, 1_800_000), paymentOrderId: null, paidAt: null, startsAt: null, endsAt: null, remindedAt: null, refund: null, ...given
})
const paid = begun(aMembership(), { paymentOrderId: 'p1', lastEnd: null }, noon)
const asking = { amountFen: fen(100), reason: 'moving', by: 'anna', hasLater: false, refundDays: 366 }

t.test('a membership that is paid [C14]', async (t) => {
  t.test('is in force from its first millisecond to just before its last', async (t) => {
    t.strictSame([later(0, -1), noon, later(365, -1), later(365)].map((at) => isInForce(paid, at)), [false, true, true, false])
    t.equal(ended(paid, later(365, -1)), paid)
    t.equal(ended(paid, later(365)).state, 'expired')
  })

  t.test('begins where the term before it ends, and at once where that is over', async (t) => {
    const renewal = begun(aMembership({ id: 'm2' }), { paymentOrderId: 'p2', lastEnd: paid.endsAt }, later(300))
    t.strictSame([renewal.startsAt, renewal.endsAt], [later(365), later(730)])
    t.strictSame(begun(aMembership({ id: 'm3' }), { paymentOrderId: 'p3', lastEnd: paid.endsAt }, later(400)).startsAt, later(400))
  })

  t.test('is paid once; what lapsed is paid no more', async (t) => {
    t.throws(() => begun(paid, { paymentOrderId: 'p2', lastEnd: null }, noon), { code: 'MEMBERSHIP_STATE_REFUSED' })
    t.equal(lapsed(paid), paid)
    t.throws(() => begun(lapsed(aMembership()), { paymentOrderId: 'p1', lastEnd: null }, noon), { code: 'MEMBERSHIP_STATE_REFUSED' })
  })
})

t.test('what is unused [C14]', async (t) => {
  t.test('is the smaller share of whole days and of uses; a term that has not begun is all of it', async (t) => {
    const uses = (used: number) => [{ kind: 'consultations', total: 3, used }]
    t.equal(unusedFen(paid, uses(0), later(73)), 15_920)
    t.equal(unusedFen(paid, uses(2), later(73)), 6_633)
    t.equal(unusedFen(paid, uses(3), later(1)), 0)
    t.equal(unusedFen(paid, [], later(365)), 0)
    t.equal(unusedFen({ ...paid, startsAt: later(10), endsAt: later(375) }, uses(0), later(9)), 19_900)
    t.equal(unusedFen(aMembership(), [], noon), 0)
  })

  t.test('is never more than the price, nor less than nothing, and never grows with time or use', async () => {
    const moment = fc.record({ day: fc.nat(400), used: fc.nat(10) })
    fc.assert(fc.property(fc.nat(10_000_000), moment, moment, (price, first, more) => {
      const term = { ...paid, priceFen: fen(price) }
      const at = (days: number, used: number) => unusedFen(term, [{ kind: 'x', total: 20, used }], later(days))
      const [before, after] = [at(first.day, first.used), at(first.day + more.day, first.used + more.used)]
      return before >= 0 && before <= price && after <= before
    }))
  })
})

t.test('a refund [C14]', async (t) => {
  t.test('is asked once, in time, and for what is last', async (t) => {
    const asked = refundAsked(paid, asking, later(1))
    t.match(asked.refund, { state: 'asked', amountFen: 100, askedBy: 'anna' })
    t.throws(() => refundAsked(asked, asking, later(1)), { code: 'MEMBERSHIP_STATE_REFUSED' })
    t.throws(() => refundAsked(paid, { ...asking, hasLater: true }, later(1)), { code: 'MEMBERSHIP_STATE_REFUSED' })
    t.throws(() => refundAsked(paid, { ...asking, amountFen: fen(0) }, later(1)), { code: 'MEMBERSHIP_REFUND_REFUSED' })
    t.throws(() => refundAsked(paid, { ...asking, refundDays: 7 }, later(8)), { code: 'MEMBERSHIP_REFUND_REFUSED' })
    t.throws(() => refundAsked(aMembership(), asking, noon), { code: 'MEMBERSHIP_STATE_REFUSED' })
  })

  t.test('is decided by another person, once; approved, the membership is over', async (t) => {
    const asked = refundAsked(paid, asking, later(1))
    t.throws(() => refundDecided(asked, { isApproved: true, by: 'anna' }, later(2)), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    const refunded = refundDecided(asked, { isApproved: true, by: 'berta' }, later(2))
    t.match(refunded, { state: 'refunded', endsAt: later(2), refund: { state: 'approved', decidedBy: 'berta' } })
    t.notOk(isInForce(refunded, later(2)))
    t.throws(() => refundDecided(refunded, { isApproved: true, by: 'carla' }, later(2)), { code: 'DECISION_MADE' })
    const refused = refundDecided(asked, { isApproved: false, by: 'berta' }, later(2))
    t.ok(isInForce(refused, later(2)))
    t.match(refundAsked(refused, asking, later(3)).refund, { state: 'asked' }, 'it may be asked for again')
    t.throws(() => refundDecided(ended(asked, later(365)), { isApproved: true, by: 'berta' }, later(366)), { code: 'MEMBERSHIP_STATE_REFUSED' }, 'what has ended meanwhile is not given back')
  })
})
