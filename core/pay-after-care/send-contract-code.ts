import { sendCode, type CodeDeps, type SentCode } from '../access/index.ts'
import { DomainError } from '../errors.ts'
import { stands } from './contract.ts'
import { contractStands } from './check-eligibility.ts'
import { standingOf } from './end-contract.ts'
import type { ContractStore } from './ports.ts'
import { notContracted } from './suspend-contract.ts'

export interface ContractCodeDeps extends CodeDeps {
  readonly contracts: Pick<ContractStore, 'ofPatient'>
  readonly opened: (text: string) => string
}

/** Any record of the person, and the id that stands for the person: the code is bound to it. */
export interface CodeFor {
  readonly patientId: string
  readonly personId: string
  readonly purpose: 'sign' | 'terminate'
  /** For signing the phone that is to be proven; for terminating null: the contract's own phone. */
  readonly phone: string | null
}

/** A code for signing goes to the phone that is named; one for terminating to the phone of the contract. */
export async function sendContractCode (deps: ContractCodeDeps, { patientId, personId, purpose, phone }: CodeFor, now: Date): Promise<SentCode> {
  const contracts = await deps.contracts.ofPatient(patientId)
  if (purpose === 'sign') {
    if (contracts.some(stands)) throw contractStands()
    if (phone === null) throw new DomainError('REQUEST_INVALID', 'Name the phone that the code is to go to.', 'phone')
    return sendCode(deps, { phone, use: 'sign', subject: personId }, now)
  }
  const standing = standingOf(contracts)
  if (standing === null) throw notContracted()
  return sendCode(deps, { phone: phone ?? deps.opened(standing.phone), use: 'terminate', subject: personId }, now)
}
