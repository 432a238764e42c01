import { anaesthesiaService, bookAppointment, cancelAppointment, confirmAppointment, freeSeats, noteAppointment, slotStatusChange, type Appointment, type AppointmentPurpose, type OfferedSlot } from '../appointments/index.ts'
import { DomainError } from '../errors.ts'
import type { Payer } from '../escrow/index.ts'
import type { Ids } from '../ids.ts'
import type { OutboxMessage } from '../outbox.ts'
import { hasSeat, payerPatient, type Invitation } from './invitation.ts'
import type { InvitationStore, InvitationStores, InvitationTools } from './ports.ts'

/**
 * 号源. The doctor's time of an invitation. For a person it is an appointment of core/appointments (purpose
 * `invitation`). A hospital that invites has no patient here, so its seat is taken in the slot itself, and the slot says
 * so. Either way one invitation has a slot (invitations_seat).
 */
export const invitationPurposeKind = 'invitation'
export const seatLostKind = 'invitation-seat-lost'

const slotTaken = (): DomainError => new DomainError('SLOT_FULL', 'This time of the doctor is taken. Choose another one.', 'slotId')
const notBookable = (): DomainError => new DomainError('SLOT_NOT_BOOKABLE', 'This is no time that the doctor gives away by invitation. List the doctor\'s open times.', 'slotId')

/** A time of this doctor that is open to invitations. Refuses with SLOT_NOT_FOUND, SLOT_NOT_BOOKABLE, SLOT_OVER, SLOT_FULL. */
export async function openSlot (stores: InvitationStores, { slotId, doctorId, hospitalId }: { readonly slotId: string, readonly doctorId: string, readonly hospitalId: string }, at: Date): Promise<OfferedSlot> {
  const slot = await stores.slots.find(slotId)
  if (slot === null) throw new DomainError('SLOT_NOT_FOUND', 'No slot has this id; list the slots.', 'slotId')
  const isOpenToAll = slot.owner === 'ours' && slot.serviceType === anaesthesiaService
  if (!isOpenToAll || slot.practitionerId !== doctorId || slot.hospitalId !== hospitalId) throw notBookable()
  if (slot.startsAt <= at) throw new DomainError('SLOT_OVER', 'This slot has begun. Choose a later one.', 'slotId')
  if (freeSeats(slot) === 0 || await stores.invitations.seatedIn(slotId) !== null) throw slotTaken()
  return slot
}

/** Before somebody pays: whether the person has another appointment at this time. Refuses with APPOINTMENT_OVERLAPS. */
export async function refuseBusyPerson<Stores extends InvitationStores> (stores: Stores, { booking }: InvitationTools<Stores>, { payer, slot }: { readonly payer: Payer, readonly slot: OfferedSlot }): Promise<void> {
  const patientId = payerPatient(payer)
  if (patientId === null || booking.settings.mayOverlap) return
  const patient = await stores.patients.find(patientId)
  const records = patient === null ? [] : await stores.patients.byPerson(patient.personId)
  const others = await stores.appointments.overlapping([...new Set([patientId, ...records.map(({ id }) => id)])], { from: slot.startsAt, to: slot.endsAt })
  if (others.length > 0) throw new DomainError('APPOINTMENT_OVERLAPS', 'The person has another appointment at this time. Choose another slot, or cancel that one.', 'slotId')
}

/** Takes the time for an invitation that is just offered. Of many at once, one gets it; the others are refused with SLOT_FULL. */
export async function holdSeat<Stores extends InvitationStores> (stores: Stores, { booking }: InvitationTools<Stores>, invitation: Invitation, at: Date): Promise<void> {
  const { id, slotId, doctorId, hospitalId, by, payer } = invitation
  if (slotId === null) return
  await stores.invitations.lockSlot(slotId)
  const slot = await openSlot(stores, { slotId, doctorId, hospitalId }, at)
  // The purpose below lets nobody book but for an invitation that has the seat.
  await stores.invitations.save(invitation)
  const patientId = payerPatient(payer)
  if (patientId !== null) {
    await bookAppointment(stores, booking, { slotId, patientId, purpose: { kind: invitationPurposeKind, subjectId: id }, isHold: true, holdUntil: slot.startsAt, by }, at)
    return
  }
  if (!await stores.slots.takeSeat(slotId, { isBooked: false })) throw slotTaken()
  await booking.takeIn(stores, [await slotStatusChange(stores, slot, { status: 'busy', by, at })], at)
}

