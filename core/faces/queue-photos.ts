import type { Ids } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import type { Resource } from '../records/index.ts'
import type { FacePhoto } from './face-photo.ts'
import type { FacePhotoStore, FaceTemplateStore } from './ports.ts'

/** The outbox kind that reads a photo. */
export const facePhotoKind = 'face-photo'

export interface QueueStores {
  readonly facePhotos: Pick<FacePhotoStore, 'save' | 'ofPatients' | 'drop'>
  readonly faceTemplates: Pick<FaceTemplateStore, 'ofPatients' | 'drop'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

/** What a record says now of its owner's photos. */
export interface PhotosTold {
  readonly patientId: string
  readonly hospitalId: string
  readonly photoIds: readonly string[]
}

const mostPhotos = 2

/** Of a Patient: the binaries behind its photos, the newest ones. Intake keeps every photo of a person there. */
export function photoIdsOf (resource: Resource): readonly string[] {
  const { photo = [] } = resource as { photo?: ReadonlyArray<{ readonly url?: string, readonly creation?: string }> }
  return [...photo]
    .sort((one, other) => (other.creation ?? '').localeCompare(one.creation ?? ''))
    .flatMap(({ url = '' }) => url.startsWith('Binary/') ? [url.slice('Binary/'.length)] : [])
    .slice(0, mostPhotos)
}

/** A photo that is new is read; where there is none any more, what was made of the last ones goes. */
export async function notePhotos (deps: QueueStores & { readonly ids: Ids }, { patientId, hospitalId, photoIds }: PhotosTold, at: Date): Promise<void> {
  const known = await deps.facePhotos.ofPatients([patientId])
  for (const photoId of photoIds) {
    if (!known.some((photo) => photo.photoId === photoId)) await queuePhoto(deps, { patientId, hospitalId, photoId, outcome: 'waiting', reasons: [], modelId: null, at }, at)
  }
  const former = known.filter((photo) => !photoIds.includes(photo.photoId))
  if (photoIds.length > 0) {
    await deps.facePhotos.drop(former.filter(({ outcome }) => outcome !== 'enrolled'))
    return
  }
  if (former.length === 0) return
  const made = (await deps.faceTemplates.ofPatients([patientId])).filter(({ origin }) => origin.kind === 'his_photo')
  await deps.faceTemplates.drop(made.map(({ id }) => id), at)
  await deps.facePhotos.drop(former)
}

/** Once more, or for the first time. What waits already is not queued twice. */
export async function queuePhoto ({ facePhotos, outbox, ids }: Pick<QueueStores, 'outbox'> & { readonly facePhotos: Pick<FacePhotoStore, 'save'>, readonly ids: Ids }, photo: FacePhoto, at: Date): Promise<void> {
  await facePhotos.save({ ...photo, outcome: 'waiting', reasons: [], at })
  const id = ids.next()
  await outbox.add({ id, kind: facePhotoKind, key: `${photo.patientId}:${photo.photoId}:${id}`, payload: { patientId: photo.patientId, photoId: photo.photoId }, createdAt: at })
}

/** Photos of these records that the rules kept back: now they may be read. */
export async function queueHeldBack (deps: QueueStores & { readonly ids: Ids }, patientIds: readonly string[], at: Date): Promise<number> {
  const held = (await deps.facePhotos.ofPatients(patientIds)).filter(({ outcome }) => outcome === 'not_allowed' || outcome === 'expired')
  for (const photo of held) await queuePhoto(deps, photo, at)
  return held.length
}
