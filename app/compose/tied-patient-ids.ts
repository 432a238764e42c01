import type { PatientStore } from '../../core/identity/index.ts'

/** All record ids of the person that any of them names; an unknown id stands for itself, since its record may come later. */
export async function tiedPatientIds (patients: Pick<PatientStore, 'find' | 'byPerson'>, patientId: string): Promise<readonly string[]> {
  const patient = await patients.find(patientId)
  if (patient === null) return [patientId]
  return (await patients.byPerson(patient.personId)).map(({ id }) => id)
}
