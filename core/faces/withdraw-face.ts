import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Ids, StableId } from '../ids.ts'
import type { Patient, PatientStore } from '../identity/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { RecordChange, RecordStore, RecordVersion } from '../records/index.ts'
import type { FaceConsent } from './face-consent.ts'
import { queueForgetting } from './forget-messages.ts'
import { recordsBeside, tombstoneKeyOf } from './face-rules.ts'
import { isUnder14 } from './is-under-14.ts'
import type { FaceConsentStore, FacePhotoStore, FaceTemplateStore } from './ports.ts'
import { photoIdsOf, queueHeldBack, type QueueStores } from './queue-photos.ts'

export interface ForgetStores {
  readonly records: Pick<RecordStore, 'current' | 'purgeBinaries'>
  readonly facePhotos: Pick<FacePhotoStore, 'ofPatients' | 'drop'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'ofPatients' | 'drop'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface ForgetDeps extends ForgetStores {
  readonly ids: Ids
  /** The one way in: the records lose their photo like any other element. */
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
}

/** Templates, photos and their copies of these records, for good; answers the templates for the index. */
async function forgetFaces (deps: ForgetDeps, patientIds: readonly string[], { because, at }: { readonly because: string, readonly at: Date }): Promise<readonly string[]> {
  const dropped = await deps.faceTemplates.drop((await deps.faceTemplates.ofPatients(patientIds)).map(({ id }) => id), at)
  const listed = await deps.facePhotos.ofPatients(patientIds)
  await deps.facePhotos.drop(listed)
  const pictured = (await deps.records.current(patientIds.map((id) => ({ type: 'Patient', id })))).filter(({ resource }) => resource['photo'] !== undefined)
  await deps.records.purgeBinaries([...new Set([...listed.map(({ photoId }) => photoId), ...pictured.flatMap(({ resource }) => allPhotoIds(resource))])])
  const changes = pictured.flatMap((record) => withoutPhoto(record, because))
  if (changes.length > 0) await deps.takeIn(changes)
  await queueForgetting(deps, patientIds, at)
  return dropped
}

function allPhotoIds (resource: RecordVersion['resource']): readonly string[] {
  const { photo = [] } = resource as { photo?: readonly object[] }
  return photo.flatMap((one) => photoIdsOf({ ...resource, photo: [one] }))
}

/** As if the hospital had taken it away right after it was told, so that nothing goes out and whatever it tells later is newer. */
function withoutPhoto ({ id, hospitalId, elementTimes }: RecordVersion, because: string): readonly RecordChange[] {
  const toldMs = Math.max(0, ...['photo', 'weak:photo'].flatMap((slot) => elementTimes[slot] ?? []))
  return hospitalId === null ? [] : [{ resource: { resourceType: 'Patient', id }, removed: ['photo'], weak: false, asOf: new Date(toldMs + 1), hospitalId, patientId: id, source: because, mappingVersion: null }]
}

export interface ConsentDeps {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly faceConsents: Pick<FaceConsentStore, 'add' | 'addTombstones' | 'inTurn'>
  readonly ids: Ids
  readonly stableId: StableId
}

export interface FaceWord {
  readonly patientId: string
  /** Null: at every hospital that has a record of the person. */
  readonly hospitalId: string | null
  readonly channel: Exclude<FaceConsent['channel'], 'his'>
  readonly textVersion: string | null
  readonly guardianPatientId: string | null
}

/**
 * 撤回同意. The person takes their consent back: whatever was made of their face goes in this transaction, a tombstone keeps
 * every later photo of the hospital out, and the word itself stays as proof. Answers the templates for the index.
 */
export async function withdrawFace (deps: ConsentDeps & ForgetDeps, word: FaceWord, at: Date): Promise<{ readonly consents: readonly FaceConsent[], readonly dropped: readonly string[] }> {
  const records = await recordsMeant(deps, word)
  const consents = await say(deps, word, { records, state: 'withdrawn', at })
  const ids = records.map(({ id }) => id)
  await deps.faceConsents.addTombstones(ids.map(tombstoneKeyOf(deps.stableId)), at)
  return { consents, dropped: await forgetFaces(deps, ids, { because: `face-consent:${consents[0]?.id ?? ''}`, at }) }
}

/** 单独同意. Given in the app or at the desk, for every record that is meant; photos at hand are then read. */
export async function giveFaceConsent (deps: Omit<ConsentDeps, 'stableId'> & QueueStores, word: FaceWord, at: Date): Promise<readonly FaceConsent[]> {
  const records = await recordsMeant(deps, word)
  const consents = await say(deps, word, { records, state: 'given', at })
  await queueHeldBack(deps, records.map(({ id }) => id), at)
  return consents
}

/** In the app or at the desk: with the text in force, and by a guardian for a child under 14. */
export async function consentByWord (deps: Parameters<typeof giveFaceConsent>[0], word: FaceWord, { now, today, textVersion }: { readonly now: Date, readonly today: CalendarDate, readonly textVersion: string }): Promise<readonly FaceConsent[]> {
  if (word.textVersion !== textVersion) throw new DomainError('AGREEMENT_CHANGED', 'The text was changed in between. Show the one in force and ask again.', 'textVersion')
  const { birthDate, personId } = await recordsBeside(deps, word.patientId)
  const guardian = word.guardianPatientId === null ? null : await deps.patients.find(word.guardianPatientId)
  const isGuarded = guardian !== null && guardian.personId !== personId
  if (word.guardianPatientId !== null && !isGuarded) throw new DomainError('FACE_CONSENT_NEEDED', 'A guardian is somebody else whom a hospital knows.', 'guardianPatientId')
  if (birthDate !== null && isUnder14(birthDate, today) && !isGuarded) throw new DomainError('FACE_CONSENT_NEEDED', 'For a child under 14 a parent or guardian consents.', 'guardianPatientId')
  return giveFaceConsent(deps, word, now)
}

async function recordsMeant ({ patients, faceConsents }: Pick<ConsentDeps, 'patients' | 'faceConsents'>, { patientId, hospitalId }: FaceWord): Promise<readonly Patient[]> {
  const patient = await patients.find(patientId)
  if (patient === null) throw new DomainError('PATIENT_NOT_FOUND', 'No patient has this id.')
  await faceConsents.inTurn(patient.personId)
  const records = (await patients.byPerson(patient.personId)).filter((one) => hospitalId === null || one.hospitalId === hospitalId)
  if (records.length === 0) throw new DomainError('PATIENT_NOT_FOUND', 'The hospital has no record of this person.')
  return records
}

async function say ({ faceConsents, ids }: Pick<ConsentDeps, 'faceConsents' | 'ids'>, { channel, textVersion, guardianPatientId }: FaceWord, { records, state, at }: { readonly records: readonly Patient[], readonly state: FaceConsent['state'], readonly at: Date }): Promise<readonly FaceConsent[]> {
  const consents = records.map((record): FaceConsent => ({ id: ids.next(), patientId: record.id, hospitalId: record.hospitalId, state, channel, textVersion, guardianPatientId, at }))
  for (const consent of consents) await faceConsents.add(consent)
  return consents
}

/** What a hospital says of a consent: a flag of its messages or a Consent of its server. */
export interface ConsentTold {
  /** Of the record that says it. */
  readonly id: string
  readonly patientId: string
  readonly hospitalId: string
  readonly state: FaceConsent['state']
  readonly guardianPatientId: string | null
  readonly at: Date
}

type ToldDeps = Pick<ConsentDeps, 'patients' | 'ids'> & ForgetDeps & QueueStores & { readonly faceConsents: Pick<FaceConsentStore, 'add' | 'inTurn' | 'ofPatients'> }

/**
 * Keeps the hospital's word; given, photos at hand are read. Taken back, all that was made of the face goes, as if the person had
 * said it here; a photo that the hospital sends nevertheless stays its own, and is not read until its word is another.
 */
export async function keepConsentTold (deps: ToldDeps, { id, ...told }: ConsentTold, at: Date): Promise<void> {
  const { personId, ids } = await recordsBeside(deps, told.patientId)
  await deps.faceConsents.inTurn(personId)
  const [before] = await deps.faceConsents.ofPatients(ids)
  await deps.faceConsents.add({ ...told, id: `${id}:${told.state}:${told.at.getTime()}`, channel: 'his', textVersion: null })
  const [newest] = await deps.faceConsents.ofPatients(ids)
  if (newest?.state === 'given') await queueHeldBack(deps, ids, at)
  else if (before?.state === 'given' || (await deps.faceTemplates.ofPatients(ids)).length > 0) await forgetFaces(deps, ids, { because: `Consent/${id}`, at })
}
