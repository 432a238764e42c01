import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { decide } from '../../../core/access/index.ts'
import { findAppointment, type Appointment, type AppointmentStore, type BookAppointment, type SlotStore, type WaitStore } from '../../../core/appointments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf } from '../access.ts'
import { AppointmentBody, appointmentBody, noAppointment, Purpose } from './appointment-wire.ts'
import { PersonFields, personInHand } from '../person-in-hand.ts'
import { recordAt } from '../visits/visit-course-routes.ts'
import { ById, Id, oneOf, type WriteInstant } from '../wire.ts'

interface BookingReadStores {
  readonly appointments: AppointmentStore
  readonly slots: SlotStore
  readonly waits: WaitStore
  readonly patients: PatientStore
  readonly readings: ReadingStore
}

interface Change { readonly id: string, readonly isStaff: boolean, readonly by: string }

export interface AppointmentRoutesDeps {
  readonly inReading: InTransaction<BookingReadStores>
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly book: (command: BookAppointment) => Promise<Appointment>
  readonly confirm: (command: Pick<Change, 'id' | 'by'>) => Promise<Appointment>
  readonly cancel: (command: Change & { readonly reason: string | null }) => Promise<Appointment>
  readonly move: (command: Change & { readonly slotId: string }) => Promise<Appointment>
  readonly note: (command: Pick<Change, 'id' | 'by'> & { readonly event: { readonly kind: 'settle', readonly outcome: 'booked' | 'refused', readonly reason: string } | { readonly kind: 'arrive' } }) => Promise<Appointment>
}

const common = { tags: ['appointments'] }
const money = { access: 'appointment.book', idempotencyKey: 'required' } as const
const InHand = { readingId: PersonFields.readingId }
const Reason = Type.String({ minLength: 1, maxLength: 200 })
const answers = { 200: AppointmentBody }

/** 预约、确认、退号、改约: a person for themselves and their wards, a desk or terminal for who is there. */
export function appointmentRoutes (deps: AppointmentRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant } = deps
  return async (server) => {
    server.post('/v1/appointments', {
      config: money,
      schema: {
        ...common,
        'x-requirements': ['V-18'],
        summary: 'Books a seat: at once where the slot is ours, else the hospital is asked (state requested); with hold only the seat is kept',
        body: Type.Object({ slotId: Id, ...PersonFields, purpose: Purpose, hold: Type.Boolean({ default: false, description: 'to be confirmed before the hold runs out' }) }, { additionalProperties: false }),
        response: { 201: AppointmentBody }
      }
    }, async (request, reply) => {
      const { slotId, purpose, hold } = request.body
      const { patientId, by } = await bookerOf(request, deps, request.body)
      const made = await deps.book({ slotId, patientId, purpose: { kind: purpose.kind, subjectId: purpose.subjectId ?? null }, isHold: hold, by })
      return await reply.code(201).send(appointmentBody(made, writeInstant))
    })

    server.post('/v1/appointments/:id/confirm', {
      config: money,
      schema: { ...common, 'x-requirements': [], summary: 'Takes the held seat, also one that was offered from the waiting list', params: ById, body: Type.Optional(Type.Object(InHand, { additionalProperties: false })), response: answers }
    }, async (request) => appointmentBody(await deps.confirm(await changerOf(request, deps, request.body)), writeInstant))

    server.post('/v1/appointments/:id/cancel', {
      config: money,
      schema: {
        ...common,
        'x-requirements': [],
        summary: 'Cancels it, or asks the hospital to; a person until the deadline, the hospital\'s staff at any time',
        params: ById,
        body: Type.Optional(Type.Object({ ...InHand, reason: Type.Optional(Reason) }, { additionalProperties: false })),
        response: answers
      }
    }, async (request) => appointmentBody(await deps.cancel({ ...await changerOf(request, deps, request.body), reason: request.body?.reason ?? null }), writeInstant))

    server.post('/v1/appointments/:id/rebook', {
      config: money,
      schema: { ...common, 'x-requirements': [], summary: 'Moves it to another slot, or asks the hospital to; so often as the limit allows', params: ById, body: Type.Object({ ...InHand, slotId: Id }, { additionalProperties: false }), response: answers }
    }, async (request) => appointmentBody(await deps.move({ ...await changerOf(request, deps, request.body), slotId: request.body.slotId }), writeInstant))

    await server.register(staffRoutes(deps))
  }
}

function staffRoutes (deps: AppointmentRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant } = deps
  return async (server) => {
    server.post('/v1/appointments/:id/settle', {
      config: { access: 'appointment.operate', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': [],
        summary: 'Says what the hospital has answered by telephone, where no answer came over its line',
        params: ById,
        body: Type.Object({ outcome: oneOf(['booked', 'refused'] as const), reason: Reason }, { additionalProperties: false }),
        response: answers
      }
    }, async (request) => {
      const { outcome, reason } = request.body
      const { id, by } = await operatorOf(request, deps)
      return appointmentBody(await deps.note({ id, by, event: { kind: 'settle', outcome, reason } }), writeInstant)
    })

    server.post('/v1/appointments/:id/arrive', {
      config: { access: 'appointment.operate' },
      schema: { ...common, 'x-requirements': [], summary: 'The person is there, where no visit is checked in; done once', params: ById, response: answers }
    }, async (request) => appointmentBody(await deps.note({ ...await operatorOf(request, deps), event: { kind: 'arrive' } }), writeInstant))
  }
}

/** Whom it is booked for: the person's record at the slot's hospital. */
export async function bookerOf (request: FastifyRequest, { inReading, now }: Pick<AppointmentRoutesDeps, 'inReading' | 'now'>, { slotId, ...named }: { readonly slotId: string, readonly patientId?: string, readonly readingId?: string }): Promise<{ readonly patientId: string, readonly by: string }> {
  return await inReading(async (stores) => {
    const slot = await stores.slots.find(slotId)
    if (slot === null) throw new DomainError('SLOT_NOT_FOUND', 'No slot has this id; list the slots.', 'slotId')
    const hand = await personInHand(request, 'appointment.book', stores, { named, now: now() })
    return { patientId: recordAt(hand, slot.hospitalId).id, by: `${hand.channel}:${hand.tokenId}` }
  })
}

/** Who may change this appointment, and whether as the hospital's staff. */
async function changerOf (request: FastifyRequest & { readonly params: unknown }, { inReading, now }: AppointmentRoutesDeps, body: { readonly readingId?: string } | undefined): Promise<Change> {
  const { id } = request.params as { readonly id: string }
  return await inReading(async (stores) => {
    const appointment = await findAppointment(stores, id)
    admitTo(request, 'appointment.book', { kind: 'appointment', ...appointment }, noAppointment)
    const named = { patientId: appointment.patientId, ...body?.readingId === undefined ? {} : { readingId: body.readingId } }
    const { channel, tokenId } = await personInHand(request, 'appointment.book', stores, { named, now: now() })
    return { id, isStaff: decide(callerOf(request), 'appointment.operate', appointment) === 'allowed', by: `${channel}:${tokenId}` }
  })
}

async function operatorOf (request: FastifyRequest & { readonly params: unknown }, { inReading }: AppointmentRoutesDeps): Promise<Pick<Change, 'id' | 'by'>> {
  const { id } = request.params as { readonly id: string }
  const appointment = await inReading((stores) => findAppointment(stores, id))
  admitTo(request, 'appointment.operate', { kind: 'appointment', ...appointment }, noAppointment)
  return { id, by: `token:${callerOf(request).principal.tokenId}` }
}
