import fc from 'fast-check'
import t from 'tap'
import { randomUUID } from 'node:crypto'
import type { CalendarDate } from '../../../core/clock.ts'
import { creditBalance, patientReceivable, unsettledRevenue } from '../../../core/ledger/index.ts'
import { fen, negateFen } from '../../../core/money.ts'
import {
  cure, decideByHand, decideEligibility, expired, joinContracts, keepAgreement, obstacles, reinstate, renewEligibility, rulesInOrder, defaultRuleSet, standingOf, statusOf, suspend, terminated, terminationObstacles,
  type ContractStatus, type TerminationFacts
} from '../../../core/pay-after-care/index.ts'
import { refusals } from '../../contracts/store-under-test.ts'
import { agreement, annasPhone, aScheme, dayMs, later, minuteMs, monday, type Scheme } from './a-scheme.ts'
import { aFullContract } from '../../fixtures/pay-after-care.ts'

const by = { channel: 'app', assurance: 'account_and_code', tokenId: 't1' } as const

t.test('eligibility', async (t) => {
  t.test('one rule is enough → the highest limit is asked first, and nobody is asked beyond it', async (t) => {
    t.strictSame(rulesInOrder(defaultRuleSet).map(({ name, threshold, creditLimitFen }) => [name, threshold, creditLimitFen]),
      [['bank_score', 110, 300_000], ['zhima_score', 700, 200_000], ['locally_insured', null, 100_000]])
    const { check, outside } = await aScheme(t)
    const found = await check('east-anna')
    t.match(found, { patientId: 'east-anna', ruleSetVersion: 'seed-1', rule: 'bank_score', creditLimitFen: 300_000, reasons: [], checkedAt: monday, expiresAt: later(monday, 30 * minuteMs) })
    t.strictSame(outside.asked, ['bank'])
  })

  t.test('a score just below its threshold, or a provider that is down → is a reason, and the next rule decides', async (t) => {
    const { check, outside } = await aScheme(t)
    Object.assign(outside, { bank: 109, down: new Set(['zhima']) })
    t.match(await check('east-anna'), { rule: 'locally_insured', creditLimitFen: 100_000, reasons: ['bank_score_not_met', 'zhima_score_unavailable'] })
    Object.assign(outside, { bank: 110, asked: [] })
    t.match(await check('east-anna'), { rule: 'bank_score' })
  })

  t.test('nobody who says yes → refused with a reason for every rule', async (t) => {
    const { check, outside, aPerson } = await aScheme(t)
    Object.assign(outside, { isInsured: false, bank: 1, zhima: 699 })
    t.match(await check('east-anna'), { rule: null, creditLimitFen: null, reasons: ['bank_score_not_met', 'zhima_score_not_met', 'locally_insured_not_met'] })
    Object.assign(outside, { down: new Set(['insurance', 'bank', 'zhima']) })
    t.match(await check('east-anna'), { rule: null, reasons: ['bank_score_unavailable', 'zhima_score_unavailable', 'locally_insured_unavailable'] })
    await aPerson('east-stranger', { hasNumber: false })
    t.match(await check('east-stranger'), { rule: null, reasons: ['bank_score_needs_resident_id', 'zhima_score_needs_resident_id', 'locally_insured_needs_resident_id'] })
  })

  t.test('without consent → no score is asked for', async (t) => {
    const { check, outside } = await aScheme(t)
    t.match(await check('east-anna', { consents: [] }), { rule: 'locally_insured', reasons: ['bank_score_needs_consent', 'zhima_score_needs_consent'] })
    t.strictSame(outside.asked, ['insurance'])
  })

  t.test('an assertion → is kept with its evidence and used again until it expires, for any record of the person', async (t) => {
    const scheme = await aScheme(t)
    const first = await scheme.check('east-anna')
    const again = await scheme.check('west-anna')
    t.strictSame([again.assertionIds, scheme.outside.asked], [first.assertionIds, ['bank']])
    t.match(await scheme.store.inReading(({ eligibility }) => eligibility.assertions(['east-anna'])), [{ provider: 'bank', threshold: 110, isMet: true, evidenceId: 'bank-evidence', madeAt: monday, expiresAt: later(monday, 30 * dayMs) }])
    scheme.now = later(monday, 30 * dayMs)
    t.notSame((await scheme.check('east-anna')).assertionIds, first.assertionIds)
  })

  t.test('a minor → only through a guardian who speaks for them, and the guardian is who is asked about', async (t) => {
    const { check, outside, store } = await aScheme(t)
    await t.rejects(check('east-child'), { code: 'NOT_ELIGIBLE', reasons: ['minor_needs_guardian'] })
    await t.rejects(check('east-anna', { guardianPatientId: 'east-child' }), { code: 'GUARDIANSHIP_NOT_FOUND' })
    t.match(await check('east-child', { guardianPatientId: 'west-anna' }), { patientId: 'east-child', rule: 'bank_score' })
    t.equal((await store.inReading(({ eligibility }) => eligibility.assertions(['west-anna']))).length, 1)
    t.strictSame(outside.asked, ['bank'])
  })

  t.test('a decision → follows from the answers alone', async (t) => {
    const [rule] = rulesInOrder(defaultRuleSet)
    if (rule === undefined) throw new Error('there are rules')
    const common = { id: 'k1', patientId: 'p1', ruleSetVersion: 'v', now: monday }
    t.match(decideEligibility([{ rule, missing: 'not_offered' }], common), { rule: null, reasons: ['bank_score_not_offered'], assertionIds: [] })
  })
})

