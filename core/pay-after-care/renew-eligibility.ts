import type { InTransaction } from '../unit-of-work.ts'
import { namedPersonOf } from '../identity/index.ts'
import type { PatientStore } from '../identity/index.ts'
import { askProviders, type Providers } from './ask-providers.ts'
import type { Contract } from './contract.ts'
import { isMet, type RuleAnswer } from './decide-eligibility.ts'
import type { RuleSet } from './eligibility.ts'
import { expired } from './end-contract.ts'
import type { ContractStore, EligibilityStore } from './ports.ts'

type Contracts = Pick<ContractStore, 'find' | 'lapsing' | 'save' | 'note'>

export interface RenewDeps extends Providers {
  readonly inTransaction: InTransaction<{ readonly contracts: Contracts, readonly eligibility: Pick<EligibilityStore, 'saveAssertion'> }>
  readonly inReading: InTransaction<{ readonly contracts: Contracts, readonly patients: Pick<PatientStore, 'find' | 'byPerson'> }>
  readonly ruleSet: RuleSet
  /** Lets others have their turn between two persons. */
  readonly breathe: () => Promise<void>
}

const pageSize = 200
const mostPages = 5_000

/**
 * 资格复核. Contracts whose basis has run out are asked about again: met → they go on under the rule that was met; not met
 * → they expire; a provider that is down, or no longer there, decides nothing, and the next run asks again.
 */
export async function renewEligibility (deps: RenewDeps, at: Date): Promise<{ readonly renewed: number, readonly expired: number, readonly undecided: number }> {
  const counts = { renewed: 0, expired: 0, undecided: 0 }
  let after: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const lapsing: readonly Contract[] = await deps.inReading(({ contracts }) => contracts.lapsing(at, { limit: pageSize, after }))
    for (const contract of lapsing) {
      counts[await renew(deps, contract, at)] += 1
      await deps.breathe()
    }
    after = lapsing.at(-1)?.id ?? null
    if (lapsing.length < pageSize) break
  }
  return counts
}

async function renew (deps: RenewDeps, { id, patientId, guardianPatientId, consents }: Contract, at: Date): Promise<'renewed' | 'expired' | 'undecided'> {
  const payerId = guardianPatientId ?? patientId
  const person = await deps.inReading((stores) => namedPersonOf(stores, payerId))
  const answers = await askProviders(deps, { ruleSet: deps.ruleSet, person, patientId: payerId, hasScoreConsent: consents.includes('score_query'), assertions: [] }, at)
  const met = answers.find(isMet)
  if (met === undefined && answers.some((answer) => 'missing' in answer && (answer.missing === 'unavailable' || answer.missing === 'not_offered'))) return 'undecided'
  return await deps.inTransaction(async ({ contracts, eligibility }) => {
    for (const answer of answers) if ('assertion' in answer) await eligibility.saveAssertion(answer.assertion)
    const contract = await contracts.find(id)
    if (contract?.state !== 'active') return 'undecided'
    const what = met === undefined ? 'expired' : 'renewed'
    await contracts.save(met === undefined ? expired(contract, 'eligibility_lapsed', at) : onNewBasis(contract, deps.ruleSet, met))
    await contracts.note({ id: deps.ids.next(), contractId: id, what, reason: met?.rule.name ?? 'eligibility_lapsed', by: null, at })
    return what
  })
}

/** The limit that was signed for goes on; only what it rests on is new. */
function onNewBasis (contract: Contract, { version }: RuleSet, met: RuleAnswer): Contract {
  return { ...contract, basis: { ruleSetVersion: version, rule: met.rule.name, assertionIds: 'assertion' in met ? [met.assertion.id] : [] } }
}
