import { checkResidentId, residentIdSystem, type ResidentId } from './resident-id.ts'
import type { Patient } from './patient.ts'
import { DomainError } from '../errors.ts'
import type { PatientStore } from './ports.ts'

/** Why two records with the same resident id, or one with its own, were left as they are. Ids only, no values. */
export interface IdentityDoubt {
  readonly patientId: string
  readonly otherId: string | null
  readonly reason: 'check_digit' | 'birth_date' | 'gender' | 'name'
}

type Facts = Omit<Patient, 'personId' | 'sequence'>

/** All patient ids of the person that this patient is a record of. */
export async function samePerson ({ patients }: { patients: Pick<PatientStore, 'find' | 'byPerson'> }, patientId: string): Promise<readonly string[]> {
  const patient = await patients.find(patientId)
  if (patient === null) throw new DomainError('PATIENT_NOT_FOUND', 'No patient has this id; look it up by an identifier.')
  return (await patients.byPerson(patient.personId)).map(({ id }) => id)
}

/** The resident id that a record can be recognised by, or what speaks against it. */
export function residentIdOf (patient: Facts): ResidentId | IdentityDoubt['reason'] | null {
  const written = patient.identifiers.find(({ system }) => system === residentIdSystem)
  if (written === undefined) return null
  const residentId = checkResidentId(written.value)
  if (residentId === null) return 'check_digit'
  if (patient.birthDate !== null && patient.birthDate !== residentId.birthDate) return 'birth_date'
  if ((patient.gender === 'male' || patient.gender === 'female') && patient.gender !== residentId.gender) return 'gender'
  return residentId
}

/** Names contradict when both are known and differ in more than case, width, spacing and order of their parts. */
export function doNamesContradict (one: Facts, other: Facts): boolean {
  return one.name !== null && other.name !== null && comparable(one.name) !== comparable(other.name)
}

function comparable (name: string): string {
  return name.normalize('NFKC').toLowerCase().split(/[\s,.·^-]+/).filter((part) => part !== '').sort().join(' ')
}
