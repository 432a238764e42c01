import type { FastifyRequest } from 'fastify'
import { decide, type Permission } from '../../../core/access/index.ts'
import type { Patient, PatientStore } from '../../../core/identity/index.ts'
import { noContract, type Contract, type ContractStore } from '../../../core/pay-after-care/index.ts'
import { callerOf, noteAccess } from '../access.ts'

export interface AdmittedContract {
  readonly contract: Contract
  readonly patient: Patient
  /** Records of the person that this caller may see. */
  readonly tied: readonly Patient[]
}

interface ContractStores {
  readonly contracts: Pick<ContractStore, 'find'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
}

/**
 * A contract belongs to the person over all hospitals, so it is seen by whoever may see any of the person's records;
 * everybody else is answered as if there were none.
 */
export async function admitContract (request: FastifyRequest, permission: Permission, { contracts, patients }: ContractStores, id: string): Promise<AdmittedContract> {
  const contract = await contracts.find(id)
  const patient = contract === null ? null : await patients.find(contract.patientId)
  if (contract === null || patient === null) throw noContract()
  const caller = callerOf(request)
  const tied = (await patients.byPerson(patient.personId)).filter((one) => decide(caller, permission, { patientId: one.id, hospitalId: one.hospitalId }) === 'allowed')
  noteAccess(request, { target: 'contract', targetId: id, patientId: patient.id, outcome: tied.length > 0 ? 'allowed' : 'refused' })
  if (tied.length === 0) throw noContract()
  return { contract, patient, tied }
}
