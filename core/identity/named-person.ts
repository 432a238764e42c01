import type { Patient } from './patient.ts'
import type { PatientStore } from './ports.ts'
import { residentIdOf } from './same-person.ts'

/** What insurers, score providers and bureaus know a person by. Never logged, never in an address. */
export interface NamedPerson {
  readonly residentId: string
  readonly name: string
}

/** By any of the person's records that has a checked resident id and a name; null where none has both. */
export async function namedPersonOf ({ patients }: { readonly patients: Pick<PatientStore, 'find' | 'byPerson'> }, patientId: string): Promise<NamedPerson | null> {
  const patient = await patients.find(patientId)
  if (patient === null) return null
  return named([patient, ...(await patients.byPerson(patient.personId))])
}

function named (records: readonly Patient[]): NamedPerson | null {
  for (const record of records) {
    const residentId = residentIdOf(record)
    if (record.name !== null && residentId !== null && typeof residentId === 'object') return { residentId: residentId.number, name: record.name }
  }
  return null
}
