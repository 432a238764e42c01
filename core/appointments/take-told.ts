import { isLive, type Appointment } from './appointment.ts'

/** The words of FHIR R4 appointmentstatus (HL7 v2 table 0278, and the events of SIU and SRR, by mappings). */
export type ToldStatus = 'proposed' | 'pending' | 'booked' | 'arrived' | 'fulfilled' | 'cancelled' | 'noshow' | 'entered-in-error' | 'checked-in' | 'waitlist'

/** What a stored record says of an appointment, whoever said it. */
export interface ToldAppointment {
  readonly status: ToldStatus
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly practitionerId: string | null
  readonly fillerNumber: string | null
  readonly reason: string | null
  /** The hospital's last no to a change that it was asked for: which answer, and its words. */
  readonly refusedChange: { readonly key: string, readonly words: string } | null
  /** The slot that this time and doctor belong to. */
  readonly slotId: string | null
}

/**
 * The hospital's word. It owns its slots, so what it says holds whatever stood before; of a slot of ours it tells who
 * came and what it cancels. Never refuses.
 */
export function takeTold (appointment: Appointment, said: ToldAppointment): Appointment {
  const named = said.fillerNumber === null || said.fillerNumber === appointment.fillerNumber ? appointment : { ...appointment, fillerNumber: said.fillerNumber }
  return same(appointment, (takes[said.status] ?? unsaid)(withRefusedChange(named, said), said))
}

const unsaid = (appointment: Appointment): Appointment => appointment

type Take = (appointment: Appointment, said: ToldAppointment) => Appointment

const takes: Readonly<Record<ToldStatus, Take>> = {
  proposed: unsaid,
  pending: unsaid,
  waitlist: unsaid,
  booked,
  arrived: (appointment, said) => came(booked(appointment, said), 'arrived'),
  'checked-in': (appointment, said) => came(booked(appointment, said), 'arrived'),
  fulfilled: (appointment, said) => came(booked(appointment, said), 'fulfilled'),
  noshow: (appointment) => isLive(appointment) && appointment.state !== 'held' ? { ...over(appointment), state: 'no_show' } : appointment,
  cancelled: (appointment, { reason }) => gone(appointment, reason),
  'entered-in-error': (appointment, { reason }) => gone(appointment, reason ?? 'deleted')
}

const over = (appointment: Appointment): Appointment => ({ ...appointment, asking: null, wantedSlotId: null })

function booked (appointment: Appointment, said: ToldAppointment): Appointment {
  const { state, isOurs } = appointment
  if (isOurs) return appointment
  if (state === 'arrived' || state === 'fulfilled' || state === 'no_show' || state === 'held') return appointment
  const placed = inItsPlace(appointment, said)
  return state === 'booked' ? placed : { ...placed, state: 'booked', holdUntil: null, reason: null }
}

/** The time that the hospital says; where that is the one it was asked for, the move is done. */
function inItsPlace (appointment: Appointment, { startsAt, endsAt, practitionerId, slotId }: ToldAppointment): Appointment {
  const begins = startsAt ?? appointment.startsAt
  const isMoved = begins.getTime() !== appointment.startsAt.getTime()
  if (!isMoved && (slotId === null || slotId === appointment.slotId)) return appointment
  const place = { ...appointment, startsAt: begins, endsAt: laterThan(begins, endsAt ?? appointment.endsAt), practitionerId: practitionerId ?? appointment.practitionerId, slotId: isMoved ? slotId : slotId ?? appointment.slotId }
  return appointment.asking === 'move' && slotId !== null && slotId === appointment.wantedSlotId ? over(place) : place
}

const laterThan = (begins: Date, ends: Date): Date => ends > begins ? ends : begins

function withRefusedChange (appointment: Appointment, { refusedChange }: ToldAppointment): Appointment {
  if (refusedChange === null || refusedChange.key === appointment.answerKey) return appointment
  const { key, words } = refusedChange
  return appointment.asking === null ? { ...appointment, answerKey: key } : { ...over(appointment), answerKey: key, reason: words }
}

function came (appointment: Appointment, to: 'arrived' | 'fulfilled'): Appointment {
  const { state } = appointment
  if (to === 'arrived') return state === 'booked' || state === 'no_show' ? { ...over(appointment), state: to } : appointment
  return state === 'booked' || state === 'arrived' || state === 'no_show' ? { ...over(appointment), state: to } : appointment
}

/** A request that will not be is refused; what stood is cancelled. */
function gone (appointment: Appointment, reason: string | null): Appointment {
  const { state } = appointment
  if (state === 'requested' || state === 'unknown') return { ...over(appointment), state: appointment.asking === 'cancel' ? 'cancelled' : 'refused', reason: reason ?? appointment.reason }
  return state === 'booked' || state === 'arrived' ? { ...over(appointment), state: 'cancelled', reason: reason ?? appointment.reason } : appointment
}

function same (before: Appointment, after: Appointment): Appointment {
  const names = Object.keys(after) as Array<keyof Appointment>
  return names.every((name) => before[name] === after[name]) ? before : after
}
