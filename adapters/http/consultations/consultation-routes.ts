import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { consultationKinds, consultationModes, consultationStates, type Consultation, type ConsultationChannel, type ConsultationFilter, type MakeConsultation, type Routing } from '../../../core/consultations/index.ts'
import type { PractitionerStore } from '../../../core/directory/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Patient } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { actorOf, admitConsultation, seesComplaint, type ConsultationAdmitStores } from './admit-consultation.ts'
import { admitPatient } from '../admit-patient.ts'
import { ConsultationBody, consultationBody, OneConsultationBody, oneConsultationBody } from './consultation-wire.ts'
import { PersonFields, personInHand, type PersonInHand } from '../person-in-hand.ts'
import { recordAt } from '../visits/visit-course-routes.ts'
import { activeRecord } from '../vitals/vitals-routes.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface ConsultationRoutesDeps<Stores extends ConsultationAdmitStores & { readonly practitioners: PractitionerStore }> {
  readonly inReading: InTransaction<Stores>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly make: (command: MakeConsultation) => Promise<Consultation>
  readonly cancel: (command: { readonly id: string }) => Promise<Consultation>
  /** Out of the visit records (T8); refuses with DOCTOR_NOT_CHOSEN. */
  readonly chooseFromVisits: (asked: { readonly about: Patient, readonly patientIds: readonly string[], readonly hospitalId: string }) => Promise<string>
  readonly routingOf: (stores: Stores, order: Consultation) => Promise<Routing | null>
}

const common = { tags: ['consultations'] }
const InHand = { readingId: PersonFields.readingId }
const MakeBody = Type.Object({
  ...PersonFields,
  kind: oneOf(consultationKinds),
  mode: oneOf(consultationModes),
  complaint: Type.String({ minLength: 1, maxLength: 2_000, description: 'in the person\'s own words' }),
  hospitalId: Type.Optional(Id),
  doctorId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'without it, whoever is on duty' })),
  choose: Type.Optional(oneOf(['visits'] as const))
}, { additionalProperties: false })

/** 在线问诊与咨询: orders of a person and the wards, of whoever stands at a terminal, or by a desk. */
export function consultationRoutes<Stores extends ConsultationAdmitStores & { readonly practitioners: PractitionerStore }> (deps: ConsultationRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant, now } = deps
  const writing = (request: FastifyRequest) => ({ writeInstant, seesComplaint: seesComplaint(request) })
  return async (server) => {
    server.post('/v1/consultations', {
      config: { access: 'consultation.create', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['C1', 'C2', 'C3', 'C4', 'C5', 'T6', 'T8'],
        summary: 'Asks for a consultation or an inquiry, of a named doctor, of one out of the visit records (choose), or of whoever is on duty; the price is fixed, and of price 0 nothing is to be paid',
        body: MakeBody,
        response: { 201: ConsultationBody }
      }
    }, async (request, reply) => {
      const made = await deps.make(await wantedBy(request, deps, request.body))
      noteAccess(request, { target: 'consultation', targetId: made.id, patientId: made.patientId, outcome: 'allowed' })
      return await reply.code(201).send(consultationBody(made, writing(request)))
    })

    server.post('/v1/consultations/:id/cancel', {
      config: { access: 'consultation.create', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['C4', 'C9'], summary: 'Gives it up before a doctor has it; what was paid goes back', params: ById, body: Type.Optional(Type.Object(InHand, { additionalProperties: false })), response: { 200: ConsultationBody } }
    }, async (request) => {
      const { id } = await inReading((stores) => admitConsultation(request, 'consultation.create', stores, { id: request.params.id, readingId: request.body?.readingId, now: now() }))
      return consultationBody(await deps.cancel({ id }), writing(request))
    })

    await server.register(readRoutes(deps))
  }
}

