import { DomainError } from '../errors.ts'
import { appointmentNotice } from './appointment-notice.ts'
import { keepAppointment } from './keep-appointment.ts'
import { refuseUnlessMayHave } from './may-have.ts'
import { heldAppointment } from './new-appointment.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import { minuteMs } from './settings.ts'
import type { SlotWait } from './slot-wait.ts'
import { freeSeats, type OfferedSlot } from './slot.ts'

/** In one transaction; the next change of the slot goes on. */
const mostInTurn = 20

/** 候补. Free seats of a slot are held for the first in line; who may not have one any more is passed over. */
export async function offerSeats<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, slotId: string, at: Date): Promise<void> {
  for (const wait of await stores.waits.inLine(slotId, mostInTurn)) {
    const slot = await stores.slots.find(slotId)
    if (slot === null || slot.startsAt <= at || freeSeats(slot) === 0) return
    await offer(stores, tools, { wait, slot }, at)
  }
}

async function offer<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { wait, slot }: { readonly wait: SlotWait, readonly slot: OfferedSlot }, at: Date): Promise<void> {
  const { patientId, purpose, by } = wait
  try {
    await refuseUnlessMayHave(stores, tools, { patientId, purpose, slot, own: null, isMove: false }, at)
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
    await stores.waits.save({ ...wait, state: 'passed' })
    return
  }
  const holdUntil = new Date(Math.min(slot.startsAt.getTime(), at.getTime() + tools.settings.offerMinutes * minuteMs))
  const held = heldAppointment(tools, { slot, patientId, purpose, by, holdUntil, at })
  await stores.waits.save({ ...wait, state: 'offered', appointmentId: held.id })
  await keepAppointment(stores, tools, { before: null, after: held, toldBy: null }, at)
  await stores.outbox.add(appointmentNotice('seat_offered', held, { id: tools.ids.next(), at, writeTime: tools.writeTime }))
}
