import fc from 'fast-check'
import t from 'tap'
import {
  afterRecord, closedGates, deleteExpired, episodeStates, expectedStanding, neutralStatement, nextState, operationsBetween, revealedHospital, statementForBureau, transitions, withdrawEpisode, yearsBefore, type EpisodeEvent, type GateFacts, type ReportedFacts, type Standing
} from '../../../core/credit-feed/index.ts'
import { fen } from '../../../core/money.ts'
import { day, seedSettings } from '../../fixtures/pay-after-care.ts'
import { aFeed, days, noon } from './a-feed.ts'

const opened = (feed: { live: (on: string) => Promise<void> }, until = '2027-03-09'): Promise<void> => days('2027-03-04', days('2027-03-04', 60).indexOf(day(until)) + 1).reduce((before, on) => before.then(() => feed.live(on)), Promise.resolve())

t.test('an episode', async (t) => {
  t.test('→ goes along its legal transitions, and every other is refused', async (t) => {
    const events: readonly EpisodeEvent[] = ['notified', 'notice_failed', 'notice_proven', 'prepared', 'gate_closed', 'released', 'submitted', 'accepted', 'rejected', 'settled', 'cured', 'withdrawn', 'deletion_sent', 'deleted']
    for (const state of episodeStates) {
      for (const event of events) {
        const next = transitions[state][event]
        if (next === undefined) t.throws(() => nextState(state, event), { code: 'EPISODE_NOT_RELEASABLE' }, `${state} ${event}`)
        else t.equal(nextState(state, event), next)
      }
    }
    const reached = new Set<string>(['notice_due'])
    for (let step = 0; step < episodeStates.length; step++) for (const state of [...reached]) for (const next of Object.values(transitions[state as keyof typeof transitions])) reached.add(next)
    t.strictSame([...reached].sort(), [...episodeStates].sort(), 'every state is reached')
  })

  t.test('that owes past its deadline → is told on day 4, ready on day 8 once the day is closed, released by another person, and opened at the bureau', async (t) => {
    const feed = await aFeed(t)
    const bill = await feed.debtor('anna')
    await feed.live('2027-03-04')
    t.strictSame(await feed.episodes('anna'), [], 'nothing before the fourth day')
    for (const on of ['2027-03-05', '2027-03-06', '2027-03-07', '2027-03-08']) await feed.live(on)
    const [told] = await feed.episodes('anna')
    t.match(told, { state: 'notice_proven', closedGates: ['not_past_deadline', 'below_minimum', 'notice_not_proven'] }, 'what was not asked yet is held against nobody')
    t.match(told?.bills, [{ billId: bill.id, noticedOn: '2027-03-05' }])
    await feed.build('2027-03-09')
    t.match(await feed.episodes('anna'), [{ state: 'notice_proven', closedGates: ['day_not_reconciled'] }])
    await feed.close('2027-03-08')
    await feed.build('2027-03-09')
    t.match(await feed.episodes('anna'), [{ state: 'ready', closedGates: [], preparedOn: '2027-03-09', overdueFen: 12_000 }])
    await feed.build('2027-03-09')
    t.strictSame((await feed.records('anna')).map(({ operation }) => operation), [], 'nothing goes out before the release')
    await feed.release()
    await feed.build('2027-03-09')
    await feed.bureau.pull()
    t.match(await feed.episodes('anna'), [{ state: 'accepted', releasedBy: 'finance2', firstDelinquencyOn: '2027-03-09', dueOn: '2027-03-08', originalAmountFen: 12_000 }])
    t.match(feed.bureau.episodes(), [{ episodeNo: 1, status: 'OVERDUE', originalAmountFen: 12_000, balanceFen: 12_000, overdueFen: 12_000, curedOn: null }])
    t.strictSame(await feed.differences(), [])
  })

  t.test('swept once or five times → ends the same', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    await feed.debtor('anna')
    await opened(feed)
    const before = JSON.stringify([await feed.episodes('anna'), await feed.records('anna')])
    for (let turn = 0; turn < 5; turn++) t.match(await feed.build('2027-03-09'), { changed: 0, files: 0, records: 0 })
    t.equal(JSON.stringify([await feed.episodes('anna'), await feed.records('anna')]), before)
  })

  t.test('paid in part, then in full, after it was reported → is updated, then cured with the day of payment', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    const { id } = await feed.debtor('anna')
    await opened(feed)
    await feed.pay(id, 5_000)
    await feed.live('2027-03-10')
    feed.now = new Date('2027-03-10T20:00:00+08:00')
    await feed.pay(id, 7_000)
    await feed.live('2027-03-11')
    t.strictSame((await feed.records('anna')).map(({ operation, state, facts }) => [operation, state, facts.balanceFen, facts.status, facts.curedOn, facts.overdueDays]), [
      ['open_episode', 'accepted', 12_000, 'overdue', null, 1], ['update', 'accepted', 7_000, 'overdue', null, 2], ['cure', 'accepted', 0, 'cured', '2027-03-10', 2]])
    t.match(await feed.episodes('anna'), [{ state: 'cured', curedOn: '2027-03-10' }])
    t.strictSame(await feed.differences(), [])
  })

  t.test('paid in time, or before the file is built → is never reported', async (t) => {
    const feed = await aFeed(t)
    const [inTime, late] = [await feed.debtor('anna'), await feed.debtor('berta')]
    await opened(feed, '2027-03-08')
    await feed.pay(inTime.id, 12_000)
    await feed.close('2027-03-08')
    await feed.build('2027-03-09')
    await feed.release()
    await feed.pay(late.id, 12_000)
    await feed.live('2027-03-09')
    t.match([await feed.episodes('anna'), await feed.episodes('berta')], [[{ state: 'abandoned' }], [{ state: 'abandoned' }]])
    t.strictSame([feed.bureau.episodes(), feed.bureau.lastSeq()], [[], 0])
  })

  t.test('released by who prepared it, twice, or with a gate closed again → is refused as a whole', async (t) => {
    const feed = await aFeed(t)
    const { id } = await feed.debtor('anna')
    await opened(feed, '2027-03-08')
    await feed.close('2027-03-08')
    await feed.build('2027-03-09')
    const [ready] = await feed.episodes('anna')
    await feed.store.inTransaction(({ creditFeed }) => creditFeed.saveEpisode({ ...ready!, preparedBy: 'finance' }))
    await t.rejects(feed.release('finance'), { code: 'DECISION_NEEDS_ANOTHER_PERSON' })
    await feed.store.inTransaction(({ payments }) => payments.save({
      id: 'o1', orderNumber: '1', purpose: 'bills', subjectId: 'anna', payerPatientId: 'east-anna', channel: 'wechat', mode: 'qr', amountFen: fen(12_000), parts: [{ hospitalId: 'east', referenceId: id, patientId: 'east-anna', amountFen: fen(12_000) }],
      state: 'pending', cashFen: fen(12_000), insuranceFen: fen(0), cashState: null, insuranceState: null, channelNumber: null, prepay: null, createdAt: feed.now, expiresAt: feed.now, paidAt: null, refundedFen: fen(0), queries: 0, nextQueryAt: null
    }))
    await t.rejects(feed.release('finance2'), { code: 'EPISODE_NOT_RELEASABLE', reasons: ['payment_pending'] })
    t.match(await feed.episodes('anna'), [{ state: 'ready' }])
    t.strictSame(await feed.records('anna'), [])
  })

  t.test('disputed → is held: not opened while the dispute is open; marked, and cleared with its statement where it is reported', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    const [first, second] = [await feed.debtor('anna'), await feed.debtor('berta')]
    const dispute = (contractId: string, billId: string, state: 'open' | 'upheld') => feed.store.inTransaction(({ defaults }) => defaults.saveDispute({
      id: `dispute of ${contractId}`, contractId, patientId: `east-${contractId}`, billId, hospitalId: 'east', disputedFen: fen(12_000), text: 'I was not there', statement: '我没有收到账单', state, openedAt: feed.now, answerBy: day('2027-04-01'),
      answer: state === 'open' ? null : 'you were', answeredAt: state === 'open' ? null : feed.now, answeredBy: state === 'open' ? null : 'finance'
    }))
    await opened(feed, '2027-03-08')
    await dispute('anna', first.id, 'open')
    await feed.live('2027-03-09')
    await dispute('berta', second.id, 'open')
    await feed.live('2027-03-10')
    t.match([await feed.episodes('anna'), await feed.episodes('berta')], [[{ state: 'notice_proven', isHeld: true, closedGates: ['dispute_open'] }], [{ state: 'accepted', isHeld: true }]])
    await dispute('berta', second.id, 'upheld')
    await feed.live('2027-03-11')
    t.strictSame((await feed.records('berta')).map(({ operation, facts }) => [operation, facts.isDisputed, facts.statement]), [
      ['open_episode', false, null], ['dispute_set', true, null], ['statement', true, '我没有收到账单'], ['dispute_clear', false, '我没有收到账单']])
    t.strictSame(await feed.differences(), [])
  })

  t.test('whose charges the hospital takes back in part → is corrected; taken back as a whole → withdrawn, and never reported again', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    const [part, whole] = [await feed.debtor('anna'), await feed.debtor('berta'), await feed.debtor('clara')]
    await opened(feed)
    await feed.change(part.id, () => ({ chargedFen: fen(10_000) }))
    await feed.change(whole.id, () => ({ chargedFen: fen(0), settledAt: feed.now }))
    const [wrong] = await feed.episodes('clara')
    await feed.store.inTransaction((stores) => withdrawEpisode(stores, { ...feed.deps, moment: { now: feed.now, today: day('2027-03-09') } }, { id: wrong!.id, who: 'finance', creditors: null }))
    for (const on of ['2027-03-10', '2027-03-11']) await feed.live(on)
    const said = async (name: string) => (await feed.records(name)).map(({ operation, facts }) => [operation, facts.originalAmountFen, facts.balanceFen, facts.status])
    t.strictSame([await said('anna'), await said('berta'), await said('clara')], [
      [['open_episode', 12_000, 12_000, 'overdue'], ['correct', 10_000, 10_000, 'overdue']],
      [['open_episode', 12_000, 12_000, 'overdue'], ['withdraw', 12_000, 0, 'withdrawn']],
      [['open_episode', 12_000, 12_000, 'overdue'], ['withdraw', 12_000, 0, 'withdrawn']]])
    t.match([await feed.episodes('berta'), await feed.episodes('clara')], [[{ state: 'withdrawn' }], [{ state: 'withdrawn' }]])
    t.strictSame(await feed.differences(), [])
  })

  t.test('written off → says so and is not cured; recovered → is cured', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    const { id } = await feed.debtor('anna')
    await opened(feed)
    await feed.change(id, () => ({ writtenOffFen: fen(12_000) }))
    await feed.live('2027-03-10')
    await feed.change(id, () => ({ recoveredFen: fen(12_000), settledAt: feed.now }))
    await feed.live('2027-03-11')
    t.strictSame((await feed.records('anna')).map(({ operation, facts }) => [operation, facts.status]), [['open_episode', 'overdue'], ['update', 'written_off'], ['cure', 'cured']])
  })

  t.test('of a minor, without consent, of an emergency, or where nothing is reported → does not come to the bureau', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    await feed.debtor('child', { birthDate: '2015-05-05' })
    await feed.debtor('unwilling', { consents: ['pay_after_care'] })
    await feed.debtor('urgent', { bill: { isEmergency: true } })
    await opened(feed, '2027-03-12')
    t.match(await feed.episodes('child'), [{ state: 'notice_proven', closedGates: ['minor'] }])
    t.strictSame([await feed.episodes('unwilling'), await feed.episodes('urgent'), feed.bureau.episodes()], [[], [], []])
    const silent = await aFeed(t, { legalBasis: null, reports: false })
    await silent.debtor('anna')
    await opened(silent, '2027-03-12')
    t.strictSame(await silent.episodes('anna'), [])
  })

  t.test('whose notice is not proven → waits, and is told again after a week', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    await feed.debtor('anna')
    feed.provesNotices = false
    await opened(feed, '2027-03-11')
    t.match(await feed.episodes('anna'), [{ state: 'notice_sent', closedGates: ['not_past_deadline', 'below_minimum', 'notice_not_proven'] }])
    feed.provesNotices = true
    for (const on of days('2027-03-12', 3)) await feed.live(on)
    t.match(await feed.episodes('anna'), [{ state: 'notice_proven', bills: [{ noticedOn: '2027-03-12' }] }])
    await feed.live('2027-03-15')
    t.match(await feed.episodes('anna'), [{ state: 'accepted' }], 'three days after the proof')
  })

  t.test('cured five years ago → is deleted on that day, not before', async (t) => {
    const feed = await aFeed(t, { releaseByTwo: false })
    const { id } = await feed.debtor('anna')
    await opened(feed)
    await feed.pay(id, 12_000)
    await feed.live('2027-03-10')
    const expire = (on: string) => deleteExpired(feed.deps, { now: noon(on), today: day(on) })
    const [episode] = await feed.episodes('anna')
    t.equal(episode?.curedOn, '2027-03-09')
    t.strictSame([await expire('2032-03-08'), await expire('2032-03-09')], [{ expired: 0 }, { expired: 1 }])
    feed.bureau.rejectNext(1)
    for (const on of ['2032-03-09', '2032-03-10']) await feed.live(on)
    t.match(await feed.episodes('anna'), [{ state: 'deleted' }])
    t.strictSame([feed.bureau.episodes(), (await feed.records('anna')).slice(2).map(({ operation, state }) => [operation, state])], [[], [['delete_expired', 'fixed'], ['delete_expired', 'accepted']]])
    t.strictSame(await expire('2032-03-11'), { expired: 0 })
  })
})

