import { DomainError } from '../errors.ts'
import type { Appointment, AppointmentFor } from './appointment.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import type { OfferedSlot } from './slot.ts'

export interface Wish {
  readonly patientId: string
  readonly purpose: AppointmentFor
  readonly slot: OfferedSlot
  /** The appointment that is confirmed or moved; null: a new one. */
  readonly own: Appointment | null
  readonly isMove: boolean
}

/**
 * Whether the person may have this time: not for what is booked already, not while another appointment stands, not
 * where the purpose says no. Refuses with APPOINTMENT_STANDS, APPOINTMENT_OVERLAPS and what the purpose refuses with.
 * Call it after the person is locked, so that of two bookings at once the second sees the first.
 */
export async function refuseUnlessMayHave<Stores extends BookingStores> (stores: Stores, { purposes, settings }: BookingTools<Stores>, { patientId, purpose, slot, own, isMove }: Wish, at: Date): Promise<void> {
  const isOther = ({ id }: Appointment): boolean => id !== own?.id
  const standing = purpose.subjectId === null ? null : await stores.appointments.liveOf(purpose)
  if (standing !== null && isOther(standing)) throw new DomainError('APPOINTMENT_STANDS', 'There is an appointment for this already. Move it, or cancel it first.', 'purpose')
  if (!settings.mayOverlap) {
    const others = await stores.appointments.overlapping(await recordsOf(stores, patientId), { from: slot.startsAt, to: slot.endsAt })
    if (others.some(isOther)) throw new DomainError('APPOINTMENT_OVERLAPS', 'The person has another appointment at this time. Choose another slot, or cancel that one.', 'slotId')
  }
  await purposeOf(purposes, purpose).mayBook(stores, { subjectId: purpose.subjectId, patientId, slot, moving: isMove ? own : null }, at)
}

export function purposeOf<Purpose> (purposes: Readonly<Record<string, Purpose>>, { kind }: AppointmentFor): Purpose {
  const purpose = Object.hasOwn(purposes, kind) ? purposes[kind] : undefined
  if (purpose === undefined) throw new DomainError('REQUEST_INVALID', 'Nothing of this kind is booked here.', 'purpose.kind')
  return purpose
}

/** All records of the person behind one of them. */
export async function recordsOf ({ patients }: Pick<BookingStores, 'patients'>, patientId: string): Promise<readonly string[]> {
  const patient = await patients.find(patientId)
  if (patient === null) return [patientId]
  return [...new Set([patientId, ...(await patients.byPerson(patient.personId)).map(({ id }) => id)])]
}

export async function lockPersonOf ({ appointments, patients }: Pick<BookingStores, 'appointments' | 'patients'>, patientId: string): Promise<void> {
  const patient = await patients.find(patientId)
  await appointments.lockPerson(patient?.personId ?? patientId)
}
