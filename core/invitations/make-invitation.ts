import type { OfferedSlot } from '../appointments/index.ts'
import { feeOf } from '../consultations/index.ts'
import { DomainError } from '../errors.ts'
import type { Payer } from '../escrow/index.ts'
import { noDoctor } from '../marketplace/index.ts'
import type { Fen } from '../money.ts'
import type { Invitation, InvitationKind } from './invitation.ts'
import { keepInvitation } from './keep-invitation.ts'
import { offerInvitation } from './offer-invitation.ts'
import type { InvitableDoctor, InvitationStores, InvitationTools } from './ports.ts'
import { openSlot, refuseBusyPerson } from './seat.ts'
import { minuteMs, type InvitationSettings } from './settings.ts'

export interface MakeInvitation {
  readonly payer: Payer
  /** Of a person: the records that the caller may see. */
  readonly patientIds: readonly string[]
  readonly doctorId: string
  readonly kind: InvitationKind
  readonly slotId: string | null
  readonly note: string
  readonly by: string
}

/**
 * 邀约 (M7). Of a doctor whom this payer sees, at the doctor's own price, which is fixed now. Free of charge it is offered
 * at once. Refuses with DOCTOR_NOT_FOUND, INVITATION_FEE_UNKNOWN, SLOT_*.
 */
export async function makeInvitation<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, wanted: MakeInvitation, at: Date): Promise<Invitation> {
  const { kind, slotId, by } = wanted
  const doctor = await tools.doctorFor(stores, { ...wanted, at })
  if (doctor === null) throw noDoctor()
  const priceFen = await feeOf(stores, doctor.doctorId, `invitation.${kind}`)
  if (priceFen === null) throw new DomainError('INVITATION_FEE_UNKNOWN', 'This doctor has set no price for it. Choose another doctor.', 'doctorId')
  if (slotId === null && kind === 'invite') throw new DomainError('REQUEST_INVALID', 'An invitation is for a time of the doctor. Name a slot.', 'slotId')
  const slot = slotId === null ? null : await openSlot(stores, { slotId, ...doctor }, at)
  const payer = await payerAt(stores, wanted, doctor.hospitalId)
  if (slot !== null) await refuseBusyPerson(stores, tools, { payer, slot })
  const draft = newInvitation({ ...wanted, payer }, { id: tools.ids.next(), doctor, priceFen, slot, settings: tools.settings, at })
  const made = await keepInvitation(stores, tools, { before: null, after: draft, what: 'make', by }, at)
  return priceFen > 0 ? made : await offerInvitation(stores, tools, made, { by, at })
}

interface Found {
  readonly id: string
  readonly doctor: InvitableDoctor
  readonly priceFen: Fen
  readonly slot: OfferedSlot | null
  readonly settings: InvitationSettings
  readonly at: Date
}

function newInvitation ({ payer, kind, note, by }: MakeInvitation, { id, doctor, priceFen, slot, settings, at }: Found): Invitation {
  const isHospitals = payer.kind === 'organization'
  const payUntil = new Date(at.getTime() + settings.payMinutes * minuteMs)
  return {
    id, ...doctor, payer, kind, slotId: slot?.id ?? null, startsAt: slot?.startsAt ?? null, endsAt: slot?.endsAt ?? null, note, priceFen, feePermille: settings.feePermille,
    payee: isHospitals ? settings.payee.hospital : settings.payee.patient,
    // D2: the doctor's own hospital agrees to what another hospital asks of its doctor; what it asks itself it need not.
    needsApproval: isHospitals && payer.organizationId !== doctor.hospitalId,
    state: 'draft', by, createdAt: at, paidAt: null, acceptedAt: null, performedAt: null, endedAt: null, reason: null, asks: 0,
    dueFor: 'pay', dueAt: slot !== null && slot.startsAt < payUntil ? slot.startsAt : payUntil
  }
}

/** The person's record at the doctor's hospital, where there is one: that is where the appointment is made. */
async function payerAt ({ patients }: InvitationStores, { payer, patientIds }: Pick<MakeInvitation, 'payer' | 'patientIds'>, hospitalId: string): Promise<Payer> {
  if (payer.kind === 'organization') return payer
  for (const patientId of [payer.patientId, ...patientIds]) {
    if ((await patients.find(patientId))?.hospitalId === hospitalId) return { kind: 'person', patientId }
  }
  return payer
}
