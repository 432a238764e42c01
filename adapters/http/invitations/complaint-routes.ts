import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { complaintStates, noComplaint, payerPatient, type Complaint, type ComplaintCommand, type ComplaintStore, type InvitationStore } from '../../../core/invitations/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteSearch } from '../access.ts'
import { admitSide, ownFilter, sidesOf, type Side } from './invitation-admit.ts'
import { loadInvitation } from './invitation-routes.ts'
import { ComplaintBody, complaintBody, Reason, Words } from './invitation-wire.ts'
import { deciderOf } from '../payments/payment-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface ComplaintRoutesDeps {
  readonly inReading: InTransaction<{ readonly invitations: InvitationStore, readonly complaints: ComplaintStore }>
  readonly writeInstant: WriteInstant
  readonly appealDays: number
  readonly open: (wanted: { readonly invitationId: string, readonly words: string, readonly by: string }) => Promise<Complaint>
  readonly change: (wanted: { readonly id: string, readonly command: ComplaintCommand, readonly by: string }) => Promise<Complaint>
}

const common = { tags: ['complaints'], 'x-requirements': ['M14'] }
const platform: readonly Side[] = ['platform']

/** 投诉 (M14): support looks into it, a reviewer decides, the doctor may appeal, another reviewer decides on that. */
export function complaintRoutes (deps: ComplaintRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.post('/v1/complaints', {
      config: { access: 'complaint.make', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Complains about a service that was given, or agreed and not given; by whoever paid for it, once', body: Type.Object({ invitationId: Id, words: Words }, { additionalProperties: false }), response: { 201: ComplaintBody } }
    }, async (request, reply) => {
      const { invitationId, words } = request.body
      await loadInvitation(request, deps, { id: invitationId, as: ['payer'] })
      return await reply.code(201).send(complaintBody(await deps.open({ invitationId, words, by: deciderOf(request) }), 'payer', writeInstant))
    })

    server.get('/v1/complaints', {
      config: { access: 'complaint.read' },
      schema: {
        ...common,
        summary: 'Own ones, made or about the caller; all of them for the platform, the newest first',
        querystring: Type.Object({ ...PageQuery, state: Type.Optional(oneOf(complaintStates)), doctor: Type.Optional(Id), hospitalId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 200: pageOf(ComplaintBody) }
      }
    }, async (request) => {
      const { query } = request
      const { rows, next } = await inReading(({ complaints }) => pageByOffset(query, (page) => complaints.list({ ...ownFilter(request, query), state: query.state ?? null }, page)))
      noteSearch(request, 'complaint', rows.flatMap(({ payer }) => payerPatient(payer) ?? []))
      return { items: rows.map((row) => complaintBody(row, sidesOf(request, row)[0] ?? 'platform', writeInstant)), next }
    })

    server.get('/v1/complaints/:id', {
      config: { access: 'complaint.read' },
      schema: { ...common, summary: 'One complaint', params: ById, response: { 200: ComplaintBody } }
    }, async (request) => {
      const { complaint, side } = await load(request, deps, { id: request.params.id, as: ['payer', 'doctor', 'home_hospital', 'platform'] })
      return complaintBody(complaint, side, writeInstant)
    })

    await server.register(complaintStepRoutes(deps))
  }
}

function complaintStepRoutes (deps: ComplaintRoutesDeps): FastifyPluginAsyncTypebox {
  const answers = { 200: ComplaintBody }
  const done = async (request: FastifyRequest, { id, as, command }: { readonly id: string, readonly as: readonly Side[], readonly command: ComplaintCommand }) => {
    const { side } = await load(request, deps, { id, as })
    return complaintBody(await deps.change({ id, command, by: deciderOf(request) }), side, deps.writeInstant)
  }
  return async (server) => {
    server.post('/v1/complaints/:id/take', {
      config: { access: 'complaint.investigate' },
      schema: { ...common, summary: 'Support takes it up', params: ById, response: answers }
    }, async (request) => done(request, { id: request.params.id, as: platform, command: { kind: 'take' } }))

    server.post('/v1/complaints/:id/findings', {
      config: { access: 'complaint.investigate' },
      schema: { ...common, summary: 'What was found out; without it nobody decides', params: ById, body: Type.Object({ findings: Words }, { additionalProperties: false }), response: answers }
    }, async (request) => done(request, { id: request.params.id, as: platform, command: { kind: 'note', findings: request.body.findings } }))

    server.post('/v1/complaints/:id/decision', {
      config: { access: 'complaint.decide', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Upholds it, which lowers the doctor\'s level at once, or dismisses it', params: ById, body: Type.Object({ isUpheld: Type.Boolean(), reason: Reason }, { additionalProperties: false }), response: answers }
    }, async (request) => done(request, { id: request.params.id, as: platform, command: { kind: 'decide', ...request.body } }))

    server.post('/v1/complaints/:id/appeal', {
      config: { access: 'complaint.appeal', idempotencyKey: 'required' },
      schema: { ...common, summary: 'The doctor appeals against an upheld complaint, in time', params: ById, body: Type.Object({ words: Words }, { additionalProperties: false }), response: answers }
    }, async (request) => done(request, { id: request.params.id, as: ['doctor'], command: { kind: 'appeal', words: request.body.words, appealDays: deps.appealDays } }))

    server.post('/v1/complaints/:id/appeal/decision', {
      config: { access: 'complaint.decide', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Another reviewer overturns it, which restores the doctor\'s level, or keeps it', params: ById, body: Type.Object({ isOverturned: Type.Boolean(), reason: Reason }, { additionalProperties: false }), response: answers }
    }, async (request) => done(request, { id: request.params.id, as: platform, command: { kind: 'decide_appeal', ...request.body } }))
  }
}

async function load (request: FastifyRequest, { inReading }: ComplaintRoutesDeps, { id, as }: { readonly id: string, readonly as: readonly Side[] }): Promise<{ readonly complaint: Complaint, readonly side: Side }> {
  const complaint = await inReading(({ complaints }) => complaints.find(id))
  if (complaint === null) throw noComplaint()
  return { complaint, side: admitSide(request, complaint, { target: 'complaint', as, missing: noComplaint }) }
}
