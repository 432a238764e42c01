import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { noDoctor } from '../../../core/marketplace/index.ts'
import { noEvaluation, payerPatient, type Evaluation, type EvaluationStore, type InvitationStore, type StarStore, type Tip, type TipStore } from '../../../core/invitations/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess, noteSearch } from '../access.ts'
import { admitSide, ownFilter, sidesOf } from './invitation-admit.ts'
import { loadInvitation } from './invitation-routes.ts'
import { EvaluationBody, evaluationBody, Reason, StarsBody, starsBody, TipBody, tipBody, Words } from './invitation-wire.ts'
import { deciderOf } from '../payments/payment-wire.ts'
import { ById, Id, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface EvaluationRoutesDeps {
  readonly inReading: InTransaction<{ readonly invitations: InvitationStore, readonly evaluations: EvaluationStore, readonly tips: TipStore, readonly stars: StarStore }>
  readonly writeInstant: WriteInstant
  readonly evaluate: (wanted: { readonly invitationId: string, readonly stars: number, readonly words: string | null, readonly by: string }) => Promise<Evaluation>
  readonly moderate: (wanted: { readonly id: string, readonly hides: { readonly reason: string } | null, readonly by: string }) => Promise<Evaluation>
  readonly tip: (wanted: { readonly invitationId: string, readonly amountFen: number }) => Promise<Tip>
  /** Whether the caller sees this doctor in the market now (M4, M5). */
  readonly seesDoctor: (request: ReturnType<typeof callerOf>, doctorId: string) => Promise<boolean>
}

const common = { tags: ['evaluations'] }
const mostChanges = 100

/** 评价、打赏、星级 (M11 to M13). */
export function evaluationRoutes (deps: EvaluationRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.post('/v1/evaluations', {
      config: { access: 'evaluation.write', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['M11', 'M13'], summary: 'Evaluates a settled invitation, once, by whoever paid for it', body: Type.Object({ invitationId: Id, stars: Type.Integer({ minimum: 1, maximum: 5 }), words: Type.Optional(Words) }, { additionalProperties: false }), response: { 201: EvaluationBody } }
    }, async (request, reply) => {
      const { invitationId, stars, words = null } = request.body
      await loadInvitation(request, deps, { id: invitationId, as: ['payer'] })
      return await reply.code(201).send(evaluationBody(await deps.evaluate({ invitationId, stars, words, by: deciderOf(request) }), ['payer'], writeInstant))
    })

    server.get('/v1/evaluations', {
      config: { access: 'evaluation.read' },
      schema: { ...common, 'x-requirements': ['M12', 'M6'], summary: 'Those of a doctor whom the caller sees, or else own ones, given or received, the newest first', querystring: Type.Object({ ...PageQuery, doctor: Type.Optional(Id) }, { additionalProperties: false }), response: { 200: pageOf(EvaluationBody) } }
    }, async (request) => {
      const { query } = request
      const filter = query.doctor === undefined ? ownFilter(request, {}) : await ofDoctor(request, deps, query.doctor)
      const { rows, next } = await inReading(({ evaluations }) => pageByOffset(query, (page) => evaluations.list(filter, page)))
      noteSearch(request, 'evaluation', [])
      return { items: rows.map((row) => evaluationBody(row, sidesOf(request, row), writeInstant)), next }
    })

    server.post('/v1/evaluations/:id/moderation', {
      config: { access: 'evaluation.moderate' },
      schema: { ...common, 'x-requirements': ['M11'], summary: 'Hides the words of an evaluation, or shows them again; the stars count all the same', params: ById, body: Type.Object({ hides: Type.Boolean(), reason: Reason }, { additionalProperties: false }), response: { 200: EvaluationBody } }
    }, async (request) => {
      const { hides, reason } = request.body
      const found = await inReading(({ evaluations }) => evaluations.find(request.params.id))
      if (found === null) throw noEvaluation()
      admitSide(request, found, { target: 'evaluation', as: ['platform'], missing: noEvaluation })
      return evaluationBody(await deps.moderate({ id: found.id, hides: hides ? { reason } : null, by: deciderOf(request) }), ['platform'], writeInstant)
    })

    server.get('/v1/doctors/:id/stars', {
      config: { access: 'star.read' },
      schema: { ...common, 'x-requirements': ['M13', 'M14'], summary: 'The doctor\'s level, why, and every change of it', params: ById, response: { 200: StarsBody } }
    }, async (request) => {
      const { id } = request.params
      await ofDoctor(request, deps, id)
      return await inReading(async ({ stars }) => starsBody(id, await stars.find(id), { changes: await stars.changes(id, { limit: mostChanges, offset: 0 }), writeInstant }))
    })

    await server.register(tipRoutes(deps))
  }
}

function tipRoutes (deps: EvaluationRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.post('/v1/tips', {
      config: { access: 'tip.give', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['M11'], summary: 'A tip for a settled invitation, where the site takes tips; paid next (…/pay)', body: Type.Object({ invitationId: Id, amountFen: Type.Integer({ minimum: 1, maximum: 100_000_000 }) }, { additionalProperties: false }), response: { 201: TipBody } }
    }, async (request, reply) => {
      const { invitation } = await loadInvitation(request, deps, { id: request.body.invitationId, as: ['payer'] })
      const tip = await deps.tip(request.body)
      // D3: every tip stands in the audit trail by itself.
      noteAccess(request, { target: 'tip', targetId: tip.id, patientId: payerPatient(invitation.payer), outcome: 'allowed' })
      return await reply.code(201).send(tipBody(tip, writeInstant))
    })

    server.get('/v1/tips', {
      config: { access: 'tip.read' },
      schema: { ...common, 'x-requirements': ['M11', 'M12'], summary: 'Own ones, given or received, the newest first', querystring: Type.Object({ ...PageQuery, doctor: Type.Optional(Id) }, { additionalProperties: false }), response: { 200: pageOf(TipBody) } }
    }, async (request) => {
      const { query } = request
      const { rows, next } = await inReading(({ tips }) => pageByOffset(query, (page) => tips.list(ownFilter(request, query), page)))
      noteSearch(request, 'tip', rows.flatMap(({ payer }) => payerPatient(payer) ?? []))
      return { items: rows.map((row) => tipBody(row, writeInstant)), next }
    })
  }
}

/** What is public of a doctor, for whoever sees the doctor; else there is no such doctor. */
async function ofDoctor (request: FastifyRequest, { seesDoctor }: EvaluationRoutesDeps, doctorId: string) {
  if (!await seesDoctor(callerOf(request), doctorId)) throw noDoctor()
  return { payerPatientIds: null, payerHospitalId: null, partyHospitalId: null, hospitalId: null, doctorId }
}
