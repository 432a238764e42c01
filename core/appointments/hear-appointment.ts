import type { Appointment, AppointmentState } from './appointment.ts'
import { decideAppointment } from './decide-appointment.ts'
import type { BookingStores, BookingTools } from './ports.ts'
import { settleAppointment } from './settle-appointment.ts'
import type { Slot } from './slot.ts'
import type { ToldAppointment, ToldStatus } from './take-told.ts'

/** What a stored FHIR Appointment says (mappings/facts/appointment.json). */
export interface AppointmentFacts {
  readonly id: string
  readonly hospitalId: string
  readonly patientId: string | null
  readonly practitionerId: string | null
  readonly status: ToldStatus
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  /** Ours, where the hospital echoes it. */
  readonly placerNumber: string | null
  readonly fillerNumber: string | null
  readonly slotId: string | null
  readonly serviceType: string | null
  readonly reason: string | null
  readonly refusedWords: string | null
  readonly refusedKey: string | null
}

/**
 * A record of an appointment has changed. An answer (SRR), a notice (SIU) and a resource of the hospital's server are
 * one booking, known by its record, our number or the hospital's; who books twice by them books once.
 */
export async function hearAppointment<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { facts, source }: { readonly facts: AppointmentFacts, readonly source: string }, at: Date): Promise<void> {
  const before = await known(stores, facts)
  const said = await saidOf(stores, facts, before)
  const after = before === null ? heard(facts, said, at) : decideAppointment(before, { kind: 'told', said }, at)
  if (after !== null) await settleAppointment(stores, tools, { before, after, toldBy: { recordId: facts.id, source } }, at)
}

async function known ({ appointments }: BookingStores, { id, hospitalId, placerNumber, fillerNumber }: AppointmentFacts): Promise<Appointment | null> {
  const found = await appointments.findForChange(id)
    ?? (placerNumber === null ? null : await appointments.byNumber(hospitalId, { placer: placerNumber }))
    ?? (fillerNumber === null ? null : await appointments.byNumber(hospitalId, { filler: fillerNumber }))
  return found === null || found.id === id ? found : await appointments.findForChange(found.id)
}

async function saidOf ({ slots }: BookingStores, facts: AppointmentFacts, before: Appointment | null): Promise<ToldAppointment> {
  const { status, startsAt, endsAt, practitionerId, fillerNumber, reason, refusedWords, refusedKey } = facts
  const refusedChange = refusedKey === null ? null : { key: refusedKey, words: refusedWords ?? 'refused' }
  return { status, startsAt, endsAt, practitionerId, fillerNumber, reason, refusedChange, slotId: await slotOf({ slots }, facts, before) }
}

/** The slot that it names, else the wanted one, else the doctor's at that time. */
async function slotOf ({ slots }: Pick<BookingStores, 'slots'>, { hospitalId, slotId, startsAt, practitionerId }: AppointmentFacts, before: Appointment | null): Promise<string | null> {
  const named = before === null ? [slotId] : [before.wantedSlotId, before.slotId, slotId]
  for (const id of named) {
    const slot = id === null ? null : await slots.find(id)
    if (slot !== null && (startsAt === null || isWithin(startsAt, slot))) return slot.id
  }
  const doctor = practitionerId ?? before?.practitionerId
  return startsAt === null || typeof doctor !== 'string' ? null : await slotOfDoctor({ slots }, { hospitalId, practitionerId: doctor, startsAt })
}

const isWithin = (at: Date, { startsAt, endsAt }: Slot): boolean => startsAt <= at && at < endsAt

async function slotOfDoctor ({ slots }: Pick<BookingStores, 'slots'>, { hospitalId, practitionerId, startsAt }: { readonly hospitalId: string, readonly practitionerId: string, readonly startsAt: Date }): Promise<string | null> {
  const [slot] = await slots.overlapping({ hospitalId, practitionerId, from: startsAt, to: new Date(startsAt.getTime() + 1) }, 1)
  return slot === undefined || slot.owner === 'ours' ? null : slot.id
}

const statesHeard: Readonly<Partial<Record<ToldStatus, AppointmentState>>> = { booked: 'booked', arrived: 'arrived', 'checked-in': 'arrived', fulfilled: 'fulfilled', noshow: 'no_show' }

/** One that the hospital made by itself; what is not booked there is none. */
function heard (facts: AppointmentFacts, { slotId }: ToldAppointment, at: Date): Appointment | null {
  const state = statesHeard[facts.status]
  const { id, hospitalId, patientId, practitionerId, serviceType, startsAt, endsAt, placerNumber, fillerNumber, refusedKey } = facts
  if (state === undefined || patientId === null || startsAt === null) return null
  return {
    id, hospitalId, slotId, isOurs: false, isMadeHere: false, patientId, practitionerId, department: null, serviceType, purpose: { kind: 'visit', subjectId: null }, state, asking: null, wantedSlotId: null,
    startsAt, endsAt: endsAt !== null && endsAt > startsAt ? endsAt : startsAt, placerNumber, fillerNumber, holdUntil: null, moves: 0, answerKey: refusedKey, reason: null, madeAt: at, by: 'hospital'
  }
}
