import type { Test } from 'tap'
import type { CalendarDate } from '../../core/clock.ts'
import { fen } from '../../core/money.ts'
import type { Agreement, Assertion, Contract, ContractEvent, EligibilityCheck } from '../../core/pay-after-care/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { refusals, type OpenStore } from './store-under-test.ts'

const at = (text: string): Date => new Date(`2027-03-${text}:00+08:00`)

export function aContract (id: string, given: Partial<Contract> = {}): Contract {
  return {
    id, patientId: 'east-anna', guardianPatientId: null, state: 'active', agreement: { version: '1', sha256: 'a'.repeat(64) },
    basis: { ruleSetVersion: 'seed-1', rule: 'bank_score', assertionIds: [`assertion-of-${id}`] }, consents: ['pay_after_care', 'sms'], phone: 'sealed:x', phoneKey: 'key-1',
    creditLimitFen: fen(300_000), signedAt: at('01T09:00'), signedBy: { channel: 'app', assurance: 'account_and_code', tokenId: 't1' },
    suspendedAt: null, suspendedBecause: null, endedAt: null, endedBecause: null, endedBy: null, ...given
  }
}

export async function aPatientRecord ({ patients }: Pick<Stores, 'patients'>, id: string, personId = id): Promise<void> {
  await patients.save({ id, hospitalId: id.split('-')[0] ?? '', personId, name: 'Musterfrau', birthDate: '1990-01-02' as CalendarDate, gender: 'female', active: true, identifiers: [] })
}

export function contractStoreContract (t: Test, open: OpenStore): void {
  t.test('a contract → is read back as saved in every state, found by any record of the person, the newest first', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ contracts, patients }) => {
      await aPatientRecord({ patients }, 'east-anna')
      await aPatientRecord({ patients }, 'west-anna', 'east-anna')
      await aPatientRecord({ patients }, 'west-berta')
      const ended = aContract('c1', { state: 'terminated', endedAt: at('02T09:00'), endedBecause: 'terminated', endedBy: { channel: 'window', assurance: 'papers_and_code', tokenId: 't2' } })
      const suspended = aContract('c2', { patientId: 'west-anna', guardianPatientId: 'east-mother', state: 'suspended', suspendedAt: at('09T08:00'), suspendedBecause: 'overdue', signedAt: at('03T09:00') })
      for (const contract of [aContract('c1'), ended, suspended, suspended]) {
        await contracts.save(contract)
        t.strictSame(await contracts.find(contract.id), contract)
      }
      t.strictSame([await contracts.ofPatient('east-anna'), await contracts.ofPatient('west-anna'), await contracts.ofPatient('west-berta'), await contracts.find('nobody')], [[suspended, ended], [suspended, ended], [], null])
      t.strictSame([await contracts.findAll(['c2', 'nobody']), (await contracts.findAll(['c1', 'c2'])).length, await contracts.findAll([])], [[suspended], 2, []])
      t.strictSame((await contracts.suspended({ limit: 9, after: null })).map(({ id }) => id), ['c2'])
      t.strictSame(await contracts.suspended({ limit: 9, after: 'c2' }), [])
    })
  })

  t.test('a second contract of one record that stands → is refused, and one after the first has ended is not', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(({ contracts }) => contracts.save(aContract('c1')))
    await t.rejects(inTransaction(({ contracts }) => contracts.save(aContract('c2'))), { code: 'CONTRACT_STANDS', kind: 'conflict' })
    await inTransaction(({ contracts }) => contracts.save(aContract('c1', { state: 'expired', endedAt: at('02T09:00'), endedBecause: 'eligibility_lapsed' })))
    await inTransaction(({ contracts }) => contracts.save(aContract('c2')))
    const outcomes = await Promise.allSettled(['c3', 'c4'].map((id) => inTransaction(({ contracts }) => contracts.save(aContract(id, { patientId: 'east-bob' })))))
    t.strictSame(refusals(outcomes), ['CONTRACT_STANDS'])
  })

  t.test('those who ask for the same person → wait for each other', async (t) => {
    const { inTransaction } = await open(t)
    const steps: string[] = []
    await Promise.all(['one', 'two', 'three'].map((who) => inTransaction(async ({ contracts, settings }) => {
      await contracts.lockPerson('east-anna')
      steps.push(who)
      await settings.setOnce(who, 'x')
      steps.push(who)
    })))
    t.equal(steps.length, 6)
    t.ok([0, 2, 4].every((place) => steps[place] === steps[place + 1]), 'nobody comes in between')
  })

  t.test('contracts that a tie has joined → are found by person until one stands', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ contracts, patients }) => {
      await aPatientRecord({ patients }, 'east-anna')
      await aPatientRecord({ patients }, 'west-anna', 'east-anna')
      await aPatientRecord({ patients }, 'west-berta')
      await contracts.save(aContract('c1'))
      await contracts.save(aContract('c2', { patientId: 'west-anna', signedAt: at('02T09:00') }))
      await contracts.save(aContract('c3', { patientId: 'west-berta' }))
      t.strictSame((await contracts.standingTwice(9)).map((ofPerson) => ofPerson.map(({ id }) => id)), [['c1', 'c2']])
      await contracts.save(aContract('c2', { patientId: 'west-anna', state: 'expired', endedAt: at('03T09:00'), endedBecause: 'joined' }))
      t.strictSame(await contracts.standingTwice(9), [])
    })
  })

  t.test('contracts whose assertion has run out → are found page by page, the active ones only', async (t) => {
    const { inTransaction } = await open(t)
    await inTransaction(async ({ contracts, eligibility }) => {
      for (const [id, state, until] of [['c1', 'active', '05T00:00'], ['c2', 'active', '20T00:00'], ['c3', 'suspended', '05T00:00'], ['c4', 'active', '06T00:00']] as const) {
        await eligibility.saveAssertion(anAssertion(`assertion-of-${id}`, { expiresAt: at(until) }))
        await contracts.save(aContract(id, { patientId: `east-${id}`, state, ...state === 'suspended' ? { suspendedAt: at('04T00:00'), suspendedBecause: 'overdue' as const } : {} }))
      }
      const found = async (after: string | null) => (await contracts.lapsing(at('06T00:00'), { limit: 1, after })).map(({ id }) => id)
      t.strictSame([await found(null), await found('c1'), await found('c4')], [['c1'], ['c4'], []])
    })
  })

  t.test('what happened to a contract → is listed in its order', async (t) => {
    const { inTransaction } = await open(t)
    const events: readonly ContractEvent[] = [
      { id: 'e2', contractId: 'c1', what: 'signed', reason: 'app', by: 't1', at: at('01T09:00') },
      { id: 'e1', contractId: 'c1', what: 'suspended', reason: null, by: null, at: at('02T09:00') }
    ]
    await inTransaction(async ({ contracts }) => {
      for (const event of [...events].reverse()) await contracts.note(event)
      await contracts.note({ id: 'e3', contractId: 'c2', what: 'signed', reason: null, by: null, at: at('01T09:00') })
      t.strictSame([await contracts.events('c1', 9), await contracts.events('c1', 1)], [events, events.slice(0, 1)])
    })
  })
}

