import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { noConsultation, type Consultation } from '../../../core/consultations/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf } from '../access.ts'
import { admitConsultation, seesComplaint, type ConsultationAdmitStores } from './admit-consultation.ts'
import { ConsultationBody, consultationBody } from './consultation-wire.ts'
import { ById, Id, type WriteInstant } from '../wire.ts'

type ByDoctor = (command: { readonly id: string, readonly doctorId: string }) => Promise<Consultation>

export interface ConsultationDoctorRoutesDeps {
  readonly inReading: InTransaction<ConsultationAdmitStores>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly accept: ByDoctor
  readonly decline: ByDoctor
  readonly finish: ByDoctor
  readonly assign: ByDoctor
}

const common = { tags: ['consultations'], params: ById, response: { 200: ConsultationBody } }

/** 接诊、拒诊、完成; 派单 by the hospital's desk or support. */
export function consultationDoctorRoutes (deps: ConsultationDoctorRoutesDeps): FastifyPluginAsyncTypebox {
  const answering = { access: 'consultation.answer', idempotencyKey: 'required' } as const
  const bodyOf = (request: FastifyRequest, order: Consultation) => consultationBody(order, { writeInstant: deps.writeInstant, seesComplaint: seesComplaint(request) })
  const own = async (request: FastifyRequest, id: string): Promise<{ readonly id: string, readonly doctorId: string }> => {
    const order = await deps.inReading((stores) => admitConsultation(request, 'consultation.answer', stores, { id, now: deps.now() }))
    const { personId } = callerOf(request).principal
    if (personId === null) throw noConsultation()
    return { id: order.id, doctorId: personId }
  }
  return async (server) => {
    server.post('/v1/consultations/:id/accept', {
      config: answering,
      schema: { ...common, 'x-requirements': ['C5', 'C8'], summary: 'The assigned doctor takes it up, and the dialogue opens; where the hospital\'s system decides, only its yes opens it' }
    }, async (request) => bodyOf(request, await deps.accept(await own(request, request.params.id))))

    server.post('/v1/consultations/:id/decline', {
      config: answering,
      schema: { ...common, 'x-requirements': ['C5', 'C9'], summary: 'The assigned doctor does not take it: the next one on duty is asked, or what was paid goes back' }
    }, async (request) => bodyOf(request, await deps.decline(await own(request, request.params.id))))

    server.post('/v1/consultations/:id/finish', {
      config: answering,
      schema: { ...common, 'x-requirements': ['C10'], summary: 'The work is done: the fee is settled after the time to object' }
    }, async (request) => bodyOf(request, await deps.finish(await own(request, request.params.id))))

    server.post('/v1/consultations/:id/assign', {
      config: { access: 'consultation.assign', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['C5'], summary: 'Gives a paid order to a doctor of the hospital, also one that another doctor has not taken up', body: Type.Object({ doctorId: Id }, { additionalProperties: false }) }
    }, async (request) => {
      const { id } = await deps.inReading((stores) => admitConsultation(request, 'consultation.assign', stores, { id: request.params.id, now: deps.now() }))
      return bodyOf(request, await deps.assign({ id, doctorId: request.body.doctorId }))
    })
  }
}
