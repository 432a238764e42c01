import { arriveByVisit, hearAppointment, keepSchedule, keepSlot, type BookingStores, type BookingTools } from '../appointments/index.ts'
import type { RecordChange } from '../records/index.ts'
import type { VisitStep } from '../visits/index.ts'
import type { TakeInDeps, Told } from './told.ts'

interface ToldOfBookings {
  readonly told: readonly Told[]
  readonly steps: readonly VisitStep[]
  /** Goes on in the same transaction: what an appointment makes of it is said in records, too. */
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
}

/** 预约. Schedules before their slots, slots before what is booked in them; last who has come. */
export async function bookTold (deps: TakeInDeps, { told, steps, takeIn }: ToldOfBookings, at: Date): Promise<void> {
  const tools: BookingTools<BookingStores> = { ...deps.booking, ids: deps.ids, stableId: deps.stableId, takeIn: (_stores, changes) => takeIn(changes) }
  for (const { fact } of told) if (fact.kind === 'schedule') await keepSchedule(deps, fact.schedule)
  for (const { fact } of told) if (fact.kind === 'slot') await keepSlot(deps, tools, fact.slot, at)
  for (const { fact, from } of told) if (fact.kind === 'appointment') await hearAppointment(deps, tools, { facts: fact.appointment, source: from.record.source }, at)
  for (const { kind, visitId, at: checkedInAt } of steps) {
    if (kind !== 'checked_in') continue
    const visit = await deps.visits.find(visitId)
    if (visit !== null) await arriveByVisit(deps, tools, { patientId: visit.patientId, hospitalId: visit.hospitalId, checkedInAt }, at)
  }
}
