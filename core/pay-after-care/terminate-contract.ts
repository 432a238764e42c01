import { useCode, type CodeDeps } from '../access/index.ts'
import { DomainError } from '../errors.ts'
import type { PatientStore } from '../identity/index.ts'
import { noticeMessage } from '../notice.ts'
import { stands, type Assured, type Contract } from './contract.ts'
import { terminated } from './end-contract.ts'
import type { ContractStore } from './ports.ts'
import { notContracted } from './suspend-contract.ts'
import { terminationFacts, terminationObstacles, type TerminationStores } from './termination-obstacles.ts'

export interface TerminateDeps extends TerminationStores, Pick<CodeDeps, 'codes' | 'fingerprint' | 'outbox' | 'ids'> {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly contracts: Pick<ContractStore, 'find' | 'lockPerson' | 'ofPatient' | 'save' | 'note'>
  /** Of a phone that the desk named in place of the contract's own. */
  readonly phoneKeyOf: (phone: string) => string
}

export interface TerminateContract {
  readonly contractId: string
  readonly code: string
  /** Null: the contract's own. */
  readonly phone: string | null
  readonly by: Assured
}

/** 解约. Refused with every reason at once. Null where the code is wrong, as in signing. */
export async function terminateContract (deps: TerminateDeps, { contractId, code, phone, by }: TerminateContract, now: Date): Promise<Contract | null> {
  const { contracts, patients, ids, outbox } = deps
  const found = await contracts.find(contractId)
  const patient = found === null ? null : await patients.find(found.patientId)
  if (found === null || patient === null) throw noContract()
  await contracts.lockPerson(patient.personId)
  const ofPerson = await contracts.ofPatient(patient.id)
  const contract = ofPerson.find(({ id }) => id === contractId) ?? found
  if (!stands(contract)) throw notContracted()
  const patientIds = (await patients.byPerson(patient.personId)).map(({ id }) => id)
  const reasons = terminationObstacles(await terminationFacts(deps, ofPerson, patientIds))
  if (reasons.length > 0) throw new DomainError('CONTRACT_NOT_TERMINABLE', 'The contract cannot be ended yet: something is owed or still under way. The reasons name all of it.', undefined, reasons)
  const phoneKey = phone === null ? contract.phoneKey : deps.phoneKeyOf(phone)
  if (!await useCode(deps, { phoneKey, use: 'terminate', subject: patient.personId, code }, now)) return null
  const ended = terminated(contract, by, now)
  await contracts.save(ended)
  await contracts.note({ id: ids.next(), contractId, what: 'terminated', reason: by.channel, by: by.tokenId, at: now })
  await outbox.add(noticeMessage({ template: 'contract_terminated', patientId: ended.patientId, phone: ended.phone, params: {} }, { id: ids.next(), key: `terminated:${contractId}`, at: now }))
  return ended
}

export const noContract = (): DomainError => new DomainError('CONTRACT_NOT_FOUND', 'No contract has this id; list those of the patient: GET /v1/contracts.')
