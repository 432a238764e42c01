import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setImmediate as breathe } from 'node:timers/promises'
import { faceConsentRoutes, faceProfileRoutes, faceRoutes, type RetryPhotos } from '../../adapters/http/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import { consentByWord, enrolPhoto, facePhotoKind, forgetPicturesKind, forgetPicturesOf, queuePhoto, rulesFor, scanPhotos, sweepFaces, withdrawFace, type FacePhoto, type PhotoDone, type ScannedPage } from '../../core/faces/index.ts'
import type { CarryOut } from '../../core/outbox.ts'
import { countFaces, faceLimits } from '../../jobs/count-faces.ts'
import { retainFaces } from '../../jobs/retain-faces.ts'
import { plainArea, type Area, type AreaDeps } from './area.ts'
import type { FaceParts } from './face-parts.ts'

const scanKind = 'face-scan'
const mostRetried = 1_000

/** 人脸库: photos of the hospitals, consents, retention, how it stands. */
export function composeFaces (deps: AreaDeps, faces: FaceParts): Area {
  const { store: { inTransaction, inReading }, clock, calendar, ids, stableId, onCall, writeInstant } = deps
  const moment = () => ({ now: clock.now(), today: calendar(clock.now()) })
  const work = faceWork(deps, faces)
  return {
    ...plainArea,
    carryOut: {
      [facePhotoKind]: async ({ payload }) => { await work.enrol(photoIn(payload)) },
      [scanKind]: carryScan(deps, work),
      [forgetPicturesKind]: (message) => inTransaction((stores) => forgetPicturesOf(stores, message))
    },
    rules: { [facePhotoKind]: { maxRunning: Math.min(8, availableParallelism()) + 1, inOrder: false }, [scanKind]: { maxRunning: 1, inOrder: false } },
    forgettable: [facePhotoKind, scanKind, forgetPicturesKind],
    begin: [faces.begin, () => beginScan(deps, faces)],
    end: [faces.end],
    jobs: [
      retainFaces({ calendar, sweep: async (at) => sweepFaces({ inTransaction, inReading, ids, settings: faces.settings, stableId, breathe }, at) }),
      countFaces({ inTransaction, keep: inTransaction, ids, onCall, countPersons: () => inReading(({ faceTemplates }) => faceTemplates.countPersons()) })
    ],
    routes: [
      faceRoutes({
        inReading, writeInstant, limits: faceLimits,
        engine: () => ({ modelId: faces.search.modelId, indexed: faces.search.index.size(), isReady: faces.search.indexedTo() !== null }),
        retry: async (wanted) => {
          const queued = await inTransaction((stores) => retry(stores, wanted, { ids, at: clock.now() }))
          deps.notifyOutbox()
          return queued
        }
      }),
      faceProfileRoutes({ inReading, writeInstant }),
      faceConsentRoutes({
        inReading, writeInstant, consentText: () => faces.consentText,
        rules: (stores, of) => rulesFor({ ...stores, stableId, settings: faces.settings }, of, calendar(clock.now())),
        give: async (word) => {
          const consents = await inTransaction((stores) => consentByWord({ ...stores, ids }, word, { ...moment(), textVersion: faces.consentText.version }))
          deps.notifyOutbox()
          return consents
        },
        withdraw: async (word) => {
          const at = clock.now()
          const { consents, dropped } = await inTransaction((stores) => withdrawFace({ ...stores, ids, stableId, takeIn: (changes) => deps.takeIn(stores, changes, at) }, word, at))
          faces.search.tell({ faces: [], dropped })
          deps.notifyOutbox()
          return { consents, templates: dropped.length }
        }
      })
    ]
  }
}

export interface FaceWork {
  readonly enrol: (photo: Pick<FacePhoto, 'patientId' | 'photoId'>) => Promise<PhotoDone>
  readonly scan: (stores: Stores, after: number) => Promise<ScannedPage>
}

/** What the outbox carries out, and the command line does by hand. */
export function faceWork ({ store: { inTransaction }, clock, calendar, ids, stableId }: Pick<AreaDeps, 'store' | 'clock' | 'calendar' | 'ids' | 'stableId'>, { engine, seal, settings, search }: FaceParts): FaceWork {
  const moment = () => ({ now: clock.now(), today: calendar(clock.now()) })
  const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64')
  return {
    enrol: async (photo) => {
      const done = await enrolPhoto({ inTransaction, engine, seal, ids, settings, stableId, bytesOf }, photo, moment())
      search.tell(done.kept)
      return done
    },
    scan: (stores, after) => scanPhotos({ ...stores, ids, modelId: engine.model.id, settings, stableId }, after, moment())
  }
}

function photoIn (payload: Readonly<Record<string, unknown>>): Pick<FacePhoto, 'patientId' | 'photoId'> {
  return { patientId: String(payload['patientId']), photoId: String(payload['photoId']) }
}

/**
 * History before go-live, another model, and another rule of a hospital: once for each, the photos at hand are looked through in
 * pages that go on where the last one ended.
 */
async function beginScan ({ store: { inTransaction }, ids, clock, notifyOutbox }: AreaDeps, { engine, settings }: FaceParts): Promise<void> {
  const occasion = createHash('sha256').update(JSON.stringify([engine.model.id, settings.bases])).digest('hex').slice(0, 16)
  await inTransaction(({ outbox }) => outbox.add({ id: ids.next(), kind: scanKind, key: `${occasion}:0`, payload: { occasion, after: 0 }, createdAt: clock.now() }))
  notifyOutbox()
}

function carryScan ({ store: { inTransaction }, ids, clock, notifyOutbox }: AreaDeps, work: FaceWork): CarryOut {
  return async ({ payload }) => {
    const occasion = String(payload['occasion'])
    await inTransaction(async (stores) => {
      const { next } = await work.scan(stores, Number(payload['after']))
      if (next !== null) await stores.outbox.add({ id: ids.next(), kind: scanKind, key: `${occasion}:${next}`, payload: { occasion, after: next }, createdAt: clock.now() })
    })
    notifyOutbox()
  }
}

async function retry (stores: Stores, { outcome, hospitalId, photo }: RetryPhotos, { ids, at }: { readonly ids: AreaDeps['ids'], readonly at: Date }): Promise<number> {
  const one = photo === null ? null : await stores.facePhotos.find(photo)
  const found = photo === null ? await stores.facePhotos.list({ outcome, hospitalId }, { limit: mostRetried, offset: 0 }) : one === null ? [] : [one]
  // A camera picture is not kept: its owner comes again.
  const again = found.filter(({ outcome, photoId }) => outcome !== 'waiting' && !photoId.startsWith('terminal:'))
  for (const waiting of again) await queuePhoto({ ...stores, ids }, waiting, at)
  return again.length
}
