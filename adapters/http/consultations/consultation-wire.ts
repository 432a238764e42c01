import { Type } from '@fastify/type-provider-typebox'
import {
  afterSalesStates, afterSalesTypes, consultationChannels, consultationKinds, consultationModes, consultationStates, endReasons, routingStates, type AfterSales, type Consultation, type Routing
} from '../../../core/consultations/index.ts'
import { AmountFen, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const payments = ['free', 'unpaid', 'paid', 'returned'] as const
const dueFor = ['pay', 'find_doctor', 'accept', 'finish', 'settle'] as const

const fields = {
  id: Id,
  number: Type.String({ description: 'the placer number at the hospital, too' }),
  hospitalId: Id,
  patientId: Id,
  kind: oneOf(consultationKinds),
  mode: oneOf(consultationModes),
  channel: oneOf(consultationChannels),
  acceptedBy: oneOf(['his', 'doctor'] as const),
  complaint: nullable(Type.String({ description: 'the person\'s own words; only for the person and the hospital' })),
  namedDoctorId: nullable(Type.String()),
  doctorId: nullable(Type.String()),
  priceFen: AmountFen,
  payment: oneOf(payments),
  state: oneOf(consultationStates),
  endReason: nullable(oneOf(endReasons)),
  createdAt: Instant,
  paidAt: nullable(Instant),
  assignedAt: nullable(Instant),
  acceptedAt: nullable(Instant),
  repliedAt: nullable(Type.String({ format: 'date-time', description: 'of the last message' })),
  finishedAt: nullable(Instant),
  endedAt: nullable(Instant),
  dueAt: nullable(Instant),
  dueFor: nullable(oneOf(dueFor))
}

export const ConsultationBody = Type.Object(fields)
/** By itself, with where its request stands at the hospital. */
export const OneConsultationBody = Type.Object({ ...fields, his: nullable(Type.Object({ state: oneOf(routingStates), at: Instant }, { description: 'the request at the hospital\'s own system; acked is not accepted' })) })

export interface ConsultationWriting {
  readonly writeInstant: WriteInstant
  /** Support and reviewers look after the order, not after what it is about. */
  readonly seesComplaint: boolean
}

export function consultationBody (order: Consultation, { writeInstant, seesComplaint }: ConsultationWriting) {
  const { id, number, hospitalId, patientId, kind, mode, channel, acceptedBy, complaint, namedDoctorId, doctorId, priceFen, state, endReason } = order
  const at = (instant: Date | null): string | null => orNull(instant, writeInstant)
  return {
    id, number, hospitalId, patientId, kind, mode, channel, acceptedBy, complaint: seesComplaint ? complaint : null, namedDoctorId, doctorId, priceFen, payment: paymentOf(order), state, endReason,
    createdAt: writeInstant(order.createdAt), paidAt: at(order.paidAt), assignedAt: at(order.assignedAt), acceptedAt: at(order.acceptedAt), repliedAt: at(order.repliedAt), finishedAt: at(order.finishedAt),
    endedAt: at(order.endedAt), dueAt: at(order.dueAt), dueFor: order.dueFor
  }
}

export function oneConsultationBody (order: Consultation, routing: Routing | null, writing: ConsultationWriting) {
  return { ...consultationBody(order, writing), his: orNull(routing, ({ state, at }) => ({ state, at: writing.writeInstant(at) })) }
}

function paymentOf ({ priceFen, paidAt, state }: Consultation): typeof payments[number] {
  if (state === 'refunded') return priceFen === 0 ? 'free' : 'returned'
  if (paidAt === null) return 'unpaid'
  return priceFen === 0 ? 'free' : 'paid'
}

export const AfterSalesBody = Type.Object({
  id: Id,
  consultationId: Id,
  hospitalId: Id,
  patientId: Id,
  type: oneOf(afterSalesTypes),
  state: oneOf(afterSalesStates),
  reason: nullable(Type.String()),
  doctorId: nullable(Type.String({ description: 'of a switch' })),
  askedAt: Instant,
  dueAt: nullable(Type.String({ format: 'date-time', description: 'until when a refund should be decided' })),
  decidedAt: nullable(Instant),
  decision: nullable(Type.String({ description: 'the reviewer\'s reason' }))
})

export function afterSalesBody ({ id, consultationId, hospitalId, patientId, type, state, reason, doctorId, askedAt, dueAt, decidedAt, decision }: AfterSales, writeInstant: WriteInstant) {
  return { id, consultationId, hospitalId, patientId, type, state, reason, doctorId, askedAt: writeInstant(askedAt), dueAt: orNull(dueAt, writeInstant), decidedAt: orNull(decidedAt, writeInstant), decision }
}
