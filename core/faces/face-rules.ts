import type { CalendarDate } from '../clock.ts'
import type { StableId } from '../ids.ts'
import type { PatientStore } from '../identity/index.ts'
import type { LegalBasis } from './face-consent.ts'
import { isBuried, mayProcessFace, type MayProcess } from './may-process.ts'
import type { FaceConsentStore } from './ports.ts'

/** What the deployment decides. */
export interface FaceSettings {
  /** Hospitals that have the photos of all read, with the law that they rely on. */
  readonly bases: readonly LegalBasis[]
  /** Between the eyes, in a hospital's photo: those are older and smaller than what a camera takes now. */
  readonly archiveEyeDistancePx: number
  /** Templates by which nobody was known, of people who did not come, for so long are dropped. */
  readonly unusedDays: number
}

/** A keyed hash of a record's id: a tombstone names nobody, and leads back to nobody. */
export const tombstoneKeyOf = (stableId: StableId) => (patientId: string): string => stableId('tombstone', 'Face', patientId)

export interface RuleStores {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly faceConsents: Pick<FaceConsentStore, 'ofPatients' | 'withdrawnAt'>
}

/** Records of the same person at the same hospital; a record that is not there yet stands for itself. */
export async function recordsBeside ({ patients }: Pick<RuleStores, 'patients'>, patientId: string): Promise<{ readonly personId: string, readonly ids: readonly string[], readonly birthDate: CalendarDate | null }> {
  const patient = await patients.find(patientId)
  if (patient === null) return { personId: patientId, ids: [patientId], birthDate: null }
  const person = await patients.byPerson(patient.personId)
  const birthDate = [patient, ...person].find((one) => one.birthDate !== null)?.birthDate ?? null
  return { personId: patient.personId, ids: person.filter(({ hospitalId }) => hospitalId === patient.hospitalId).map(({ id }) => id), birthDate }
}

/** Whether the face of this record's owner may be processed at its hospital today. */
export async function rulesFor (deps: RuleStores & { readonly stableId: StableId, readonly settings: Pick<FaceSettings, 'bases'> }, of: { readonly patientId: string, readonly hospitalId: string }, today: CalendarDate): Promise<MayProcess> {
  const { ids, birthDate } = await recordsBeside(deps, of.patientId)
  return mayProcessFace({
    consents: await deps.faceConsents.ofPatients(ids),
    tombstoneAt: await deps.faceConsents.withdrawnAt(ids.map(tombstoneKeyOf(deps.stableId))),
    birthDate,
    basis: deps.settings.bases.find(({ hospitalId }) => hospitalId === of.hospitalId) ?? null
  }, today)
}

/** Whether the person withdrew with us, and has not consented with us since. */
export async function hasWithdrawn (deps: RuleStores & { readonly stableId: StableId }, patientId: string): Promise<boolean> {
  const { ids } = await recordsBeside(deps, patientId)
  return isBuried(await deps.faceConsents.ofPatients(ids), await deps.faceConsents.withdrawnAt(ids.map(tombstoneKeyOf(deps.stableId))))
}
