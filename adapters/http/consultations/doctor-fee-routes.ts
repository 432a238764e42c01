import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { feeProducts, type DoctorFee, type DoctorFeeStore, type FeeProduct, type Presence, type PresenceStore } from '../../../core/consultations/index.ts'
import type { Practitioner, PractitionerStore } from '../../../core/directory/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf } from '../access.ts'
import { actorOf } from './admit-consultation.ts'
import { AmountFen, ById, Id, Instant, oneOf, type WriteInstant } from '../wire.ts'

export interface DoctorFeeRoutesDeps {
  readonly inReading: InTransaction<{ readonly practitioners: PractitionerStore, readonly doctorFees: DoctorFeeStore, readonly presences: PresenceStore }>
  readonly writeInstant: WriteInstant
  readonly setFees: (command: { readonly doctor: Practitioner, readonly fees: ReadonlyArray<{ readonly product: FeeProduct, readonly priceFen: number }>, readonly by: string }) => Promise<readonly DoctorFee[]>
  readonly tellPresence: (command: { readonly doctorId: string, readonly isOnline: boolean }) => Promise<Presence>
  readonly isOnline: (presence: Presence) => boolean
}

const common = { tags: ['doctors'], params: ById }
const Fees = Type.Array(Type.Object({ product: oneOf(feeProducts), priceFen: Type.Integer({ minimum: 0, maximum: 100_000_000 }) }, { additionalProperties: false }), { maxItems: feeProducts.length })
const FeesBody = Type.Object({ doctorId: Id, hospitalId: Id, online: Type.Boolean(), fees: Type.Array(Type.Object({ product: oneOf(feeProducts), priceFen: AmountFen })) })
const PresenceBody = Type.Object({ doctorId: Id, online: Type.Boolean(), seenAt: Instant })

const noDoctor = (): DomainError => new DomainError('DOCTOR_NOT_FOUND', 'No doctor has this id; list the doctors of the directory.')

/** 医生定价与在线: by the doctor, or by the hospital for its own doctors. */
export function doctorFeeRoutes (deps: DoctorFeeRoutesDeps): FastifyPluginAsyncTypebox {
  const find = async (id: string): Promise<Practitioner> => {
    const doctor = await deps.inReading(({ practitioners }) => practitioners.find(id))
    if (doctor === null) throw noDoctor()
    return doctor
  }
  const own = async (request: FastifyRequest, permission: 'doctor_fee.write' | 'consultation.answer', id: string): Promise<Practitioner> => {
    const doctor = await find(id)
    const { role, personId } = callerOf(request).principal
    admitTo(request, permission, { kind: 'doctor', id, patientId: null, hospitalId: role === 'doctor' && personId !== id ? null : doctor.hospitalId }, noDoctor)
    return doctor
  }
  return async (server) => {
    server.get('/v1/doctors/:id/fees', {
      config: { access: 'doctor_fee.read' },
      schema: { ...common, 'x-requirements': ['C4'], summary: 'What a doctor offers and at which price, and whether the doctor is online', response: { 200: FeesBody } }
    }, async (request) => {
      const { id, hospitalId } = await find(request.params.id)
      const { fees, presence } = await deps.inReading(async ({ doctorFees, presences }) => ({ fees: await doctorFees.ofDoctors([id]), presence: (await presences.ofDoctors([id]))[0] }))
      return { doctorId: id, hospitalId, online: presence !== undefined && deps.isOnline(presence), fees: feesOf(fees) }
    })

    server.put('/v1/doctors/:id/fees', {
      config: { access: 'doctor_fee.write' },
      schema: { ...common, 'x-requirements': ['C4'], summary: 'Sets all prices of a doctor; what is left out is not offered any more, and orders keep their price', body: Type.Object({ fees: Fees }, { additionalProperties: false }), response: { 200: FeesBody } }
    }, async (request) => {
      const doctor = await own(request, 'doctor_fee.write', request.params.id)
      const fees = await deps.setFees({ doctor, fees: request.body.fees, by: actorOf(request) })
      const presence = (await deps.inReading(({ presences }) => presences.ofDoctors([doctor.id])))[0]
      return { doctorId: doctor.id, hospitalId: doctor.hospitalId, online: presence !== undefined && deps.isOnline(presence), fees: feesOf(fees) }
    })

    server.put('/v1/doctors/:id/presence', {
      config: { access: 'consultation.answer' },
      schema: { ...common, 'x-requirements': ['C5', 'T7'], summary: 'The doctor\'s app says that the doctor is there, every few minutes; or that the doctor leaves', body: Type.Object({ online: Type.Boolean() }, { additionalProperties: false }), response: { 200: PresenceBody } }
    }, async (request) => {
      const { id } = await own(request, 'consultation.answer', request.params.id)
      const presence = await deps.tellPresence({ doctorId: id, isOnline: request.body.online })
      return { doctorId: id, online: deps.isOnline(presence), seenAt: deps.writeInstant(presence.seenAt) }
    })
  }
}

function feesOf (fees: readonly DoctorFee[]) {
  return fees.map(({ product, priceFen }) => ({ product, priceFen }))
}