t.test('signing', async (t) => {
  t.test('check, agreement, code and consents → a contract that says on what it rests, and a notice', async (t) => {
    const scheme = await aScheme(t)
    const { id: checkId, assertionIds } = await scheme.check('east-anna')
    t.equal(await scheme.sendCode('east-anna', 'sign'), 'sent')
    const contract = await scheme.sign('east-anna', { checkId, consents: ['pay_after_care', 'sms', 'score_query'] })
    t.match(contract, {
      patientId: 'east-anna', guardianPatientId: null, state: 'active', agreement: { version: '1', sha256: agreement.sha256 }, basis: { ruleSetVersion: 'seed-1', rule: 'bank_score', assertionIds },
      consents: ['pay_after_care', 'sms', 'score_query'], creditLimitFen: 300_000, signedAt: monday, signedBy: by
    })
    t.notMatch(JSON.stringify(contract), /0000-0001/, 'the phone is sealed')
    const notices = await scheme.store.inReading(({ outbox }) => outbox.due(monday, 9, 'notice'))
    t.match(notices, [{ key: `signed:${contract?.id ?? ''}`, payload: { template: 'contract_signed', patientId: 'east-anna' } }])
    t.strictSame(await contractStatusOf(scheme, 'west-anna'), { state: 'active', isInForce: true, contractId: contract?.id, creditLimitFen: 300_000, suspendedBecause: null })
  })

  t.test('whoever is contracted → leaves the flow at every step', async (t) => {
    const scheme = await aScheme(t)
    const { id: checkId } = await scheme.check('east-anna')
    await scheme.contracted('east-anna')
    scheme.now = later(monday, 2 * minuteMs)
    await t.rejects(scheme.check('west-anna'), { code: 'CONTRACT_STANDS' })
    await t.rejects(scheme.sendCode('west-anna', 'sign'), { code: 'CONTRACT_STANDS' })
    await t.rejects(scheme.sign('west-anna', { checkId }), { code: 'CONTRACT_STANDS' })
  })

  t.test('what is missing or stale → is refused, each with its code', async (t) => {
    const scheme = await aScheme(t)
    await scheme.aPerson('west-berta', { serial: 3 })
    const { id: checkId } = await scheme.check('east-anna')
    await scheme.sendCode('east-anna', 'sign')
    await t.rejects(scheme.sign('west-berta', { checkId }), { code: 'ELIGIBILITY_CHECK_NOT_FOUND' })
    await t.rejects(scheme.sign('east-anna', { checkId: 'nobody' }), { code: 'ELIGIBILITY_CHECK_NOT_FOUND' })
    await t.rejects(scheme.sign('east-anna', { checkId, agreement: { version: '1', sha256: 'b'.repeat(64) } }), { code: 'AGREEMENT_CHANGED' })
    await t.rejects(scheme.sign('east-anna', { checkId, consents: ['score_query'] }), { code: 'REQUEST_INVALID', place: 'consents', reasons: ['pay_after_care', 'sms'] })
    t.equal(await scheme.sign('east-anna', { checkId, code: '000000' }), null)
    scheme.now = later(monday, 30 * minuteMs)
    await t.rejects(scheme.sign('east-anna', { checkId }), { code: 'ELIGIBILITY_CHECK_NOT_FOUND' }, 'the flow lasts 30 minutes')
    Object.assign(scheme.outside, { isInsured: false, bank: 0, zhima: 0 })
    scheme.now = later(monday, 31 * dayMs)
    const refused = await scheme.check('east-anna')
    await t.rejects(scheme.sign('east-anna', { checkId: refused.id }), { code: 'NOT_ELIGIBLE', reasons: refused.reasons })
  })

  t.test('a guardian → signs for the ward and is kept as the party', async (t) => {
    const scheme = await aScheme(t)
    const { id: checkId } = await scheme.check('east-child', { guardianPatientId: 'east-anna' })
    await scheme.sendCode('east-child', 'sign')
    t.match(await scheme.sign('east-child', { checkId, guardianPatientId: 'east-anna' }), { patientId: 'east-child', guardianPatientId: 'east-anna', state: 'active' })
    scheme.now = later(monday, 61_000)
    t.ok(await scheme.contracted('east-anna'), 'the guardian\'s own contract is another')
  })

  t.test('the words of a kept agreement → never change', async (t) => {
    const { store } = await aScheme(t)
    await t.rejects(store.inTransaction(({ eligibility }) => keepAgreement({ eligibility }, { ...agreement, sha256: 'c'.repeat(64) })), { code: 'AGREEMENT_CHANGED' })
  })

  t.test('twenty signings of one person at once, through both records → one contract [I-20]', async (t) => {
    const scheme = await aScheme(t)
    const { id: checkId } = await scheme.check('east-anna')
    await scheme.sendCode('east-anna', 'sign')
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, place) => scheme.sign(place % 2 === 0 ? 'east-anna' : 'west-anna', { checkId })))
    t.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value !== null).length, 1)
    t.strictSame(refusals(outcomes), Array.from({ length: 19 }, () => 'CONTRACT_STANDS'))
    t.equal((await scheme.store.inReading(({ contracts }) => contracts.ofPatient('west-anna'))).length, 1)
  })
})

