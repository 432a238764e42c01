/**
 * 预约. One seat of one person, whoever books it: for a visit, a voucher, a consultation, an order.
 *
 * held → requested → booked | refused         a slot of the hospital's system: it is asked, and answers
 *        requested → unknown → booked | refused    no answer came: it is asked what it knows, nothing is booked again
 * held → booked                               a slot of ours
 * held → released                             the hold has run out, or was given back
 * booked → arrived → fulfilled | booked → no_show | booked → cancelled
 *
 * A change that the hospital must agree to (`asking`) leaves the state as it is until the answer is there.
 */
export const appointmentStates = ['held', 'requested', 'unknown', 'booked', 'arrived', 'fulfilled', 'no_show', 'cancelled', 'refused', 'released'] as const
export type AppointmentState = typeof appointmentStates[number]

export interface Appointment {
  /** That of its FHIR Appointment, which is there from the request or booking on. */
  readonly id: string
  readonly hospitalId: string
  /** Null: the hospital booked it outside of what it shows, or beyond its own capacity. */
  readonly slotId: string | null
  /** The slot's: true where seats are given away here. */
  readonly isOurs: boolean
  /** False: the hospital booked it by itself and only told us. */
  readonly isMadeHere: boolean
  readonly patientId: string
  readonly practitionerId: string | null
  readonly department: string | null
  readonly serviceType: string | null
  readonly purpose: AppointmentFor
  readonly state: AppointmentState
  readonly asking: 'cancel' | 'move' | null
  /** Where it is to be moved, with a seat held there. */
  readonly wantedSlotId: string | null
  readonly startsAt: Date
  readonly endsAt: Date
  /** Ours, which the hospital echoes (SCH-1, PLAC); null where it was made elsewhere. */
  readonly placerNumber: string | null
  /** The hospital's (SCH-2, FILL), once it has told it. */
  readonly fillerNumber: string | null
  readonly holdUntil: Date | null
  /** 改约. How often it was moved on the person's wish. */
  readonly moves: number
  /** The last answer of the hospital to a change that was read: it is not read as the answer to the next one. */
  readonly answerKey: string | null
  /** Why it was refused or cancelled, or why a change was not made; the hospital's words or ours. */
  readonly reason: string | null
  readonly madeAt: Date
  /** Who did it. */
  readonly by: string
}

/** What it is booked for: the kind names the purpose, the subject the voucher, consultation or order. */
export interface AppointmentFor {
  readonly kind: string
  readonly subjectId: string | null
}

const live: readonly AppointmentState[] = ['held', 'requested', 'unknown', 'booked', 'arrived']

/** It stands, so its subject cannot be booked again and its person has no other time for it. */
export const isLive = ({ state }: Pick<Appointment, 'state'>): boolean => live.includes(state)

const seated: readonly AppointmentState[] = [...live, 'fulfilled', 'no_show']

/** The slots in which it has a seat, in the order in which seats are always taken, so that two moves never wait for each other. */
export function seatsOf ({ state, slotId, wantedSlotId }: Appointment): readonly string[] {
  if (!seated.includes(state)) return []
  return [slotId, wantedSlotId].filter((id): id is string => id !== null).sort()
}
