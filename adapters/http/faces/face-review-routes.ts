import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { noReview, type FaceReview, type FaceReviewStore, type ReviewDecision } from '../../../core/faces/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf, limitsFor, noteSearch } from '../access.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface FaceReviewRoutesDeps {
  readonly inReading: InTransaction<{ readonly faceReviews: FaceReviewStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
  readonly decide: (decision: ReviewDecision) => Promise<FaceReview>
}

const common = { tags: ['faces'], 'x-requirements': ['T3', 'K-11'] }
const states = ['open', 'same_person', 'different'] as const
const Side = Type.Object({ id: Id, name: nullable(Type.String()), birthDate: nullable(Type.String()), gender: nullable(Type.String()), numbers: Type.Array(Type.String()), active: Type.Boolean() })
const ReviewBody = Type.Object({
  id: Id, hospitalId: Id, reason: Type.String({ description: 'not_me, resembles, face_differs' }), state: oneOf(states), score: nullable(Type.Number()), terminalId: Type.String(), openedAt: Instant,
  decidedAt: nullable(Instant), patient: nullable(Side), other: nullable(Side)
})

/** 人脸复核: records of which faces say that they may be one person's. */
export function faceReviewRoutes ({ inReading, writeInstant, decide }: FaceReviewRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = async (patients: PatientStore, review: FaceReview) => ({
    id: review.id, hospitalId: review.hospitalId, reason: review.reason, state: review.state, score: review.score, terminalId: review.terminalId, openedAt: writeInstant(review.openedAt),
    decidedAt: orNull(review.decidedAt, writeInstant), patient: await sideOf(patients, review.patientId), other: review.otherId === null ? null : await sideOf(patients, review.otherId)
  })
  return async (server) => {
    server.get('/v1/faces/reviews', {
      config: { access: 'face.review' },
      schema: { ...common, summary: 'Pairs of records to be decided about, the newest first', querystring: Type.Object({ ...PageQuery, state: Type.Optional(oneOf(states)) }, { additionalProperties: false }), response: { 200: pageOf(ReviewBody) } }
    }, async (request) => {
      const { state = null } = request.query
      const { hospitalId } = limitsFor(request, 'face.review')
      return inReading(async ({ faceReviews, patients }) => {
        const { rows, next } = await pageByOffset(request.query, (page) => faceReviews.list({ hospitalId, state }, page))
        noteSearch(request, 'face review', rows.flatMap(({ patientId, otherId }) => otherId === null ? [patientId] : [patientId, otherId]))
        const items = []
        for (const review of rows) items.push(await bodyOf(patients, review))
        return { items, next }
      })
    })

    server.post('/v1/faces/reviews/:id/decide', {
      config: { access: 'face.review' },
      schema: {
        ...common, summary: 'One person: the two records are merged, which can be undone. Different: they stay apart, and are not put together again', params: ById,
        body: Type.Object({ decision: oneOf(['same_person', 'different'] as const), keep: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'the record that goes on; absent: the hospital\'s own, or the older' })) }, { additionalProperties: false }),
        response: { 200: ReviewBody }
      }
    }, async (request) => {
      const { id } = request.params
      const review = await inReading(({ faceReviews }) => faceReviews.find(id))
      if (review === null) throw noReview()
      admitTo(request, 'face.review', { kind: 'face review', id, patientId: review.patientId, hospitalId: review.hospitalId }, noReview)
      const decided = await decide({ reviewId: id, decision: request.body.decision, keep: request.body.keep ?? null, by: callerOf(request).principal.tokenId })
      return inReading(({ patients }) => bodyOf(patients, decided))
    })
  }
}

async function sideOf (patients: PatientStore, id: string) {
  const patient = await patients.find(id)
  return patient && { id, name: patient.name, birthDate: patient.birthDate, gender: patient.gender, active: patient.active, numbers: patient.identifiers.filter(({ type }) => type !== 'NI').map(({ value }) => value) }
}
