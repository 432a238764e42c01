import type { CalendarDate } from '../clock.ts'
import type { Ids, StableId } from '../ids.ts'
import type { RecordStore } from '../records/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { FaceEngine, PictureRead } from './face-engine.ts'
import type { FaceOutcome, FacePhoto } from './face-photo.ts'
import { recordsBeside, rulesFor, type FaceSettings, type RuleStores } from './face-rules.ts'
import { faultsOfEnrolment } from './frames.ts'
import type { KeptFaces } from './keep-faces.ts'
import type { FaceConsentStore, FacePhotoStore, FaceTemplateStore, TemplateSeal } from './ports.ts'
import { photoIdsOf } from './queue-photos.ts'

export interface PhotoStores extends RuleStores {
  readonly faceConsents: Pick<FaceConsentStore, 'ofPatients' | 'withdrawnAt' | 'inTurn'>
  readonly records: Pick<RecordStore, 'current'>
  readonly facePhotos: FacePhotoStore
  readonly faceTemplates: Pick<FaceTemplateStore, 'add' | 'ofPatients' | 'drop'>
}

export interface EnrolPhotoDeps<Stores extends PhotoStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly engine: Pick<FaceEngine, 'read' | 'model'>
  readonly seal: TemplateSeal
  readonly ids: Ids
  readonly settings: FaceSettings
  readonly stableId: StableId
  readonly bytesOf: (base64: string) => Uint8Array
}

export interface Moment {
  readonly now: Date
  readonly today: CalendarDate
}

type PhotoKey = Pick<FacePhoto, 'patientId' | 'photoId'>

/** What became of it: gone where the record has another photo by now. */
export interface PhotoDone {
  readonly outcome: FaceOutcome | 'gone'
  readonly reasons: readonly string[]
  /** What the index is told. */
  readonly kept: KeptFaces
}

const nothingKept: KeptFaces = { faces: [], dropped: [] }

/**
 * 照片入库 (T1). Reads one photo and keeps its template: the rules are asked before the picture is decoded and again when the template is
 * written, since somebody may withdraw in between. The former photo's template stays until this one stands. Throws only
 * where it should be tried again.
 */
export async function enrolPhoto<Stores extends PhotoStores> (deps: EnrolPhotoDeps<Stores>, key: PhotoKey, moment: Moment): Promise<PhotoDone> {
  const begun = await deps.inTransaction((stores) => begin(deps, stores, { key, moment }))
  if (begun.kind === 'done') return begun.done
  const read = await deps.engine.read(begun.picture)
  return deps.inTransaction(async (stores) => {
    await stores.faceConsents.inTurn((await recordsBeside(stores, key.patientId)).personId)
    const again = await begin(deps, stores, { key, moment })
    return again.kind === 'done' ? again.done : keep(deps, stores, { photo: again.photo, photoIds: again.photoIds, read, now: moment.now })
  })
}

type Begun =
  | { readonly kind: 'done', readonly done: PhotoDone }
  | { readonly kind: 'read', readonly photo: Omit<FacePhoto, 'outcome' | 'reasons' | 'modelId' | 'at'>, readonly photoIds: readonly string[], readonly picture: Uint8Array }

async function begin<Stores extends PhotoStores> (deps: EnrolPhotoDeps<Stores>, stores: Stores, { key, moment: { now, today } }: { readonly key: PhotoKey, readonly moment: Moment }): Promise<Begun> {
  const listed = await stores.facePhotos.find(key)
  if (listed !== null && listed.outcome !== 'waiting') return { kind: 'done', done: { outcome: listed.outcome, reasons: listed.reasons, kept: nothingKept } }
  const [record] = await stores.records.current([{ type: 'Patient', id: key.patientId }])
  const photoIds = record === undefined ? [] : photoIdsOf(record.resource)
  const hospitalId = record?.hospitalId ?? null
  if (hospitalId === null || !photoIds.includes(key.photoId)) {
    await stores.facePhotos.drop([key])
    return { kind: 'done', done: { outcome: 'gone', reasons: [], kept: nothingKept } }
  }
  const photo = { ...key, hospitalId }
  const rules = await rulesFor({ ...stores, ...deps }, photo, today)
  if (!rules.may) return { kind: 'done', done: await settle(stores, { ...photo, outcome: 'not_allowed', reasons: [rules.because], modelId: null, at: now }) }
  const [binary] = await stores.records.current([{ type: 'Binary', id: key.photoId }])
  const { data } = (binary?.resource ?? {}) as { data?: string }
  if (data === undefined) return { kind: 'done', done: await settle(stores, { ...photo, outcome: 'unusable', reasons: ['picture_missing'], modelId: deps.engine.model.id, at: now }) }
  return { kind: 'read', photo, photoIds, picture: deps.bytesOf(data) }
}

async function settle (stores: PhotoStores, photo: FacePhoto, kept = nothingKept): Promise<PhotoDone> {
  await stores.facePhotos.save(photo)
  return { outcome: photo.outcome, reasons: photo.reasons, kept }
}

interface Kept {
  readonly photo: Pick<FacePhoto, 'patientId' | 'photoId' | 'hospitalId'>
  readonly photoIds: readonly string[]
  readonly read: PictureRead
  readonly now: Date
}

async function keep<Stores extends PhotoStores> ({ engine: { model }, seal, ids, settings }: EnrolPhotoDeps<Stores>, stores: Stores, { photo, photoIds, read, now }: Kept): Promise<PhotoDone> {
  const faults = faultsOfPhoto(read, settings.archiveEyeDistancePx)
  if (read.kind !== 'face' || faults.length > 0) return settle(stores, { ...photo, outcome: 'unusable', reasons: faults, modelId: model.id, at: now })
  const { patientId, photoId, hospitalId } = photo
  const template = { id: ids.next(), patientId, hospitalId }
  const isNew = await stores.faceTemplates.add({ ...template, modelId: model.id, sealed: seal.seal(read.template, template), origin: { kind: 'his_photo', photoId }, createdAt: now })
  const outdated = (await stores.faceTemplates.ofPatients([patientId])).filter(({ origin, modelId }) => origin.kind === 'his_photo' && (modelId !== model.id || !photoIds.includes(origin.photoId)))
  const dropped = await stores.faceTemplates.drop(outdated.map(({ id }) => id), now)
  const former = (await stores.facePhotos.ofPatients([patientId])).filter((other) => !photoIds.includes(other.photoId) && other.modelId !== null)
  await stores.facePhotos.drop(former)
  const faces = isNew ? [{ templateId: template.id, patientId, hospitalId, template: read.template }] : []
  return settle(stores, { ...photo, outcome: 'enrolled', reasons: [], modelId: model.id, at: now }, { faces, dropped })
}

/** Empty where the picture is good enough to know somebody by. */
export function faultsOfPhoto (read: PictureRead, eyeDistancePx: number): readonly string[] {
  return read.kind === 'face' ? faultsOfEnrolment(read.quality, eyeDistancePx) : [read.kind]
}
