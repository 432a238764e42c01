import type { FastifyRequest } from 'fastify'
import { decide, type Permission } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { Patient, PatientStore } from '../../core/identity/index.ts'
import { admitTo, callerOf } from './access.ts'

export interface AdmittedPatient {
  readonly patient: Patient
  /** The records of the same person that this caller may see, this one among them. */
  readonly tied: readonly Patient[]
}

const noPatient = (): DomainError => new DomainError('PATIENT_NOT_FOUND', 'No patient has this id; look it up by an identifier.')

/** Loads a patient for a caller, or answers as if there were none. */
export async function admitPatient (request: FastifyRequest, permission: Permission, patients: Pick<PatientStore, 'find' | 'byPerson'>, id: string): Promise<AdmittedPatient> {
  const patient = await patients.find(id)
  if (patient === null) throw noPatient()
  admitTo(request, permission, { kind: 'patient', id, patientId: id, hospitalId: patient.hospitalId }, noPatient)
  const person = await patients.byPerson(patient.personId)
  const caller = callerOf(request)
  const tied = person.filter((one) => decide(caller, permission, { patientId: one.id, hospitalId: one.hospitalId }) === 'allowed')
  return { patient, tied }
}
