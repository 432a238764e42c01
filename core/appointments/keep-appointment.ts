import { DomainError } from '../errors.ts'
import { seatsOf, type Appointment } from './appointment.ts'
import { appointmentNotice, noticeOfChange } from './appointment-notice.ts'
import { mirroredChange, recordChangeOf } from './appointment-record.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import { slotStatusChange } from './publish-slots.ts'
import { freeSeats } from './slot.ts'

export interface Keeping {
  readonly before: Appointment | null
  readonly after: Appointment
  /** The record that the hospital told it by; null: it was decided here. */
  readonly toldBy: { readonly recordId: string, readonly source: string } | null
}

export const slotFull = (): DomainError => new DomainError('SLOT_FULL', 'No seat is left in this slot. Choose another one, or join its waiting list.', 'slotId')

/**
 * The one place that saves a changed appointment, with all that follows in the same transaction: its seats, its record
 * and what goes out to the hospital, what the person is told, and what its purpose makes of it. Answers the slots in
 * which a seat became free. Refuses with SLOT_FULL.
 */
export async function keepAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, keeping: Keeping, at: Date): Promise<{ readonly appointment: Appointment, readonly freed: readonly string[] }> {
  const { before, toldBy } = keeping
  const { after, freed } = await moveSeats(stores, tools, keeping, at)
  await stores.appointments.save(after)
  await keepRecord(stores, tools, { before, after, toldBy }, at)
  await keepWait(stores, before, after)
  const template = noticeOfChange(before, after)
  if (template !== null) await stores.outbox.add(appointmentNotice(template, after, { id: tools.ids.next(), at, writeTime: tools.writeTime }))
  await tools.purposes[after.purpose.kind]?.moved(stores, { before, appointment: after }, at)
  return { appointment: after, freed }
}

/** Always in the order of the slots' ids. What the hospital has given away beyond its own number of seats has none of them. */
async function moveSeats<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { before, after, toldBy }: Keeping, at: Date): Promise<{ readonly after: Appointment, readonly freed: readonly string[] }> {
  const had = before === null ? [] : seatsOf(before)
  const has = seatsOf(after)
  let kept = after
  const freed: string[] = []
  for (const slotId of [...new Set([...had, ...has])].sort()) {
    if (had.includes(slotId) === has.includes(slotId)) continue
    const isTaken = has.includes(slotId)
    if (!isTaken) {
      await stores.slots.freeSeat(slotId)
      freed.push(slotId)
    } else if (!await stores.slots.takeSeat(slotId, { isBooked: toldBy !== null })) {
      if (toldBy === null) throw slotFull()
      kept = { ...kept, slotId: null }
    }
    await showSlot(stores, tools, { slotId, isTaken, by: after.by }, at)
  }
  return { after: kept, freed }
}

/** A slot of ours is seen as busy while its last seat is taken; the hospital tells of its own. */
async function showSlot<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { slotId, isTaken, by }: { readonly slotId: string, readonly isTaken: boolean, readonly by: string }, at: Date): Promise<void> {
  const slot = await stores.slots.find(slotId)
  if (slot?.owner !== 'ours' || !slot.isOpen || freeSeats(slot) !== (isTaken ? 0 : 1)) return
  await tools.takeIn(stores, [await slotStatusChange(stores, slot, { status: isTaken ? 'busy' : 'free', by, at })], at)
}

async function keepRecord<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { before, after, toldBy }: Keeping, at: Date): Promise<void> {
  // Whoever told it has written the record: it is not written again behind their back.
  if (toldBy?.recordId === after.id) return
  const [standing] = await stores.records.current([{ type: 'Appointment', id: after.id }])
  if (toldBy !== null) {
    const mirrored = mirroredChange(after, { standing, at, source: toldBy.source })
    if (mirrored !== null) await tools.takeIn(stores, [mirrored], at)
    return
  }
  const wanted = after.wantedSlotId === null ? null : await stores.slots.find(after.wantedSlotId)
  const change = recordChangeOf({ before, after, way: tools.wayOf(after.hospitalId), wanted }, { standing, at })
  if (change !== null) await tools.takeIn(stores, [change], at)
}

/** What was offered from the line is taken up, or goes to the next one. */
async function keepWait ({ waits }: BookingStores, before: Appointment | null, after: Appointment): Promise<void> {
  if (before?.state !== 'held' || after.state === 'held') return
  const wait = await waits.byOffer(after.id)
  if (wait?.state === 'offered') await waits.save({ ...wait, state: after.state === 'released' ? 'passed' : 'taken' })
}