function anAssertion (id: string, given: Partial<Assertion> = {}): Assertion {
  return { id, patientId: 'east-anna', provider: 'bank', threshold: 110, isMet: true, evidenceId: `evidence-${id}`, madeAt: at('01T08:00'), expiresAt: at('31T08:00'), ...given }
}

export function eligibilityStoreContract (t: Test, open: OpenStore): void {
  t.test('agreements → the newest that has begun is in force; a kept version never changes', async (t) => {
    const { inTransaction } = await open(t)
    const first: Agreement = { version: '1', text: '协议 one', sha256: 'a'.repeat(64), from: at('01T00:00') }
    const second: Agreement = { version: '2', text: '协议 two', sha256: 'b'.repeat(64), from: at('10T00:00') }
    await inTransaction(async ({ eligibility }) => {
      for (const agreement of [second, first, { ...first, text: 'changed' }]) await eligibility.saveAgreement(agreement)
      t.strictSame([await eligibility.agreement({ at: at('01T00:00') }), await eligibility.agreement({ at: at('10T00:00') }), await eligibility.agreement({ version: '1' })], [first, second, first])
      t.strictSame([await eligibility.agreement({ at: new Date('2027-02-01T00:00:00Z') }), await eligibility.agreement({ version: '9' })], [null, null])
    })
  })

  t.test('assertions → are those of the records named, the newest first', async (t) => {
    const { inTransaction } = await open(t)
    const old = anAssertion('a1', { isMet: false })
    const insured = anAssertion('a2', { provider: 'insurance', threshold: null, patientId: 'west-anna', madeAt: at('02T08:00') })
    await inTransaction(async ({ eligibility }) => {
      for (const assertion of [old, insured, anAssertion('a3', { patientId: 'west-berta' })]) await eligibility.saveAssertion(assertion)
      t.strictSame([await eligibility.assertions(['east-anna', 'west-anna']), await eligibility.assertions([])], [[insured, old], []])
    })
  })

  t.test('a check → is read back with its reasons, passed or refused', async (t) => {
    const { inTransaction } = await open(t)
    const passed: EligibilityCheck = { id: 'k1', patientId: 'east-anna', ruleSetVersion: 'seed-1', rule: 'bank_score', creditLimitFen: fen(300_000), assertionIds: ['a1'], reasons: [], checkedAt: at('01T09:00'), expiresAt: at('01T09:30') }
    const refused: EligibilityCheck = { ...passed, id: 'k2', rule: null, creditLimitFen: null, assertionIds: [], reasons: ['bank_score_not_met', 'zhima_score_unavailable'] }
    await inTransaction(async ({ eligibility }) => {
      for (const check of [passed, refused]) await eligibility.saveCheck(check)
      t.strictSame([await eligibility.findCheck('k1'), await eligibility.findCheck('k2'), await eligibility.findCheck('k3')], [passed, refused, null])
    })
  })
}
