import type { CalendarDate } from '../clock.ts'
import type { Ids, StableId } from '../ids.ts'
import type { PatientStore } from '../identity/index.ts'
import type { RecordStore } from '../records/index.ts'
import type { FacePhoto } from './face-photo.ts'
import { rulesFor, type FaceSettings, type RuleStores } from './face-rules.ts'
import type { FacePhotoStore, FaceTemplateStore } from './ports.ts'
import { notePhotos, photoIdsOf, queuePhoto, type QueueStores } from './queue-photos.ts'

export interface ScanStores extends RuleStores {
  readonly patients: Pick<PatientStore, 'find' | 'byPerson' | 'list'>
  readonly records: Pick<RecordStore, 'current'>
  readonly facePhotos: FacePhotoStore
  readonly faceTemplates: Pick<FaceTemplateStore, 'ofPatients' | 'drop'>
  readonly outbox: QueueStores['outbox']
}

export interface ScanDeps {
  readonly ids: Ids
  readonly modelId: string
  readonly settings: FaceSettings
  readonly stableId: StableId
}

export interface ScannedPage {
  /** Where the next page begins; null: all were looked at. */
  readonly next: number | null
  readonly queued: number
  /** Camera templates of another model: nobody can make them anew but the person. */
  readonly dropped: readonly string[]
}

const pageSize = 100

/**
 * 历史照片与换模型. Looks at a page of patients: photos that came before the face database was there, photos that another model read,
 * photos that the rules kept back and allow now are queued. Templates of cameras that another model made go, and are listed. What is queued or
 * up to date is left alone, so the whole may be begun again anywhere.
 */
export async function scanPhotos (deps: ScanDeps & ScanStores, after: number, { now, today }: { readonly now: Date, readonly today: CalendarDate }): Promise<ScannedPage> {
  const patients = await deps.patients.list({ hospitalId: null, limit: pageSize, after: after === 0 ? null : after })
  const ids = patients.map(({ id }) => id)
  let queued = 0
  for (const record of await deps.records.current(ids.map((id) => ({ type: 'Patient', id })))) {
    if (record.hospitalId !== null && record.resource['photo'] !== undefined) queued += await noteNew(deps, { patientId: record.id, hospitalId: record.hospitalId, photoIds: photoIdsOf(record.resource) }, now)
  }
  for (const photo of await deps.facePhotos.ofPatients(ids)) {
    if (!await isOutdated(deps, photo, today)) continue
    await queuePhoto(deps, photo, now)
    queued += 1
  }
  return { next: patients.length < pageSize ? null : patients.at(-1)?.sequence ?? null, queued, dropped: await dropForeign(deps, ids, now) }
}

async function noteNew (deps: ScanDeps & ScanStores, told: Parameters<typeof notePhotos>[1], now: Date): Promise<number> {
  const known = (await deps.facePhotos.ofPatients([told.patientId])).map(({ photoId }) => photoId)
  await notePhotos(deps, told, now)
  return told.photoIds.filter((photoId) => !known.includes(photoId)).length
}

async function isOutdated (deps: ScanDeps & ScanStores, { outcome, modelId, patientId, hospitalId, photoId }: FacePhoto, today: CalendarDate): Promise<boolean> {
  if (photoId.startsWith(cameraMark)) return false
  if (outcome === 'enrolled' || outcome === 'unusable') return modelId !== deps.modelId
  return outcome === 'not_allowed' && (await rulesFor(deps, { patientId, hospitalId }, today)).may
}

const cameraMark = 'terminal:'

async function dropForeign ({ faceTemplates, facePhotos, modelId }: ScanDeps & ScanStores, patientIds: readonly string[], at: Date): Promise<readonly string[]> {
  const foreign = (await faceTemplates.ofPatients(patientIds)).filter((template) => template.modelId !== modelId && template.origin.kind === 'terminal')
  for (const { patientId, hospitalId, modelId: madeBy, origin } of foreign) {
    if (origin.kind === 'terminal') await facePhotos.save({ patientId, hospitalId, photoId: `${cameraMark}${origin.terminalId}`, outcome: 'unusable', reasons: ['model_changed'], modelId: madeBy, at })
  }
  return faceTemplates.drop(foreign.map(({ id }) => id), at)
}