t.test('gates → each closes alone, and only when all are open may somebody be reported [I-31]', (t) => {
  const settings = { ...seedSettings, legalBasis: 'a law', reports: true, reportMinimumFen: fen(100) }
  const open: GateFacts = { dueOn: day('2027-03-08'), overdueFen: fen(100), isReconciled: true, hasNoticeInTime: true, hasOpenDispute: false, isPaymentPending: false, isMinor: false, isDeceased: false, isNamed: true, hasConsent: true }
  const today = day('2027-03-09')
  t.strictSame(closedGates(open, settings, today), [])
  const closing: Record<string, readonly string[]> = {
    legal: closedGates(open, { ...settings, legalBasis: null }, today), off: closedGates(open, { ...settings, reports: false }, today), grace: closedGates(open, { ...settings, reportGraceDays: 1 }, today),
    early: closedGates({ ...open, dueOn: null }, settings, today), small: closedGates({ ...open, overdueFen: fen(99) }, settings, today), ignored: closedGates(open, { ...settings, minimumOverdueFen: fen(100) }, today),
    day: closedGates({ ...open, isReconciled: false }, settings, today), notice: closedGates({ ...open, hasNoticeInTime: false }, settings, today), dispute: closedGates({ ...open, hasOpenDispute: true }, settings, today),
    pending: closedGates({ ...open, isPaymentPending: true }, settings, today), minor: closedGates({ ...open, isMinor: true }, settings, today), dead: closedGates({ ...open, isDeceased: true }, settings, today),
    nameless: closedGates({ ...open, isNamed: false }, settings, today), consent: closedGates({ ...open, hasConsent: false }, settings, today)
  }
  t.strictSame(closing, {
    legal: ['legal_basis_missing'], off: ['switched_off'], grace: ['within_grace'], early: ['not_past_deadline'], small: ['below_minimum'], ignored: ['below_minimum'], day: ['day_not_reconciled'], notice: ['notice_not_proven'],
    dispute: ['dispute_open'], pending: ['payment_pending'], minor: ['minor'], dead: ['deceased'], nameless: ['person_not_named'], consent: ['consent_missing']
  })
  t.strictSame(closedGates(open, { ...settings, reportGraceDays: 1 }, day('2027-03-10')), [])
  t.end()
})