t.test('a code [I-29]', async (t) => {
  const scheme = await aScheme(t)
  await scheme.aPerson('west-berta', { serial: 3 })
  const clock = { ms: monday.getTime() }
  const next = (ms: number): void => { scheme.now = new Date(clock.ms += ms) }
  const { id: checkId } = await scheme.check('east-anna')
  const { id: bertasCheck } = await scheme.check('west-berta')

  t.test('of another person, phone or purpose → proves nothing', async (t) => {
    await scheme.sendCode('west-berta', 'sign')
    t.equal(await scheme.sign('east-anna', { checkId }), null, 'sent for Berta')
    t.equal(await scheme.sign('west-berta', { checkId: bertasCheck, phone: '000-0000-0002' }), null, 'another phone')
    await t.rejects(scheme.sendCode('east-anna', 'terminate'), { code: 'CONTRACT_NOT_IN_FORCE' })
  })

  t.test('tried five times wrong → is spent, and so is one that is five minutes old', async (t) => {
    next(minuteMs)
    await scheme.sendCode('east-anna', 'sign')
    for (let time = 0; time < 5; time++) t.equal(await scheme.sign('east-anna', { checkId, code: '000000' }), null)
    t.equal(await scheme.sign('east-anna', { checkId }), null)
    next(minuteMs)
    await scheme.sendCode('east-anna', 'sign')
    next(5 * minuteMs)
    t.equal(await scheme.sign('east-anna', { checkId }), null)
  })

  t.test('any order of sending and trying → at most one use a code, five tries, and the carrier\'s limits', async () => {
    const step = fc.record({ kind: fc.constantFrom('send', 'right', 'wrong', 'other'), waitMs: fc.constantFrom(0, 1_000, minuteMs, 6 * minuteMs, 61 * minuteMs) })
    let person = 0
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const [id, phone] = [`east-p${++person}`, `000-1000-${String(person).padStart(4, '0')}`]
      await scheme.aPerson(id, { serial: 10 + person })
      let open: { readonly sentMs: number, tries: number } | null = null
      const sent: number[] = []
      for (const { kind, waitMs } of steps) {
        next(waitMs)
        if (kind === 'send') {
          const answer = await scheme.sendCode(id, 'sign', phone)
          const within = (ms: number): number => sent.filter((at) => at > clock.ms - ms).length
          if (answer === 'sent') {
            if (within(minuteMs) > 0 || within(60 * minuteMs) > 4 || within(dayMs) > 9) return false
            sent.push(clock.ms)
            open = { sentMs: clock.ms, tries: 0 }
          }
        } else if (kind !== 'other') {
          const { id: check } = await scheme.check(id)
          const contract = await scheme.sign(id, { checkId: check, phone, code: kind === 'right' ? scheme.code : '000000' })
          const isGood = open !== null && clock.ms < open.sentMs + 5 * minuteMs && open.tries < 5
          if ((contract !== null) !== (kind === 'right' && isGood)) return false
          if (isGood && open !== null) open.tries += 1
          if (contract !== null) {
            open = null
            await scheme.store.inTransaction(({ contracts }) => contracts.save(terminated(contract, by, scheme.now)))
          }
        } else if (await scheme.sign(id, { checkId: (await scheme.check(id)).id, phone: annasPhone }) !== null) return false
      }
      return true
    }), { numRuns: 25 })
  })
})

