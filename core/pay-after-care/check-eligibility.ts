import { DomainError } from '../errors.ts'
import { namedPersonOf } from '../identity/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { askProviders, type Providers } from './ask-providers.ts'
import { stands, type ConsentPurpose } from './contract.ts'
import { decideEligibility } from './decide-eligibility.ts'
import type { EligibilityCheck, RuleSet } from './eligibility.ts'
import { partyOf, type PartyStores, type Signer } from './party.ts'
import type { ContractStore, EligibilityStore } from './ports.ts'
import type { Moment } from './settings.ts'

type Stores = PartyStores & { readonly contracts: Pick<ContractStore, 'ofPatient'>, readonly eligibility: EligibilityStore }

export interface CheckDeps extends Providers {
  readonly inReading: InTransaction<Stores>
  readonly inTransaction: InTransaction<Pick<Stores, 'eligibility'>>
  readonly ruleSet: RuleSet
}

export interface EligibilityQuestion extends Signer {
  /** Scores are asked only of who consents to it (PIPL 29). */
  readonly consents: readonly ConsentPurpose[]
}

/**
 * 准入检查. Whether a person may sign, by the rules in force. Providers are asked outside any transaction.
 * Whoever has a contract that stands leaves the flow here.
 */
export async function checkEligibility (deps: CheckDeps, { consents, ...signer }: EligibilityQuestion, moment: Moment): Promise<EligibilityCheck> {
  const { inReading, inTransaction, ruleSet, ids } = deps
  const known = await inReading(async (stores) => {
    if ((await stores.contracts.ofPatient(signer.patientId)).some(stands)) throw contractStands()
    const { payer } = await partyOf(stores, signer, moment)
    return { person: await namedPersonOf(stores, signer.guardianPatientId ?? signer.patientId), assertions: await stores.eligibility.assertions(payer.map(({ id }) => id)) }
  })
  const question = {
    ...known, ruleSet, patientId: signer.guardianPatientId ?? signer.patientId, hasScoreConsent: consents.includes('score_query')
  }
  const answers = await askProviders(deps, question, moment.now)
  const check = decideEligibility(answers, { id: ids.next(), patientId: signer.patientId, ruleSetVersion: ruleSet.version, now: moment.now })
  const isNew = ({ id }: { readonly id: string }): boolean => !known.assertions.some((one) => one.id === id)
  await inTransaction(async ({ eligibility }) => {
    for (const answer of answers) if ('assertion' in answer && isNew(answer.assertion)) await eligibility.saveAssertion(answer.assertion)
    await eligibility.saveCheck(check)
  })
  return check
}

export const contractStands = (): DomainError => new DomainError('CONTRACT_STANDS', 'The person has a contract already: there is nothing to sign. GET /v1/contracts shows it.')