/** The doctor has accepted: the seat is booked for good. */
export async function bookSeat<Stores extends InvitationStores> (stores: Stores, { booking }: InvitationTools<Stores>, { id, by, payer }: Invitation, at: Date): Promise<void> {
  const held = await appointmentOf(stores, id)
  if (held === null && payer.kind === 'person') throw slotTaken()
  if (held?.state === 'held') await confirmAppointment(stores, booking, { id: held.id, by }, at)
}

export async function freeSeat<Stores extends InvitationStores> (stores: Stores, { booking }: InvitationTools<Stores>, { id, slotId, payer, by }: Invitation, at: Date): Promise<void> {
  if (slotId === null) return
  const held = await appointmentOf(stores, id)
  if (held !== null) await cancelAppointment(stores, booking, { id: held.id, isStaff: true, reason: 'invitation_ended', by }, at)
  if (payer.kind === 'person') return
  await stores.slots.freeSeat(slotId)
  const slot = await stores.slots.find(slotId)
  if (slot !== null && slot.isOpen) await booking.takeIn(stores, [await slotStatusChange(stores, slot, { status: 'free', by, at })], at)
}

/** The doctor was there. */
export async function endSeat<Stores extends InvitationStores> (stores: Stores, { booking }: InvitationTools<Stores>, { id, by }: Invitation, at: Date): Promise<void> {
  const booked = await appointmentOf(stores, id)
  if (booked !== null) await noteAppointment(stores, booking, { id: booked.id, event: { kind: 'fulfil' }, by }, at)
}

const appointmentOf = ({ appointments }: InvitationStores, id: string): Promise<Appointment | null> => appointments.liveOf({ kind: invitationPurposeKind, subjectId: id })

/** What the appointments of invitations ask and tell: nobody books one by themselves, and a time that the hospital takes away is heard of. */
export function invitationPurpose<Stores extends InvitationStores> ({ ids }: { readonly ids: Ids }): AppointmentPurpose<Stores> {
  return {
    mayBook: async ({ invitations }, { subjectId, patientId, slot }) => {
      const invitation = await ofSubject(invitations, subjectId)
      const isItsOwn = invitation !== null && hasSeat(invitation) && invitation.slotId === slot.id && payerPatient(invitation.payer) === patientId
      if (!isItsOwn) throw notBookable()
    },
    moved: async ({ invitations, outbox }, { appointment: { id, state, purpose } }, at) => {
      if (state !== 'released' && state !== 'cancelled' && state !== 'refused') return
      const invitation = await ofSubject(invitations, purpose.subjectId)
      // Where it has ended here, that is what gave the seat back.
      if (invitation !== null && hasSeat(invitation)) await outbox.add(seatLostMessage(invitation.id, { id: ids.next(), key: id, at }))
    }
  }
}

/** 开放邀约的时间 are given away by invitation and no other way. */
export function notForInvitations<Stores> (purpose: AppointmentPurpose<Stores>): AppointmentPurpose<Stores> {
  return {
    ...purpose,
    mayBook: async (stores, wanted, at) => {
      if (wanted.slot.owner === 'ours' && wanted.slot.serviceType === anaesthesiaService) throw notBookable()
      await purpose.mayBook(stores, wanted, at)
    }
  }
}

const ofSubject = async (invitations: InvitationStore, subjectId: string | null): Promise<Invitation | null> => subjectId === null ? null : await invitations.find(subjectId)

function seatLostMessage (invitationId: string, { id, key, at }: { readonly id: string, readonly key: string, readonly at: Date }): OutboxMessage {
  return { id, kind: seatLostKind, key, payload: { invitationId }, createdAt: at }
}

/** Whether a person's seat is gone; a hospital's lies in the slot. */
export async function isSeatLost (stores: InvitationStores, invitation: Invitation): Promise<boolean> {
  return hasSeat(invitation) && invitation.payer.kind === 'person' && await appointmentOf(stores, invitation.id) === null
}
