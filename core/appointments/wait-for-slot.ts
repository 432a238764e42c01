import { DomainError } from '../errors.ts'
import type { AppointmentFor } from './appointment.ts'
import { bookableSlot } from './book-appointment.ts'
import { noteAppointment } from './change-appointment.ts'
import { lockPersonOf, purposeOf, refuseUnlessMayHave } from './may-have.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import type { SlotWait } from './slot-wait.ts'
import { freeSeats } from './slot.ts'

export interface WaitForSlot {
  readonly slotId: string
  readonly patientId: string
  readonly purpose: AppointmentFor
  readonly by: string
}

const longestLine = 500

/** 候补. A place at the end of the line of a slot that is full. Refuses with SLOT_HAS_SEATS, WAIT_STANDS, WAIT_LINE_FULL and what a booking refuses with. */
export async function waitForSlot<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { slotId, patientId, purpose, by }: WaitForSlot, at: Date): Promise<SlotWait> {
  purposeOf(tools.purposes, purpose)
  const slot = await bookableSlot(stores, tools, slotId, at)
  if (freeSeats(slot) > 0) throw new DomainError('SLOT_HAS_SEATS', 'There is a seat in this slot. Book it.', 'slotId')
  await lockPersonOf(stores, patientId)
  const line = await stores.waits.inLine(slotId, longestLine)
  if (line.some((wait) => wait.patientId === patientId)) throw new DomainError('WAIT_STANDS', 'This person waits for the slot already.', 'slotId')
  if (line.length >= longestLine) throw new DomainError('WAIT_LINE_FULL', 'The waiting list of this slot is full. Choose another slot.', 'slotId')
  await refuseUnlessMayHave(stores, tools, { patientId, purpose, slot, own: null, isMove: false }, at)
  const wait: SlotWait = { id: tools.ids.next(), slotId, hospitalId: slot.hospitalId, patientId, purpose, state: 'waiting', appointmentId: null, joinedAt: at, by }
  await stores.waits.save(wait)
  return wait
}

/** The person gives up the place, and the seat that may be offered already. */
export async function leaveLine<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { id, by }: { readonly id: string, readonly by: string }, at: Date): Promise<SlotWait> {
  const wait = await findWait(stores, id)
  if (wait.state !== 'waiting' && wait.state !== 'offered') return wait
  const left: SlotWait = { ...wait, state: 'left' }
  await stores.waits.save(left)
  if (wait.appointmentId !== null) await noteAppointment(stores, tools, { id: wait.appointmentId, event: { kind: 'expire' }, by }, at)
  return left
}

export async function findWait ({ waits }: Pick<BookingStores, 'waits'>, id: string): Promise<SlotWait> {
  const wait = await waits.find(id)
  if (wait === null) throw new DomainError('WAIT_NOT_FOUND', 'No place in a waiting list has this id.')
  return wait
}
