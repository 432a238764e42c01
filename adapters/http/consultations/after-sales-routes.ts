import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { afterSalesStates, afterSalesTypes, noAfterSales, type AfterSales, type AfterSalesStore, type AskAfterSales, type Consultation, type SwitchCandidate } from '../../../core/consultations/index.ts'
import type { Permission } from '../../../core/access/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, limitsFor, noteSearch } from '../access.ts'
import { actorOf, admitConsultation, type ConsultationAdmitStores } from './admit-consultation.ts'
import { AfterSalesBody, afterSalesBody } from './consultation-wire.ts'
import { PersonFields } from '../person-in-hand.ts'
import { AmountFen, ById, Id, nullable, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface AfterSalesRoutesDeps<Stores extends ConsultationAdmitStores & { readonly afterSales: AfterSalesStore }> {
  readonly inReading: InTransaction<Stores>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly ask: (command: AskAfterSales) => Promise<AfterSales>
  readonly decide: (command: { readonly id: string, readonly isApproved: boolean, readonly reason: string, readonly by: string }) => Promise<AfterSales>
  readonly candidates: (stores: Stores, order: Consultation) => Promise<readonly SwitchCandidate[]>
}

const common = { tags: ['after-sales'] }
const required = { idempotencyKey: 'required' } as const
const InHand = { readingId: PersonFields.readingId }
const Reason = Type.String({ minLength: 1, maxLength: 500 })
const CandidateBody = Type.Object({ doctorId: Id, name: nullable(Type.String()), department: nullable(Type.String()), priceFen: AmountFen, online: Type.Boolean() })

/** 售后: support, urge, refund, switch. */
export function afterSalesRoutes<Stores extends ConsultationAdmitStores & { readonly afterSales: AfterSalesStore }> (deps: AfterSalesRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant } = deps
  return async (server) => {
    server.post('/v1/consultations/:id/urge', {
      config: { access: 'consultation.create', ...required },
      schema: { ...common, 'x-requirements': ['C9'], summary: 'Reminds the doctor, at most once in ten minutes', params: ById, body: Type.Optional(Type.Object(InHand, { additionalProperties: false })), response: { 201: AfterSalesBody } }
    }, async (request, reply) => {
      const { id } = await inReading((stores) => admitConsultation(request, 'consultation.create', stores, { id: request.params.id, readingId: request.body?.readingId, now: now() }))
      return await reply.code(201).send(afterSalesBody(await deps.ask({ consultationId: id, type: 'urge', reason: null, doctorId: null, by: actorOf(request) }), writeInstant))
    })

    server.post('/v1/consultations/:id/aftersales', {
      config: { access: 'consultation.create', ...required },
      schema: {
        ...common,
        'x-requirements': ['C9'],
        summary: 'Asks for support (a dialogue under the request\'s id), an urge, a refund (which a reviewer decides on) or another doctor (at once, the difference goes back)',
        params: ById,
        body: Type.Object({ ...InHand, type: oneOf(afterSalesTypes), reason: Type.Optional(Reason), doctorId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'of switch_doctor: one of the candidates' })) }, { additionalProperties: false }),
        response: { 201: AfterSalesBody }
      }
    }, async (request, reply) => {
      const { readingId, type, reason = null, doctorId = null } = request.body
      const { id } = await inReading((stores) => admitConsultation(request, 'consultation.create', stores, { id: request.params.id, readingId, now: now() }))
      return await reply.code(201).send(afterSalesBody(await deps.ask({ consultationId: id, type, reason, doctorId, by: actorOf(request) }), writeInstant))
    })

    await server.register(readRoutes(deps))
    await server.register(officeRoutes(deps))
  }
}