function readRoutes<Stores extends ConsultationAdmitStores & { readonly practitioners: PractitionerStore }> ({ inReading, writeInstant, now, routingOf }: ConsultationRoutesDeps<Stores>): FastifyPluginAsyncTypebox {
  const writing = (request: FastifyRequest) => ({ writeInstant, seesComplaint: seesComplaint(request) })
  return async (server) => {
    server.get('/v1/consultations', {
      config: { access: 'consultation.read' },
      schema: {
        ...common,
        'x-requirements': ['C6', 'C15'],
        summary: 'Orders, the newest first: own ones and the wards\', of a doctor the assigned ones with what is paid, of a hospital or support all',
        querystring: Type.Object({ ...PageQuery, ...InHand, patient: Type.Optional(Id), doctor: Type.Optional(Id), hospital: Type.Optional(Id), state: Type.Optional(oneOf(consultationStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(ConsultationBody) }
      }
    }, async (request) => {
      const { query } = request
      const { rows, next } = await inReading(async (stores) => {
        const filter = await filterOf(request, stores, { ...query, now: now() })
        return filter === null ? { rows: [], next: null } : await pageByOffset(query, (page) => stores.consultations.list(filter, page))
      })
      noteSearch(request, 'consultation', rows.map(({ patientId }) => patientId))
      return { items: rows.map((order) => consultationBody(order, writing(request))), next }
    })

    server.get('/v1/consultations/:id', {
      config: { access: 'consultation.read' },
      schema: { ...common, 'x-requirements': ['C6', 'C15', 'T6'], summary: 'One order with an ETag, and where its request stands at the hospital', params: ById, querystring: Type.Object(InHand, { additionalProperties: false }), response: { 200: OneConsultationBody, 304: Type.Null() } }
    }, async (request, reply) => {
      const { order, routing } = await inReading(async (stores) => {
        const order = await admitConsultation(request, 'consultation.read', stores, { id: request.params.id, readingId: request.query.readingId, now: now() })
        return { order, routing: await routingOf(stores, order) }
      })
      const etag = `"${order.version}-${routing?.state ?? 'none'}"`
      void reply.header('etag', etag).header('cache-control', 'private, no-cache')
      if (request.headers['if-none-match'] === etag) return await reply.code(304).send(null)
      return oneConsultationBody(order, routing, writing(request))
    })
  }
}

interface Query {
  readonly patient?: string
  readonly doctor?: string
  readonly hospital?: string
  readonly state?: Consultation['state']
  readonly readingId?: string
  readonly now: Date
}

/** Null: nothing that the caller may see. */
async function filterOf (request: FastifyRequest, stores: ConsultationAdmitStores, query: Query): Promise<ConsultationFilter | null> {
  const { doctor, hospital, state } = query
  const limits = limitsFor(request, 'consultation.read')
  const own = doctorIn(request)
  if (isBeyond(limits.hospitalId, hospital) || isBeyond(own, doctor)) return null
  return {
    patientIds: (await recordsAsked(request, stores, query))?.map(({ id }) => id) ?? limits.patientIds,
    hospitalId: limits.hospitalId ?? hospital ?? null,
    doctorId: own ?? doctor ?? null,
    states: state === undefined ? null : [state]
  }
}

const isBeyond = (limit: string | null, asked: string | undefined): boolean => limit !== null && asked !== undefined && asked !== limit

/** A doctor sees the assigned orders only (C6). Null: not a doctor. */
function doctorIn (request: FastifyRequest): string | null {
  const { role, personId } = callerOf(request).principal
  return role === 'doctor' ? personId ?? '' : null
}

/** Of the patient who is named; at a terminal of whoever stands there. Null: of nobody in particular. */
async function recordsAsked (request: FastifyRequest, stores: ConsultationAdmitStores, { patient, readingId, now }: Query): Promise<readonly Patient[] | null> {
  if (callerOf(request).principal.role === 'terminal') {
    const named = { ...patient === undefined ? {} : { patientId: patient }, ...readingId === undefined ? {} : { readingId } }
    return (await personInHand(request, 'consultation.read', stores, { named, now })).tied
  }
  return patient === undefined ? null : (await admitPatient(request, 'consultation.read', stores.patients, patient)).tied
}

const channels: Readonly<Record<PersonInHand['channel'], ConsultationChannel>> = { app: 'app', kiosk: 'terminal', window: 'desk' }

/** For whom, where, and of whom: a named doctor's hospital, else the one that is named, else that of the record. */
async function wantedBy<Stores extends ConsultationAdmitStores & { readonly practitioners: PractitionerStore }> (request: FastifyRequest, deps: ConsultationRoutesDeps<Stores>, body: Static<typeof MakeBody>): Promise<MakeConsultation> {
  const { kind, mode, complaint, choose } = body
  if (choose !== undefined && body.doctorId !== undefined) throw new DomainError('REQUEST_INVALID', 'Name a doctor, or have one chosen out of the visit records; not both.', 'choose')
  const { hand, hospitalId } = await deps.inReading(async (stores) => {
    const hand = await personInHand(request, 'consultation.create', stores, { named: body, now: deps.now() })
    const doctor = body.doctorId === undefined ? null : await stores.practitioners.find(body.doctorId)
    return { hand, hospitalId: body.hospitalId ?? doctor?.hospitalId ?? activeRecord(hand).hospitalId }
  })
  const about = recordAt(hand, hospitalId)
  const chosen = choose === undefined ? body.doctorId ?? null : await deps.chooseFromVisits({ about, patientIds: hand.tied.map(({ id }) => id), hospitalId })
  return { kind, mode, complaint, hospitalId, patientId: about.id, channel: channels[hand.channel], doctorId: chosen, by: actorOf(request) }
}
