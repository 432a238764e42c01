import { DomainError } from '../errors.ts'
import type { Appointment, AppointmentFor } from './appointment.ts'
import { decideAppointment } from './decide-appointment.ts'
import { slotFull } from './keep-appointment.ts'
import { lockPersonOf, purposeOf, refuseUnlessMayHave } from './may-have.ts'
import { heldAppointment } from './new-appointment.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import { settleAppointment } from './settle-appointment.ts'
import { minuteMs } from './settings.ts'
import { freeSeats, type OfferedSlot } from './slot.ts'

export interface BookAppointment {
  readonly slotId: string
  /** The person's record at the slot's hospital. */
  readonly patientId: string
  readonly purpose: AppointmentFor
  /** Only the seat is kept for now, until it is confirmed or the hold runs out. */
  readonly isHold: boolean
  /** Of a hold that waits for somebody's word; without it the usual minutes. */
  readonly holdUntil?: Date
  readonly by: string
}

/**
 * 预约. A seat for one person: booked at once where the slot is ours, else the hospital is asked. Refuses with SLOT_*,
 * APPOINTMENT_STANDS, APPOINTMENT_OVERLAPS and what the purpose refuses with.
 */
export async function bookAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, command: BookAppointment, at: Date): Promise<Appointment> {
  const { patientId, purpose, by } = command
  purposeOf(tools.purposes, purpose)
  const slot = await bookableSlot(stores, tools, command.slotId, at)
  if (freeSeats(slot) === 0) throw slotFull()
  await lockPersonOf(stores, patientId)
  await refuseUnlessMayHave(stores, tools, { patientId, purpose, slot, own: null, isMove: false }, at)
  const held = heldAppointment(tools, { slot, patientId, purpose, by, holdUntil: command.holdUntil ?? new Date(at.getTime() + tools.settings.holdMinutes * minuteMs), at })
  const after = command.isHold ? held : decideAppointment(held, { kind: 'confirm' }, at)
  return await settleAppointment(stores, tools, { before: null, after, toldBy: null }, at)
}

/** The held seat becomes a booking, or a request to the hospital. Refuses with APPOINTMENT_HOLD_OVER. */
export async function confirmAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { id, by }: { readonly id: string, readonly by: string }, at: Date): Promise<Appointment> {
  const { patientId } = await findAppointment(stores, id)
  await lockPersonOf(stores, patientId)
  const before = await appointmentForChange(stores, id)
  const after = decideAppointment(before, { kind: 'confirm' }, at)
  if (after === before) return before
  const slot = before.slotId === null ? null : await stores.slots.find(before.slotId)
  if (slot === null) throw noSlot()
  await refuseUnlessMayHave(stores, tools, { patientId, purpose: before.purpose, slot, own: before, isMove: false }, at)
  return await settleAppointment(stores, tools, { before, after: { ...after, by }, toldBy: null }, at)
}

const noSlot = (): DomainError => new DomainError('SLOT_NOT_FOUND', 'No slot has this id; list the slots.', 'slotId')

/** A slot in which somebody may still get a seat, by its owner's word and by the clock. */
export async function bookableSlot<Stores extends BookingStores> ({ slots }: Stores, { wayOf }: BookingTools<Stores>, slotId: string, at: Date): Promise<OfferedSlot> {
  const slot = await slots.find(slotId)
  if (slot === null) throw noSlot()
  if (slot.owner === 'his' && wayOf(slot.hospitalId) === null) throw new DomainError('SLOT_NOT_BOOKABLE', 'This hospital shows its slots and takes no bookings from here. Book there.', 'slotId')
  if (slot.endsAt <= at) throw new DomainError('SLOT_OVER', 'This slot is over. Choose a later one.', 'slotId')
  return slot
}

export async function findAppointment ({ appointments }: Pick<BookingStores, 'appointments'>, id: string): Promise<Appointment> {
  const found = await appointments.find(id)
  if (found === null) throw noAppointment()
  return found
}

export async function appointmentForChange ({ appointments }: Pick<BookingStores, 'appointments'>, id: string): Promise<Appointment> {
  const found = await appointments.findForChange(id)
  if (found === null) throw noAppointment()
  return found
}

const noAppointment = (): DomainError => new DomainError('APPOINTMENT_NOT_FOUND', 'No appointment has this id; list the appointments.')
