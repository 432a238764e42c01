import { phoneKeyOf, useCode, type CodeDeps } from '../access/index.ts'
import { DomainError } from '../errors.ts'
import { noticeMessage } from '../notice.ts'
import { contractStands } from './check-eligibility.ts'
import { stands, type Assured, type ConsentPurpose, type Contract } from './contract.ts'
import type { EligibilityCheck } from './eligibility.ts'
import { assertInForce } from './keep-agreement.ts'
import { partyOf, type Party, type PartyStores, type Signer } from './party.ts'
import type { ContractStore, EligibilityStore } from './ports.ts'
import type { Moment } from './settings.ts'

export interface SignDeps extends PartyStores, Pick<CodeDeps, 'codes' | 'fingerprint' | 'outbox' | 'ids' | 'sealed'> {
  readonly contracts: Pick<ContractStore, 'lockPerson' | 'ofPatient' | 'save' | 'note'>
  readonly eligibility: Pick<EligibilityStore, 'findCheck' | 'agreement'>
  /** Without it whoever is reported could not have agreed to it. */
  readonly reports: boolean
}

export interface SignContract extends Signer {
  readonly checkId: string
  readonly agreement: { readonly version: string, readonly sha256: string }
  readonly consents: readonly ConsentPurpose[]
  readonly phone: string
  readonly code: string
  readonly by: Assured
}

/**
 * 签约. One contract of a person stands at a time, over all tied records: whoever signs waits for whoever signs for the
 * same person. Null where the code is wrong: the try must stay counted, so it is refused after the transaction.
 */
export async function signContract (deps: SignDeps, wanted: SignContract, moment: Moment): Promise<Contract | null> {
  const { contracts, eligibility, ids, outbox } = deps
  const { now } = moment
  const party = await partyOf(deps, wanted, moment)
  await contracts.lockPerson(party.patient.personId)
  if ((await contracts.ofPatient(wanted.patientId)).some(stands)) throw contractStands()
  const check = usable(await eligibility.findCheck(wanted.checkId), party, now)
  assertInForce(wanted.agreement, await eligibility.agreement({ at: now }))
  assertConsents(wanted.consents, deps.reports)
  const phoneKey = phoneKeyOf(deps.fingerprint, wanted.phone)
  if (!await useCode(deps, { phoneKey, use: 'sign', subject: party.patient.personId, code: wanted.code }, now)) return null
  const contract: Contract = {
    id: ids.next(), patientId: wanted.patientId, guardianPatientId: wanted.guardianPatientId, state: 'active', agreement: wanted.agreement,
    basis: { ruleSetVersion: check.ruleSetVersion, rule: check.rule, assertionIds: check.assertionIds }, consents: wanted.consents,
    phone: deps.sealed(wanted.phone.trim()), phoneKey, creditLimitFen: check.creditLimitFen, signedAt: now, signedBy: wanted.by,
    suspendedAt: null, suspendedBecause: null, endedAt: null, endedBecause: null, endedBy: null
  }
  await contracts.save(contract)
  await contracts.note({ id: ids.next(), contractId: contract.id, what: 'signed', reason: wanted.by.channel, by: wanted.by.tokenId, at: now })
  await outbox.add(noticeMessage({ template: 'contract_signed', patientId: contract.patientId, phone: contract.phone, params: { version: contract.agreement.version } }, { id: ids.next(), key: `signed:${contract.id}`, at: now }))
  return contract
}

type Passed = EligibilityCheck & { readonly rule: string, readonly creditLimitFen: NonNullable<EligibilityCheck['creditLimitFen']> }

function usable (check: EligibilityCheck | null, { records }: Party, now: Date): Passed {
  if (check === null || now >= check.expiresAt || !records.some(({ id }) => id === check.patientId)) {
    throw new DomainError('ELIGIBILITY_CHECK_NOT_FOUND', 'There is no eligibility check of this person with this id that is younger than 30 minutes. Check again: POST /v1/eligibility.', 'eligibilityCheckId')
  }
  const { rule, creditLimitFen } = check
  if (rule === null || creditLimitFen === null) throw new DomainError('NOT_ELIGIBLE', 'The person does not meet any rule, so there is nothing to sign. The reasons say why.', undefined, check.reasons)
  return { ...check, rule, creditLimitFen }
}

/** Each purpose is consented to for itself; these are what the programme cannot do without. */
function assertConsents (given: readonly ConsentPurpose[], reports: boolean): void {
  const needed: readonly ConsentPurpose[] = reports ? ['pay_after_care', 'sms', 'bureau_report'] : ['pay_after_care', 'sms']
  const missing = needed.filter((purpose) => !given.includes(purpose))
  if (missing.length > 0) throw new DomainError('REQUEST_INVALID', 'Consents are missing without which there is no contract; the reasons name them.', 'consents', missing)
}