t.test('a contract\'s states', async (t) => {
  const at = new Date('2027-03-09T08:00:00+08:00')

  t.test('suspended for arrears → is cured by paying; suspended by hand → only by hand', async (t) => {
    const active = aFullContract()
    const owing = suspend(active, 'overdue', at)
    const byHand = suspend(owing, 'manual', later(at, dayMs))
    t.strictSame([owing.state, owing.suspendedAt, owing.suspendedBecause, byHand.suspendedAt, byHand.suspendedBecause], ['suspended', at, 'overdue', at, 'manual'])
    t.strictSame([cure(owing), cure(byHand), cure(active), suspend(byHand, 'overdue', at)], [active, byHand, active, byHand])
    t.strictSame([reinstate(byHand, false), reinstate(byHand, true)], [active, owing])
    t.throws(() => reinstate(active, false), { code: 'CONTRACT_NOT_IN_FORCE' })
  })

  t.test('ended → stays ended', async (t) => {
    for (const ended of [terminated(aFullContract(), by, at), expired(aFullContract(), 'joined', at)]) {
      for (const change of [() => suspend(ended, 'overdue', at), () => terminated(ended, by, at), () => expired(ended, 'joined', at)]) t.throws(change, { code: 'CONTRACT_NOT_IN_FORCE' })
      t.equal(cure(ended), ended)
    }
  })

  t.test('two that a tie has joined → the suspended one counts, else the one signed first', async (t) => {
    const first = aFullContract({ id: 'c1', signedAt: monday })
    const second = aFullContract({ id: 'c2', signedAt: at })
    t.equal(standingOf([second, first])?.id, 'c1')
    t.equal(standingOf([suspend(second, 'overdue', at), first])?.id, 'c2')
    t.equal(standingOf([terminated(first, by, at)]), null)
  })
})

