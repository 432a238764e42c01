import type { Appointment } from './appointment.ts'
import { appointmentForChange, bookableSlot, findAppointment } from './book-appointment.ts'
import { decideAppointment, type AppointmentEvent } from './decide-appointment.ts'
import { lockPersonOf, refuseUnlessMayHave } from './may-have.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import { settleAppointment } from './settle-appointment.ts'

interface ChangeBy {
  readonly id: string
  /** Of the hospital: bound by no deadline and no number of moves. */
  readonly isStaff: boolean
  readonly by: string
}

/** 退号. Refuses with APPOINTMENT_TOO_LATE, APPOINTMENT_STATE_REFUSED. */
export async function cancelAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { id, isStaff, reason, by }: ChangeBy & { readonly reason: string | null }, at: Date): Promise<Appointment> {
  const before = await appointmentForChange(stores, id)
  const after = decideAppointment(before, { kind: 'cancel', way: tools.wayOf(before.hospitalId), isStaff, reason, settings: tools.settings }, at)
  return await settleAppointment(stores, tools, { before, after: after === before ? before : { ...after, by }, toldBy: null }, at)
}

/** 改约. Refuses with APPOINTMENT_TOO_LATE, APPOINTMENT_MOVES_USED, SLOT_* and what the purpose refuses with. */
export async function moveAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { id, isStaff, slotId, by }: ChangeBy & { readonly slotId: string }, at: Date): Promise<Appointment> {
  const { patientId, purpose } = await findAppointment(stores, id)
  await lockPersonOf(stores, patientId)
  const before = await appointmentForChange(stores, id)
  const slot = await bookableSlot(stores, tools, slotId, at)
  const after = decideAppointment(before, { kind: 'move', to: slot, isStaff, settings: tools.settings }, at)
  await refuseUnlessMayHave(stores, tools, { patientId, purpose, slot, own: before, isMove: true }, at)
  return await settleAppointment(stores, tools, { before, after: { ...after, by }, toldBy: null }, at)
}

export type PlainEvent = Extract<AppointmentEvent, { readonly kind: 'lost' | 'reject' | 'settle' | 'arrive' | 'fulfil' | 'expire' | 'end' }>

/** What simply is so: no answer came, somebody has come, a hold or a slot is over. What changes nothing does nothing. */
export async function noteAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { id, event, by }: { readonly id: string, readonly event: PlainEvent, readonly by: string }, at: Date): Promise<Appointment> {
  const before = await appointmentForChange(stores, id)
  const after = decideAppointment(before, event, at)
  return await settleAppointment(stores, tools, { before, after: after === before ? before : { ...after, by }, toldBy: null }, at)
}
