import type { Appointment } from './appointment.ts'
import { keepAppointment, type Keeping } from './keep-appointment.ts'
import { offerSeats } from './offer-seats.ts'
import type { BookingStores, BookingTools } from './ports.ts'

/** Keeps a change and gives what it freed to whoever waits for it; what changed nothing is left alone. */
export async function settleAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, keeping: Keeping, at: Date): Promise<Appointment> {
  if (keeping.before === keeping.after) return keeping.after
  const { appointment, freed } = await keepAppointment(stores, tools, keeping, at)
  for (const slotId of freed) await offerSeats(stores, tools, slotId, at)
  return appointment
}
