import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { reachOf } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { isOwnFile, type Patient, type PatientStore, type ReadingStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { findVisit, payModes, progressOf, type RegisterVisit, type Visit, type VisitStore } from '../../../core/visits/index.ts'
import { admitTo, callerOf } from '../access.ts'
import { PersonFields, personInHand } from '../person-in-hand.ts'
import { noVisit, ProgressBody, progressBody, VisitBody, visitBody } from './visit-wire.ts'
import { ById, Id, oneOf, type WriteInstant } from '../wire.ts'

export interface VisitCourseRoutesDeps {
  readonly inReading: InTransaction<{ readonly visits: VisitStore, readonly patients: PatientStore, readonly readings: ReadingStore }>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly hospitalIds: readonly string[]
  /** Refuses with CONTRACT_NOT_IN_FORCE. */
  readonly register: (command: RegisterVisit) => Promise<Visit>
  readonly checkIn: (visit: Visit, by: string) => Promise<Visit>
}

const common = { tags: ['visits'] }
const mostSteps = 500

/** 挂号、签到: what the patient and the counters do with a visit; the hospital hears of it. */
export function visitCourseRoutes (deps: VisitCourseRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant } = deps
  return async (server) => {
    server.post('/v1/visits', {
      config: { access: 'visit.register', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['A-06', 'A-32'],
        summary: 'Registers a visit, which is sent to the hospital; paid after care only under a contract in force, emergencies always',
        body: Type.Object({
          ...PersonFields,
          hospitalId: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'a desk or terminal registers at its own hospital' })),
          department: Type.String({ minLength: 1, maxLength: 100 }),
          practitionerId: Type.Optional(Id),
          payMode: oneOf(payModes),
          isEmergency: Type.Boolean({ default: false })
        }, { additionalProperties: false }),
        response: { 201: VisitBody }
      }
    }, async (request, reply) => {
      const { department, practitionerId = null, payMode, isEmergency } = request.body
      const hospitalId = hospitalOf(request, deps)
      const { channel, tokenId, patient } = await inReading(async (stores) => {
        const hand = await personInHand(request, 'visit.register', stores, { named: request.body, now: now() })
        return { ...hand, patient: recordAt(hand, hospitalId) }
      })
      const visit = await deps.register({ patientId: patient.id, hospitalId, department, practitionerId, payMode, isEmergency, by: `${channel}:${tokenId}` })
      return await reply.code(201).send(visitBody(visit, writeInstant))
    })

    server.post('/v1/visits/:id/check-in', {
      config: { access: 'visit.check_in' },
      schema: {
        ...common,
        'x-requirements': ['A-07'],
        summary: 'The patient is there: by app, at the nurse station or at a terminal; done once, whoever does it',
        params: ById,
        body: Type.Optional(Type.Object({ readingId: PersonFields.readingId }, { additionalProperties: false })),
        response: { 200: VisitBody }
      }
    }, async (request) => {
      const { visit, by } = await inReading(async (stores) => {
        const found = await findVisit(stores, request.params.id)
        admitTo(request, 'visit.check_in', { kind: 'visit', ...found }, noVisit)
        const { channel, tokenId } = await personInHand(request, 'visit.check_in', stores, { named: { patientId: found.patientId, ...request.body }, now: now() })
        return { visit: found, by: `${channel}:${tokenId}` }
      })
      return visitBody(await deps.checkIn(visit, by), writeInstant)
    })
  }
}

/** 就诊进度: for the patient's eyes, and those of who may see the visit. */
export function progressRoutes ({ inReading, writeInstant }: Pick<VisitCourseRoutesDeps, 'inReading' | 'writeInstant'>): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/visits/:id/progress', {
      config: { access: 'visit.read' },
      schema: { ...common, 'x-requirements': ['A-08', 'A-09', 'A-10', 'A-11', 'A-12', 'A-13', 'A-15', 'A-16'], summary: 'What the hospital has told of the visit so far, in order, and where the patient is now', params: ById, response: { 200: ProgressBody } }
    }, async (request) => {
      const { visit, steps } = await inReading(async (stores) => {
        const found = await findVisit(stores, request.params.id)
        return { visit: found, steps: await stores.visits.steps(found.id, mostSteps) }
      })
      admitTo(request, 'visit.read', { kind: 'visit', ...visit }, noVisit)
      return progressBody(visit.id, progressOf(visit, steps), writeInstant)
    })
  }
}

/** Whoever belongs to one hospital acts there; anybody else says where. */
function hospitalOf (request: FastifyRequest, { hospitalIds }: VisitCourseRoutesDeps): string {
  const { hospitalId } = request.body as { readonly hospitalId?: string }
  const reach = reachOf(callerOf(request).principal, 'visit.register')
  const found = reach.kind === 'organization' ? reach.hospitalId : hospitalId
  if (found === undefined || !hospitalIds.includes(found) || (hospitalId !== undefined && hospitalId !== found)) {
    throw new DomainError('REQUEST_INVALID', 'Name a hospital that is served here (GET /v1/hospitals); a desk or terminal only its own.', 'hospitalId')
  }
  return found
}

/** The person's record at that hospital, the hospital's own before a file of ours. */
export function recordAt ({ patient, tied }: { readonly patient: Patient, readonly tied: readonly Patient[] }, hospitalId: string): Patient {
  const here = [patient, ...tied].filter((one) => one.hospitalId === hospitalId && one.active)
  const found = here.find((one) => !isOwnFile(one)) ?? here[0]
  if (found === undefined) throw new DomainError('REQUEST_INVALID', 'This person has no record at the hospital. Read the document at its desk or terminal and make a file (POST /v1/patients).', 'hospitalId')
  return found
}
