import { Type } from '@fastify/type-provider-typebox'
import { appointmentStates, freeSeats, waitStates, type Appointment, type OfferedSlot, type Schedule, type SlotWait } from '../../../core/appointments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const owners = ['his', 'ours'] as const

const Whose = { hospitalId: Id, owner: oneOf(owners), practitionerId: nullable(Type.String()), department: nullable(Type.String()), serviceType: nullable(Type.String()) }

export const ScheduleBody = Type.Object({ id: Id, ...Whose })

export function scheduleBody ({ id, hospitalId, owner, practitionerId, department, serviceType }: Schedule) {
  return { id, hospitalId, owner, practitionerId, department, serviceType }
}

const slotStates = ['free', 'full', 'closed', 'over'] as const

export const SlotBody = Type.Object({
  id: Id,
  scheduleId: Id,
  ...Whose,
  start: Instant,
  end: Instant,
  capacity: Type.Integer(),
  free: Type.Integer({ description: 'seats that are left' }),
  state: oneOf(slotStates),
  isBookable: Type.Boolean({ description: 'a seat can be asked for here; false where the hospital only shows its slots' })
})

export interface SlotWriting {
  readonly writeInstant: WriteInstant
  readonly isBookable: (slot: OfferedSlot) => boolean
  /** Business time. */
  readonly now: () => Date
}

export function slotBody (slot: OfferedSlot, { writeInstant, isBookable, now }: SlotWriting) {
  const { id, scheduleId, hospitalId, owner, practitionerId, department, serviceType, startsAt, endsAt, capacity } = slot
  const free = freeSeats(slot)
  const state: typeof slotStates[number] = endsAt <= now() ? 'over' : !slot.isOpen ? 'closed' : free === 0 ? 'full' : 'free'
  return { id, scheduleId, hospitalId, owner, practitionerId, department, serviceType, start: writeInstant(startsAt), end: writeInstant(endsAt), capacity, free, state, isBookable: isBookable(slot) }
}

export const Purpose = Type.Object({
  kind: Type.String({ minLength: 1, maxLength: 40, description: 'visit, or who else books here' }),
  subjectId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'the voucher, consultation or order' }))
}, { additionalProperties: false, default: { kind: 'visit' } })

const PurposeBody = Type.Object({ kind: Type.String(), subjectId: nullable(Type.String()) })

export const AppointmentBody = Type.Object({
  id: Id,
  hospitalId: Id,
  slotId: nullable(Type.String()),
  patientId: Id,
  practitionerId: nullable(Type.String()),
  department: nullable(Type.String()),
  serviceType: nullable(Type.String()),
  purpose: PurposeBody,
  state: oneOf(appointmentStates),
  asking: nullable(oneOf(['cancel', 'move'] as const)),
  wantedSlotId: nullable(Type.String()),
  start: Instant,
  end: Instant,
  holdUntil: nullable(Instant),
  hospitalNumber: nullable(Type.String({ description: 'of the hospital, once it has told it' })),
  moves: Type.Integer(),
  reason: nullable(Type.String({ description: 'why it was refused or cancelled, or a change was not made' }))
})

export function appointmentBody (appointment: Appointment, writeInstant: WriteInstant) {
  const { id, hospitalId, slotId, patientId, practitionerId, department, serviceType, purpose, state, asking, wantedSlotId, startsAt, endsAt, holdUntil, fillerNumber, moves, reason } = appointment
  return {
    id, hospitalId, slotId, patientId, practitionerId, department, serviceType, purpose, state, asking, wantedSlotId, start: writeInstant(startsAt), end: writeInstant(endsAt),
    holdUntil: orNull(holdUntil, writeInstant), hospitalNumber: fillerNumber, moves, reason
  }
}

export const noAppointment = (): DomainError => new DomainError('APPOINTMENT_NOT_FOUND', 'No appointment has this id; list the appointments.')

export const WaitBody = Type.Object({
  id: Id,
  slotId: Id,
  hospitalId: Id,
  patientId: Id,
  purpose: PurposeBody,
  state: oneOf(waitStates),
  appointmentId: nullable(Type.String({ description: 'the held seat, to be confirmed' })),
  joinedAt: Instant
})

export function waitBody ({ id, slotId, hospitalId, patientId, purpose, state, appointmentId, joinedAt }: SlotWait, writeInstant: WriteInstant) {
  return { id, slotId, hospitalId, patientId, purpose, state, appointmentId, joinedAt: writeInstant(joinedAt) }
}
