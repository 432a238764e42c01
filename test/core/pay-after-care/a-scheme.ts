import { createHash, randomUUID } from 'node:crypto'
import type { Store } from '../../../adapters/store/index.ts'
import { fictitiousResidentId } from '../../../adapters/simulators/hospital/resident-id.ts'
import { keysFrom } from '../../../app/compose/access-keys.ts'
import { phoneKeyOf } from '../../../core/access/index.ts'
import { calendarIn, type CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import {
  checkEligibility, defaultRuleSet, keepAgreement, sendContractCode, signContract, terminateContract, type Agreement, type Contract, type EligibilityCheck, type ScoreProvider, type SignContract
} from '../../../core/pay-after-care/index.ts'
import { freshStore, type Teardown } from '../../fixtures/store.ts'

/** Beijing, a Monday at eight. */
export const monday = new Date('2027-03-01T08:00:00+08:00')
export const annasPhone = '000-0000-0001'
export const keys = keysFrom(Buffer.alloc(32, 7))
const text = '协议 agreement of the test'
export const agreement: Agreement = { version: '1', text, sha256: createHash('sha256').update(text).digest('hex'), from: new Date('2027-01-01T00:00:00+08:00') }

/** What the parties outside say; `down` ones do not answer. Counts how often they were asked. */
export interface Outside {
  isInsured: boolean
  bank: number
  zhima: number
  down: ReadonlySet<'insurance' | 'bank' | 'zhima'>
  asked: string[]
}

export interface Scheme {
  readonly store: Store
  readonly outside: Outside
  now: Date
  /** The code that the next SMS carries. */
  code: string
  readonly check: (patientId: string, given?: { readonly guardianPatientId?: string, readonly consents?: readonly 'score_query'[] }) => Promise<EligibilityCheck>
  readonly sendCode: (patientId: string, purpose: 'sign' | 'terminate', phone?: string | null) => Promise<string>
  readonly sign: (patientId: string, given: Partial<SignContract> & { readonly checkId: string }) => Promise<Contract | null>
  /** Through the whole flow. */
  readonly contracted: (patientId: string) => Promise<Contract>
  readonly terminate: (contractId: string, code?: string) => Promise<Contract | null>
  readonly aPerson: (id: string, given?: { readonly personId?: string, readonly birthDate?: string, readonly serial?: number, readonly hasNumber?: boolean }) => Promise<void>
}

/** A scheme of two hospitals on a store of its own. Anna (43) is known to both; her child is seven. */
export async function aScheme (t: Teardown): Promise<Scheme> {
  const store = await freshStore(t)
  const { inTransaction, inReading } = store
  const calendar = calendarIn('Asia/Shanghai')
  const ids = { next: randomUUID }
  const outside: Outside = { isInsured: true, bank: 120, zhima: 720, down: new Set(), asked: [] }
  const ask = (who: 'insurance' | 'bank' | 'zhima'): void => {
    outside.asked.push(who)
    if (outside.down.has(who)) throw new DomainError('OUTSIDE_UNAVAILABLE', 'down')
  }
  const score = (name: 'bank' | 'zhima'): ScoreProvider => ({
    name,
    assertAtLeast: async (_, threshold, at) => {
      ask(name)
      return { isMet: outside[name] >= threshold, evidenceId: `${name}-evidence`, expiresAt: new Date(at.getTime() + 30 * 86_400_000) }
    },
    scoreOf: async (_, at) => ({ score: outside[name], asOf: calendar(at) })
  })
  const insurance = {
    eligibility: async () => {
      ask('insurance')
      return { isInsured: outside.isInsured, region: '330624', evidenceId: 'insurance-evidence' }
    }
  }
  const by = { channel: 'app', assurance: 'account_and_code', tokenId: 't1' } as const
  const scheme: Scheme = {
    store, outside, now: monday, code: '123456',
    check: (patientId, { guardianPatientId = null, consents = ['score_query'] as const } = {}) =>
      checkEligibility({ inTransaction, inReading, ids, insurance, scores: [score('bank'), score('zhima')], ruleSet: defaultRuleSet }, { patientId, guardianPatientId, consents: [...consents] }, moment()),
    sendCode: async (patientId, purpose, phone = purpose === 'sign' ? annasPhone : null) => inTransaction(async (stores) => {
      const personId = (await stores.patients.find(patientId))?.personId ?? patientId
      return (await sendContractCode({ ...stores, ...keys, ids, randomCode: () => scheme.code }, { patientId, personId, purpose, phone }, scheme.now)).kind
    }),
    sign: (patientId, given) => inTransaction((stores) => signContract({ ...stores, ...keys, ids, reports: false }, {
      patientId, guardianPatientId: null, agreement, consents: ['pay_after_care', 'sms'], phone: annasPhone, code: scheme.code, by, ...given
    }, moment())),
    contracted: async (patientId) => {
      const { id: checkId } = await scheme.check(patientId)
      await scheme.sendCode(patientId, 'sign')
      const contract = await scheme.sign(patientId, { checkId })
      if (contract === null) throw new Error('the code was refused')
      return contract
    },
    terminate: (contractId, code = scheme.code) => inTransaction((stores) => terminateContract({ ...stores, ...keys, ids, phoneKeyOf: (phone) => phoneKeyOf(keys.fingerprint, phone) }, { contractId, code, phone: null, by }, scheme.now)),
    aPerson: (id, { personId = id, birthDate = '1984-01-02', serial = 1, hasNumber = true } = {}) => inTransaction(({ patients }) => patients.save({
      id, personId, hospitalId: id.split('-')[0] ?? '', name: 'Musterfrau', birthDate: birthDate as CalendarDate, gender: 'female', active: true,
      identifiers: hasNumber ? [{ system: 'urn:oid:2.16.156.10011.1.3', value: fictitiousResidentId(birthDate, serial, 'female'), type: 'NI' }] : []
    }))
  }
  const moment = () => ({ now: scheme.now, today: calendar(scheme.now) })
  await inTransaction(({ eligibility }) => keepAgreement({ eligibility }, agreement))
  await scheme.aPerson('east-anna')
  await scheme.aPerson('west-anna', { personId: 'east-anna' })
  await scheme.aPerson('east-child', { birthDate: '2019-06-01', serial: 2 })
  await inTransaction(({ guardians }) => guardians.save({
    id: 'g1', guardianPersonId: 'east-anna', wardPersonId: 'east-child', relation: 'mother', basis: 'minor', state: 'confirmed', wardPhoneKey: null, askedAt: monday, confirmedAt: monday, endedAt: null, confirmedBy: 'desk'
  }))
  return scheme
}

export const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms)
export const minuteMs = 60_000
export const dayMs = 86_400_000