t.test('termination', async (t) => {
  const nothing: TerminationFacts = { outstandingFen: fen(0), unbilledFen: fen(0), creditFen: fen(0), openVisits: 0, paymentsInFlight: 0, refundsInFlight: 0, openDisputes: 0 }

  t.test('every fact that stands in the way → is named, and nothing else [I-20]', async (t) => {
    const names = Object.keys(nothing) as ReadonlyArray<keyof TerminationFacts>
    fc.assert(fc.property(fc.tuple(...names.map(() => fc.nat({ max: 3 }))), (counts) => {
      const facts = Object.fromEntries(names.map((name, place) => [name, counts[place] ?? 0])) as unknown as TerminationFacts
      t.strictSame(terminationObstacles(facts), obstacles.filter((_, place) => (counts[place] ?? 0) > 0))
    }), { numRuns: 200 })
  })

  t.test('with nothing open → done with the code, once, and the person may sign anew', async (t) => {
    const scheme = await aScheme(t)
    const { id } = await scheme.contracted('east-anna')
    scheme.now = later(monday, 2 * minuteMs)
    scheme.code = '654321'
    await scheme.sendCode('west-anna', 'terminate')
    t.equal(await scheme.terminate(id, '123456'), null, 'the code of signing')
    t.match(await scheme.terminate(id), { state: 'terminated', endedAt: scheme.now, endedBecause: 'terminated', endedBy: by })
    await t.rejects(scheme.terminate(id), { code: 'CONTRACT_NOT_IN_FORCE' })
    await t.rejects(scheme.terminate('nobody'), { code: 'CONTRACT_NOT_FOUND' })
    t.match(await contractStatusOf(scheme, 'east-anna'), { state: 'terminated', isInForce: false })
    scheme.now = later(monday, 4 * minuteMs)
    t.ok(await scheme.contracted('west-anna'))
  })

  t.test('with a debt, a credit, a visit, payment, refund or dispute → refused with all of them, at any record', async (t) => {
    const scheme = await aScheme(t)
    const { id } = await scheme.contracted('east-anna')
    await postTo(scheme, patientReceivable('west-anna'), 500)
    await scheme.store.inTransaction(({ visits }) => visits.save({ id: 'v1', hospitalId: 'west', visitNumber: 'N1', patientId: 'west-anna', class: 'outpatient', state: 'in_progress', startedAt: monday, endedAt: null, department: null, practitionerId: null } as never))
    await t.rejects(scheme.terminate(id), { code: 'CONTRACT_NOT_TERMINABLE', kind: 'conflict', reasons: ['unbilled_charges', 'open_visit'] })
    await postTo(scheme, patientReceivable('west-anna'), -500)
    await postTo(scheme, creditBalance('east-anna'), -100)
    await t.rejects(scheme.terminate(id), { code: 'CONTRACT_NOT_TERMINABLE', reasons: ['credit_balance', 'open_visit'] })
    t.match(await contractStatusOf(scheme, 'east-anna'), { state: 'active' })
  })
})

