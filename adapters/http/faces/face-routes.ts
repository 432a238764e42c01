import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { faceOutcomes, type FaceConsentStore, type FaceOutcome, type FacePhoto, type FacePhotoStore, type FaceTemplateStore } from '../../../core/faces/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteSearch } from '../access.ts'
import { Id, Instant, nullable, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface RetryPhotos {
  readonly outcome: Exclude<FaceOutcome, 'waiting'> | null
  readonly hospitalId: string | null
  readonly photo: Pick<FacePhoto, 'patientId' | 'photoId'> | null
}

export interface FaceRoutesDeps {
  readonly inReading: InTransaction<{ readonly faceTemplates: Pick<FaceTemplateStore, 'countPersons' | 'countModels'>, readonly facePhotos: Pick<FacePhotoStore, 'counts' | 'list'>, readonly faceConsents: Pick<FaceConsentStore, 'counts'> }>
  readonly writeInstant: WriteInstant
  /** The model of this node's engine, and how much its index holds. */
  readonly engine: () => { readonly modelId: string, readonly indexed: number, readonly isReady: boolean }
  /** Persons from which alarms are raised. */
  readonly limits: { readonly near: number, readonly filing: number }
  /** Queues them again; answers how many. */
  readonly retry: (wanted: RetryPhotos) => Promise<number>
}

const common = { tags: ['faces'] }
const Count = Type.Integer({ minimum: 0 })
const PhotoBody = Type.Object({ patientId: Id, hospitalId: Type.String(), photoId: Id, outcome: oneOf(faceOutcomes), reasons: Type.Array(Type.String()), modelId: nullable(Type.String()), at: Instant })
const newest = 10

/** 人脸库运维: how it stands, what became of each photo, and once more. No picture and no numbers of a face are ever answered. */
export function faceRoutes (deps: FaceRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const photoBody = (photo: FacePhoto) => ({ ...photo, reasons: [...photo.reasons], at: writeInstant(photo.at) })

  return async (server) => {
    server.get('/v1/faces/status', {
      config: { access: 'face.operate' },
      schema: {
        ...common, 'x-requirements': ['T1', 'K-04'], summary: 'Persons, templates, photos and consents; how far this node follows',
        response: { 200: Type.Object({
          persons: Count, limits: Type.Object({ near: Count, filing: Count }), templates: Type.Array(Type.Object({ modelId: Type.String(), templates: Count })),
          photos: Type.Object(Object.fromEntries(faceOutcomes.map((outcome) => [outcome, Count])) as Record<FaceOutcome, typeof Count>), consents: Type.Object({ given: Count, withdrawn: Count, records: Count }),
          engine: Type.Object({ modelId: Type.String(), indexed: Count, isReady: Type.Boolean() }), newestPhotos: Type.Array(PhotoBody)
        }) }
      }
    }, async (request) => {
      const found = await inReading(async ({ faceTemplates, facePhotos, faceConsents }) => ({
        persons: await faceTemplates.countPersons(), templates: [...await faceTemplates.countModels()], photos: await facePhotos.counts(), consents: await faceConsents.counts(),
        newestPhotos: await facePhotos.list({ outcome: null, hospitalId: null }, { limit: newest, offset: 0 })
      }))
      noteSearch(request, 'face photo', found.newestPhotos.map(({ patientId }) => patientId))
      return { ...found, limits: deps.limits, engine: deps.engine(), newestPhotos: found.newestPhotos.map(photoBody) }
    })

    server.get('/v1/faces/photos', {
      config: { access: 'face.operate' },
      schema: { ...common, 'x-requirements': ['T1', 'K-04'], summary: 'Photos of the hospitals with what became of each and why, the newest first', querystring: Type.Object({ outcome: Type.Optional(oneOf(faceOutcomes)), hospital: Type.Optional(Id), ...PageQuery }, { additionalProperties: false }), response: { 200: pageOf(PhotoBody) } }
    }, async (request) => {
      const { outcome = null, hospital = null } = request.query
      const { rows, next } = await pageByOffset(request.query, (page) => inReading(({ facePhotos }) => facePhotos.list({ outcome, hospitalId: hospital }, page)))
      noteSearch(request, 'face photo', rows.map(({ patientId }) => patientId))
      return { items: rows.map(photoBody), next }
    })

    server.post('/v1/faces/photos/retry', {
      config: { access: 'face.operate' },
      schema: {
        ...common, 'x-requirements': ['T1'], summary: 'Reads one photo, or up to 1,000 of one outcome, once more; the rules are asked again',
        body: Type.Object({ outcome: Type.Optional(oneOf(['enrolled', 'not_allowed', 'unusable', 'expired'] as const)), hospital: Type.Optional(Id), photo: Type.Optional(Type.Object({ patientId: Id, photoId: Id }, { additionalProperties: false })) }, { additionalProperties: false, minProperties: 1 }),
        response: { 200: Type.Object({ queued: Count }) }
      }
    }, async (request) => {
      const { outcome = null, hospital = null, photo = null } = request.body
      return { queued: await deps.retry({ outcome, hospitalId: hospital, photo }) }
    })
  }
}