function readRoutes<Stores extends ConsultationAdmitStores & { readonly afterSales: AfterSalesStore }> ({ inReading, now, writeInstant, candidates }: AfterSalesRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/consultations/:id/aftersales', {
      config: { access: 'after_sales.read' },
      schema: { ...common, 'x-requirements': ['C9'], summary: 'What was asked for about an order and what became of it, the newest first', params: ById, querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(AfterSalesBody) } }
    }, async (request) => {
      const { rows, next } = await inReading(async (stores) => {
        const { id } = await admitConsultation(request, 'after_sales.read', stores, { id: request.params.id, now: now() })
        return await pageByOffset(request.query, (page) => stores.afterSales.list({ consultationId: id, hospitalId: null, type: null, state: null }, page))
      })
      return { items: rows.map((asked) => afterSalesBody(asked, writeInstant)), next }
    })

    server.get('/v1/consultations/:id/switch-candidates', {
      config: { access: 'consultation.create' },
      schema: { ...common, 'x-requirements': ['C9'], summary: 'Doctors whose fee the order covers', params: ById, querystring: Type.Object(InHand, { additionalProperties: false }), response: { 200: pageOf(CandidateBody) } }
    }, async (request) => {
      const found = await inReading(async (stores) => await candidates(stores, await admitConsultation(request, 'consultation.create', stores, { id: request.params.id, readingId: request.query.readingId, now: now() })))
      return { items: found.map(({ doctor: { id, name, department }, priceFen, isOnline }) => ({ doctorId: id, name, department, priceFen, online: isOnline })), next: null }
    })
  }
}

function officeRoutes<Stores extends ConsultationAdmitStores & { readonly afterSales: AfterSalesStore }> ({ inReading, writeInstant, decide }: AfterSalesRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  const admitted = async (request: FastifyRequest, permission: Permission, id: string): Promise<AfterSales> => {
    const asked = await inReading(({ afterSales }) => afterSales.find(id))
    if (asked === null) throw noAfterSales()
    admitTo(request, permission, { kind: 'after-sales', id, patientId: asked.patientId, hospitalId: asked.hospitalId }, noAfterSales)
    return asked
  }
  return async (server) => {
    server.get('/v1/aftersales', {
      config: { access: 'after_sales.read' },
      schema: {
        ...common,
        'x-requirements': ['C9'],
        summary: 'What is asked for at the caller\'s hospital, or at all of them for support and reviewers, the newest first; a person asks by the order',
        querystring: Type.Object({ ...PageQuery, type: Type.Optional(oneOf(afterSalesTypes)), state: Type.Optional(oneOf(afterSalesStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(AfterSalesBody) }
      }
    }, async (request) => {
      const { patientIds, hospitalId } = limitsFor(request, 'after_sales.read')
      const { type = null, state = null } = request.query
      const { rows, next } = patientIds !== null ? { rows: [], next: null } : await inReading(({ afterSales }) => pageByOffset(request.query, (page) => afterSales.list({ consultationId: null, hospitalId, type, state }, page)))
      noteSearch(request, 'after-sales', rows.map(({ patientId }) => patientId))
      return { items: rows.map((asked) => afterSalesBody(asked, writeInstant)), next }
    })

    server.get('/v1/aftersales/:id', {
      config: { access: 'after_sales.read' },
      schema: { ...common, 'x-requirements': ['C9'], summary: 'One request', params: ById, response: { 200: AfterSalesBody } }
    }, async (request) => afterSalesBody(await admitted(request, 'after_sales.read', request.params.id), writeInstant))

    server.post('/v1/aftersales/:id/decision', {
      config: { access: 'after_sales.review', ...required },
      schema: { ...common, 'x-requirements': ['C9'], summary: 'Grants or refuses a refund; never by whoever asked for it', params: ById, body: Type.Object({ decision: oneOf(['approve', 'reject'] as const), reason: Reason }, { additionalProperties: false }), response: { 200: AfterSalesBody } }
    }, async (request) => {
      const { id, type } = await admitted(request, 'after_sales.review', request.params.id)
      if (type !== 'refund') throw noAfterSales()
      return afterSalesBody(await decide({ id, isApproved: request.body.decision === 'approve', reason: request.body.reason, by: actorOf(request) }), writeInstant)
    })

    server.post('/v1/aftersales/:id/close', {
      config: { access: 'after_sales.support', ...required },
      schema: { ...common, 'x-requirements': ['C9'], summary: 'Ends a talk with support', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: { 200: AfterSalesBody } }
    }, async (request) => {
      const { id, type } = await admitted(request, 'after_sales.support', request.params.id)
      if (type !== 'support') throw noAfterSales()
      return afterSalesBody(await decide({ id, isApproved: true, reason: request.body.reason, by: actorOf(request) }), writeInstant)
    })
  }
}
