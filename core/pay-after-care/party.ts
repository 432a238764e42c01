import { isInForce as isGuardianInForce, isMinor, type GuardianStore } from '../access/index.ts'
import { DomainError } from '../errors.ts'
import type { Patient, PatientStore } from '../identity/index.ts'
import type { Moment } from './settings.ts'

/** Whom a contract is for, and who signs: a minor's contract is the guardian's, who pays (D-9). */
export interface Signer {
  /** Any record of the person. */
  readonly patientId: string
  /** Any record of the guardian; null: the person themselves. */
  readonly guardianPatientId: string | null
}

export interface Party {
  readonly patient: Patient
  /** All records of the person, whichever hospital's. */
  readonly records: readonly Patient[]
  /** Who answers for the debt: the guardian's records, or the person's own. */
  readonly payer: readonly Patient[]
}

export interface PartyStores {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly guardians: Pick<GuardianStore, 'ofWard'>
}

/** Loads both sides; refuses a minor without a guardian, and a guardian who does not speak for the person. */
export async function partyOf (stores: PartyStores, { patientId, guardianPatientId }: Signer, { today }: Moment): Promise<Party> {
  const { patient, records } = await recordsOf(stores.patients, patientId)
  const birthDates = records.map(({ birthDate }) => birthDate)
  if (guardianPatientId === null) {
    if (isMinor(birthDates, today)) throw new DomainError('NOT_ELIGIBLE', 'A minor is contracted through the guardian: the guardian signs in the app or at the window.', undefined, ['minor_needs_guardian'])
    return { patient, records, payer: records }
  }
  const payer = (await recordsOf(stores.patients, guardianPatientId)).records
  const ids = [patient.personId, ...records.map(({ id }) => id)]
  const guardianships = await stores.guardians.ofWard(ids)
  const speaks = guardianships.some((one) => isGuardianInForce(one, birthDates, today) && payer.some(({ id, personId }) => one.guardianPersonId === id || one.guardianPersonId === personId))
  if (!speaks) throw new DomainError('GUARDIANSHIP_NOT_FOUND', 'This guardian does not speak for the patient. Have the guardianship confirmed at the desk first.', 'guardianId')
  return { patient, records, payer }
}

async function recordsOf (patients: PartyStores['patients'], id: string): Promise<{ readonly patient: Patient, readonly records: readonly Patient[] }> {
  const patient = await patients.find(id)
  if (patient === null) throw new DomainError('PATIENT_NOT_FOUND', 'No patient has this id; look it up by an identifier.')
  return { patient, records: await patients.byPerson(patient.personId) }
}
