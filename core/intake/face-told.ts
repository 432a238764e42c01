import { hasWithdrawn, keepConsentTold, notePhotos, photoIdsOf, queueForgetting, type ConsentTold } from '../faces/index.ts'
import type { RecordChange, SavedRecord } from '../records/index.ts'
import type { FaceConsentFacts } from './fact.ts'
import type { TakeInDeps, Told } from './told.ts'

/** Photos of people who withdrew with us do not come back with the hospital's next message, which is emptied afterwards. */
export async function withoutWithdrawnPhotos (deps: TakeInDeps, changes: readonly RecordChange[], at: Date): Promise<readonly RecordChange[]> {
  const kept: RecordChange[] = []
  for (const change of changes) {
    const { resource } = change
    const isWithdrawn = resource.resourceType === 'Patient' && resource['photo'] !== undefined && await hasWithdrawn(deps, resource.id)
    if (isWithdrawn) await queueForgetting(deps, [resource.id], at)
    kept.push(isWithdrawn ? { ...change, resource: Object.fromEntries(Object.entries(resource).filter(([element]) => element !== 'photo')) as RecordChange['resource'] } : change)
  }
  return kept
}

const stateOf = ({ state, denies }: FaceConsentFacts): ConsentTold['state'] => denies ? 'withdrawn' : state

interface FacesTold {
  readonly told: readonly Told[]
  readonly saved: readonly SavedRecord[]
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
}

/** 人脸. Photos that changed are queued; what the hospital says of consents is kept, with its consequences. */
export async function facesTold (deps: TakeInDeps, { told, saved, takeIn }: FacesTold, at: Date): Promise<void> {
  for (const { record } of saved.filter(hasOtherPhoto)) {
    if (record.hospitalId !== null) await notePhotos(deps, { patientId: record.id, hospitalId: record.hospitalId, photoIds: photoIdsOf(record.resource) }, at)
  }
  for (const { fact, from: { record } } of told) {
    if (fact.kind === 'face_consent') await keepConsentTold({ ...deps, takeIn }, consentTold(fact.face_consent, record.elementTimes, at), at)
  }
}

function hasOtherPhoto ({ record, before, outcome }: SavedRecord): boolean {
  return record.type === 'Patient' && outcome === 'changed' && (record.resource['photo'] !== undefined || before?.resource['photo'] !== undefined)
}

function consentTold (facts: FaceConsentFacts, elementTimes: Readonly<Record<string, number>>, at: Date): ConsentTold {
  const { id, patientId, hospitalId, givenBy } = facts
  const isGuardians = givenBy !== null && /^(RelatedPerson|Patient)\//.test(givenBy) && givenBy !== `Patient/${patientId}`
  return { id, patientId, hospitalId, state: stateOf(facts), guardianPatientId: isGuardians ? givenBy.replace(/^Patient\//, '') : null, at: saidAt(facts, elementTimes) ?? at }
}

/** A consent that ended keeps the day on which it was given; it ended when its state was said. */
function saidAt (facts: FaceConsentFacts, elementTimes: Readonly<Record<string, number>>): Date | null {
  const times = ['status', 'provision'].flatMap((element) => elementTimes[element] ?? [])
  const told = times.length === 0 ? null : new Date(Math.max(...times))
  return stateOf(facts) === 'given' ? facts.at ?? told : told ?? facts.at
}