t.test('operations between what stands and what should stand → lead there from anywhere, and then there are none', (t) => {
  const facts: fc.Arbitrary<ReportedFacts> = fc.record({
    originalAmountFen: fc.nat(3).map(fen), balanceFen: fc.nat(3).map(fen), overdueFen: fc.nat(3).map(fen), status: fc.constantFrom('overdue', 'cured', 'written_off'), curedOn: fc.constantFrom(null, day('2027-03-09')), isDisputed: fc.boolean(), statement: fc.constantFrom(null, 'a')
  }).map((given): ReportedFacts => ({ ...given, curedOn: given.status === 'cured' ? day('2027-03-09') : null }))
  fc.assert(fc.property(facts, facts, (from, to) => {
    const operations = operationsBetween(from, to)
    const after = operations.reduce<Standing>(afterRecord, from)
    // Cured stays cured: a debt that comes back is a new episode, so no record leads out of it.
    if (from.status === 'cured' && to.status !== 'cured') return true
    return operations.length <= 5 && after !== null && operationsBetween(after, to).length === 0
  }))
  t.strictSame(operationsBetween(null, { originalAmountFen: fen(1), balanceFen: fen(1), overdueFen: fen(1), status: 'overdue', curedOn: null, isDisputed: false, statement: null }), [])
  t.equal(expectedStanding([]), null)
  t.end()
})

t.test('five years before a day → never too early for the end of February', (t) => {
  t.strictSame(['2032-03-09', '2029-02-28', '2029-03-01', '2028-02-29'].map((on) => yearsBefore(day(on), 5)), ['2027-03-09', '2024-02-28', '2024-03-01', '2023-02-28'])
  t.end()
})

t.test('a person\'s statement that tells of care → goes out as the neutral sentence', (t) => {
  const terms = new Set(['Ortho'])
  t.strictSame(['我没有收到账单', '我在精神科住院', 'the Ortho people', 'call 0000000001', 'x'.repeat(300), ' ', null].map((text) => statementForBureau(text, terms)), ['我没有收到账单', neutralStatement, neutralStatement, neutralStatement, neutralStatement, null, null])
  t.end()
})

t.test('a creditor code → must not reveal a hospital', (t) => {
  const hospitals = [{ id: 'east', name: 'East Lake Hospital 东湖医院' }]
  t.strictSame(['YF1001', 'EAST01', 'LAKE9', 'XHOSPITAL'].map((code) => revealedHospital(code, hospitals)), [null, 'east', 'east', 'east'])
  t.end()
})
