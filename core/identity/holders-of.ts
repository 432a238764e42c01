import type { Patient } from './patient.ts'
import type { PatientStore } from './ports.ts'
import { checkResidentId, residentIdForms, residentIdSystem } from './resident-id.ts'
import { doNamesContradict } from './same-person.ts'

/** What a person says of a document in hand. */
export interface DocumentClaim {
  /** A resident id, or with `hospitalId` the number of one of that hospital's own cards. */
  readonly documentNumber: string
  readonly name: string
  readonly hospitalId: string | null
}

/** HL7 table 0203: the numbers that stand on cards which hospitals hand out or copy. */
export const cardTypes = ['MR', 'PI', 'PT', 'JHN', 'HC', 'PPN'] as const

/** The active records that carry both the number and the name, found by the index of identifiers. */
export async function holdersOf ({ patients }: { patients: Pick<PatientStore, 'byIdentifier'> }, claim: DocumentClaim): Promise<readonly Patient[]> {
  const holders = new Map<string, Patient>()
  for (const identifier of identifiersOf(claim)) {
    for (const patient of await patients.byIdentifier(identifier)) {
      if (patient.active && isNamed(patient, claim.name) && (claim.hospitalId === null || patient.hospitalId === claim.hospitalId)) holders.set(patient.id, patient)
    }
  }
  return [...holders.values()]
}

function identifiersOf ({ documentNumber, hospitalId }: DocumentClaim): ReadonlyArray<{ readonly system: string, readonly value: string }> {
  const residentId = checkResidentId(documentNumber)
  const resident = residentId === null ? [] : residentIdForms(residentId).map((value) => ({ system: residentIdSystem, value }))
  if (hospitalId === null) return resident
  return [...resident, ...cardTypes.map((type) => ({ system: `urn:yiqiao:hospital:${hospitalId}:${type}`, value: documentNumber.trim() }))]
}

function isNamed (patient: Patient, name: string): boolean {
  return patient.name !== null && !doNamesContradict(patient, { ...patient, name })
}
