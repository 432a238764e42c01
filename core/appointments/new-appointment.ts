import { ownNumberFrom } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { Appointment, AppointmentFor } from './appointment.ts'
import type { OfferedSlot } from './slot.ts'

interface NewTools {
  readonly ids: Ids
  readonly stableId: StableId
}

/** A seat held for somebody; its id is the one under which a HIS that echoes our number names the same record. */
export function heldAppointment ({ ids, stableId }: NewTools, { slot, patientId, purpose, by, holdUntil, at }: {
  readonly slot: OfferedSlot, readonly patientId: string, readonly purpose: AppointmentFor, readonly by: string, readonly holdUntil: Date, readonly at: Date
}): Appointment {
  const placerNumber = ownNumberFrom(ids.next())
  const { hospitalId, practitionerId, department, serviceType, startsAt, endsAt } = slot
  return {
    id: stableId(hospitalId, 'Appointment', `placer:${placerNumber}`),
    hospitalId, slotId: slot.id, isOurs: slot.owner === 'ours', isMadeHere: true, patientId, practitionerId, department, serviceType, purpose,
    state: 'held', asking: null, wantedSlotId: null, startsAt, endsAt, placerNumber, fillerNumber: null, holdUntil, moves: 0, answerKey: null, reason: null, madeAt: at, by
  }
}