t.test('by hand and by night', async (t) => {
  t.test('finance suspends with a reason and lifts it → the reason is kept, the person is told', async (t) => {
    const scheme = await aScheme(t)
    const { id } = await scheme.contracted('east-anna')
    const decide = (what: 'suspended' | 'reinstated', reason: string) => scheme.store.inTransaction((stores) => decideByHand({ ...stores, ids: { next: randomUUID } }, { contractId: id, what, reason, by: 'token-of-finance' }, { now: scheme.now, today: '2027-03-01' as CalendarDate }))
    t.match(await decide('suspended', 'forged papers'), { state: 'suspended', suspendedBecause: 'manual' })
    t.match(await decide('reinstated', 'papers were right'), { state: 'active', suspendedBecause: null })
    const kept = await scheme.store.inReading(({ contracts }) => contracts.events(id, 9))
    t.strictSame(kept.map(({ what, reason, by }) => [what, reason, by]).sort(), [['reinstated', 'papers were right', 'token-of-finance'], ['signed', 'app', 't1'], ['suspended', 'forged papers', 'token-of-finance']])
    const told = await scheme.store.inReading(({ outbox }) => outbox.due(scheme.now, 9, 'notice'))
    t.strictSame(told.map(({ payload }) => payload['template']).sort(), ['contract_cured', 'contract_signed', 'contract_suspended'])
  })

  t.test('a tie joins two contracts → one goes on, the other expires, and running again changes nothing', async (t) => {
    const scheme = await aScheme(t)
    await scheme.aPerson('west-berta', { serial: 3 })
    const annas = await scheme.contracted('east-anna')
    scheme.now = later(monday, 2 * minuteMs)
    const bertas = await scheme.contracted('west-berta')
    await scheme.store.inTransaction(({ patients }) => patients.setPerson(['west-berta'], 'east-anna'))
    t.match(await contractStatusOf(scheme, 'west-berta'), { contractId: annas.id, isInForce: true })
    const join = () => joinContracts({ inTransaction: scheme.store.inTransaction, ids: { next: randomUUID } }, scheme.now)
    t.strictSame([await join(), await join()], [1, 0])
    t.match(await scheme.store.inReading(({ contracts }) => contracts.find(bertas.id)), { state: 'expired', endedBecause: 'joined' })
  })

  t.test('an assertion runs out → asked again: met goes on, not met expires, down decides nothing', async (t) => {
    const scheme = await aScheme(t)
    const { id } = await scheme.contracted('east-anna')
    const { inTransaction, inReading } = scheme.store
    const bankSays = (isMet: boolean | 'down') => renewEligibility({
      inTransaction, inReading, ids: { next: randomUUID }, ruleSet: { version: 'v2', rules: [{ name: 'bank_score', provider: 'bank', threshold: 110, creditLimitFen: fen(1) }] }, breathe: async () => undefined, insurance: null,
      scores: isMet === 'down' ? [] : [{ name: 'bank', assertAtLeast: async (_, __, at) => ({ isMet, evidenceId: 'e', expiresAt: later(at, dayMs) }), scoreOf: async () => { throw new Error('not asked') } }]
    }, scheme.now)
    await inTransaction(async ({ contracts }) => { await contracts.save({ ...(await contracts.find(id) ?? aFullContract()), consents: ['pay_after_care', 'sms', 'score_query'] }) })
    t.strictSame(await bankSays(true), { renewed: 0, expired: 0, undecided: 0 }, 'not yet')
    scheme.now = later(monday, 30 * dayMs)
    t.strictSame(await bankSays('down'), { renewed: 0, expired: 0, undecided: 1 })
    t.strictSame(await bankSays(true), { renewed: 1, expired: 0, undecided: 0 })
    t.match(await inReading(({ contracts }) => contracts.find(id)), { state: 'active', basis: { ruleSetVersion: 'v2', rule: 'bank_score' }, creditLimitFen: 300_000 })
    scheme.now = later(monday, 31 * dayMs)
    t.strictSame(await bankSays(false), { renewed: 0, expired: 1, undecided: 0 })
    t.match(await inReading(({ contracts }) => contracts.find(id)), { state: 'expired', endedBecause: 'eligibility_lapsed' })
  })
})

function contractStatusOf ({ store }: Scheme, patientId: string): Promise<ContractStatus> {
  return store.inReading(async ({ contracts }) => statusOf(await contracts.ofPatient(patientId)))
}

function postTo ({ store, now }: Scheme, account: string, amountFen: number): Promise<boolean> {
  const id = randomUUID()
  return store.inTransaction(({ ledger }) => ledger.append({
    id, hospitalId: 'east', kind: 'charge', sourceKey: id, effectiveOn: '2027-03-01' as CalendarDate, postedAt: now, reverses: null, memo: null,
    postings: [{ account, amountFen: fen(amountFen) }, { account: unsettledRevenue, amountFen: negateFen(fen(amountFen)) }]
  }))
}
