import { DomainError } from '../errors.ts'
import { isLive, type Appointment } from './appointment.ts'
import { minuteMs, type AppointmentSettings } from './settings.ts'
import type { OfferedSlot } from './slot.ts'
import { takeTold, type ToldAppointment } from './take-told.ts'

/** srm: the hospital is asked and answers, by messages. fhir: its server holds what we write. */
export type BookingWay = 'srm' | 'fhir'

export type AppointmentEvent =
  | { readonly kind: 'confirm' }
  /** The hold has run out, or the person gives it back. */
  | { readonly kind: 'expire' }
  /** The request went out and no answer came. */
  | { readonly kind: 'lost' }
  /** The hospital's system will never take the message with the request, or with a change of it. */
  | { readonly kind: 'reject', readonly of: 'request' | 'change', readonly reason: string }
  /** Somebody has asked the hospital by telephone. */
  | { readonly kind: 'settle', readonly outcome: 'booked' | 'refused', readonly reason: string }
  | { readonly kind: 'told', readonly said: ToldAppointment }
  | { readonly kind: 'cancel', readonly way: BookingWay | null, readonly isStaff: boolean, readonly reason: string | null, readonly settings: AppointmentSettings }
  | { readonly kind: 'move', readonly to: OfferedSlot, readonly isStaff: boolean, readonly settings: AppointmentSettings }
  | { readonly kind: 'arrive' }
  | { readonly kind: 'fulfil' }
  /** The slot and the time of grace after it are over. */
  | { readonly kind: 'end' }

type Of<Kind extends AppointmentEvent['kind']> = Extract<AppointmentEvent, { readonly kind: Kind }>
type Deciders = { readonly [Kind in AppointmentEvent['kind']]: (appointment: Appointment, event: Of<Kind>, at: Date) => Appointment }

/**
 * The appointment after an event: the same object where it changes nothing. What a person asks for and may not have is
 * refused (APPOINTMENT_*); what only tells what is so never is.
 */
export function decideAppointment <Kind extends AppointmentEvent['kind']> (appointment: Appointment, event: Of<Kind>, at: Date): Appointment {
  const decide = deciders[event.kind] as (appointment: Appointment, event: AppointmentEvent, at: Date) => Appointment
  return decide(appointment, event, at)
}

const deciders: Deciders = {
  confirm: confirmed,
  expire: (appointment) => appointment.state === 'held' ? { ...appointment, state: 'released', holdUntil: null } : appointment,
  lost: (appointment) => appointment.state === 'requested' ? { ...appointment, state: 'unknown' } : appointment,
  reject: rejected,
  settle: settled,
  told: (appointment, { said }) => takeTold(appointment, said),
  cancel: cancelled,
  move: moved,
  arrive: (appointment) => appointment.state === 'booked' ? { ...appointment, state: 'arrived' } : appointment,
  fulfil: (appointment) => ['booked', 'arrived', 'no_show'].includes(appointment.state) ? { ...appointment, state: 'fulfilled', asking: null, wantedSlotId: null } : appointment,
  end: ended
}

const isAwaited = ({ state }: Appointment): boolean => state === 'requested' || state === 'unknown'

const stateRefused = (detail: string): DomainError => new DomainError('APPOINTMENT_STATE_REFUSED', detail)

function confirmed (appointment: Appointment, _event: Of<'confirm'>, at: Date): Appointment {
  const { state, holdUntil, isOurs } = appointment
  if (isAwaited(appointment) || state === 'booked') return appointment
  if (state !== 'held' || holdUntil === null || holdUntil <= at) throw new DomainError('APPOINTMENT_HOLD_OVER', 'The seat is not held any more. Choose a free slot again.')
  return { ...appointment, state: isOurs ? 'booked' : 'requested', holdUntil: null }
}

function rejected (appointment: Appointment, { of, reason }: Of<'reject'>): Appointment {
  if (of === 'change') return appointment.asking === null ? appointment : { ...appointment, asking: null, wantedSlotId: null, reason }
  return isAwaited(appointment) ? { ...appointment, state: 'refused', asking: null, reason } : appointment
}

function settled (appointment: Appointment, { outcome, reason }: Of<'settle'>): Appointment {
  if (appointment.state === outcome) return appointment
  if (!isAwaited(appointment)) throw stateRefused('Only a request whose answer is open is settled by hand.')
  return { ...appointment, state: outcome, asking: null, reason: outcome === 'refused' ? reason : null }
}

function cancelled (appointment: Appointment, { way, isStaff, reason, settings }: Of<'cancel'>, at: Date): Appointment {
  const { state, isOurs } = appointment
  if (state === 'held') return { ...appointment, state: 'released', holdUntil: null, reason }
  if (state === 'cancelled' || appointment.asking === 'cancel') return appointment
  if (!isAwaited(appointment) && state !== 'booked') throw stateRefused('This appointment is over. There is nothing to cancel.')
  if (!isStaff) refuseTooLate(appointment, settings, at)
  if (appointment.asking === 'move') throw stateRefused('The hospital is being asked to move this appointment. Cancel it when it has answered.')
  return !isOurs && way === 'srm' ? { ...appointment, asking: 'cancel', reason } : { ...appointment, state: 'cancelled', reason }
}

function moved (appointment: Appointment, { to, isStaff, settings }: Of<'move'>, at: Date): Appointment {
  if (appointment.state !== 'booked' || appointment.asking !== null) throw stateRefused('Only a booked appointment can be moved, one change after the other.')
  if (to.hospitalId !== appointment.hospitalId || (to.owner === 'ours') !== appointment.isOurs) throw new DomainError('REQUEST_INVALID', 'Move it to a slot of the same hospital and the same kind; else cancel it and book anew.', 'slotId')
  if (to.id === appointment.slotId) throw new DomainError('REQUEST_INVALID', 'It is in this slot already. Name another one.', 'slotId')
  if (!isStaff) refuseTooLate(appointment, settings, at)
  if (!isStaff && appointment.moves >= settings.mostMoves) throw new DomainError('APPOINTMENT_MOVES_USED', `An appointment can be moved ${settings.mostMoves} times. Cancel it, or ask at the desk.`)
  const moves = isStaff ? appointment.moves : appointment.moves + 1
  if (!appointment.isOurs) return { ...appointment, asking: 'move', wantedSlotId: to.id, moves, reason: null }
  const { startsAt, endsAt, practitionerId, department, serviceType } = to
  return { ...appointment, slotId: to.id, startsAt, endsAt, practitionerId, department, serviceType, moves, reason: null }
}

function refuseTooLate ({ startsAt }: Appointment, { changeMinutes }: AppointmentSettings, at: Date): void {
  if (startsAt.getTime() - at.getTime() < changeMinutes * minuteMs) throw new DomainError('APPOINTMENT_TOO_LATE', `It can be changed until ${changeMinutes} minutes before it begins. Ask at the hospital.`)
}

/** What nobody has answered by then will not be; who has not come did not come. */
function ended (appointment: Appointment): Appointment {
  if (!isLive(appointment) || appointment.state === 'held') return appointment
  const over = { ...appointment, asking: null, wantedSlotId: null }
  if (appointment.state === 'arrived') return { ...over, state: 'fulfilled' }
  return appointment.state === 'booked' ? { ...over, state: 'no_show' } : { ...over, state: 'refused', reason: 'no_answer' }
}
