import { DomainError } from '../errors.ts'
import { isWithDoctor, type Consultation } from './consultation.ts'
import { decideConsultation, type ConsultationEvent } from './decide-consultation.ts'
import { noDoctorAt } from './due.ts'
import { doctorOnDuty } from './find-doctor.ts'
import { keepConsultation } from './keep-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'

export const noConsultation = (): DomainError => new DomainError('CONSULTATION_NOT_FOUND', 'No consultation has this id; list the consultations.')

export async function findConsultation ({ consultations }: Pick<ConsultationStores, 'consultations'>, id: string): Promise<Consultation> {
  const found = await consultations.find(id)
  if (found === null) throw noConsultation()
  return found
}

export async function consultationForChange ({ consultations }: Pick<ConsultationStores, 'consultations'>, id: string): Promise<Consultation> {
  const found = await consultations.findForChange(id)
  if (found === null) throw noConsultation()
  return found
}

/** One event of an order with all that it leads to by itself. */
export async function happen<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { before, event }: { readonly before: Consultation, readonly event: ConsultationEvent }, at: Date): Promise<Consultation> {
  const after = await keepConsultation(stores, tools, { before, after: decideConsultation(before, event, at) }, at)
  if (after.state === 'paid') return await seekDoctor(stores, tools, after, at)
  // Nothing was paid, so nothing is held for a complaint.
  if (after.state === 'finished' && after.priceFen === 0 && event.kind === 'finish') return await happen(stores, tools, { before: after, event: { kind: 'settle' } }, at)
  if (after.state === 'assigned' && event.kind === 'reject') return await takeUpAnswer(stores, tools, after, at)
  return after
}

/** 派单 (C5): the named doctor, else who is on duty; nobody by the time limit, and the money goes back. */
export async function seekDoctor<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, paid: Consultation, at: Date): Promise<Consultation> {
  if (paid.namedDoctorId !== null) {
    const isThere = (await stores.practitioners.find(paid.namedDoctorId))?.active === true
    return await happen(stores, tools, { before: paid, event: isThere ? { kind: 'assign', doctorId: paid.namedDoctorId } : { kind: 'no_doctor' } }, at)
  }
  const doctorId = await doctorOnDuty(stores, tools.settings, paid, at)
  if (doctorId !== null) return await happen(stores, tools, { before: paid, event: { kind: 'assign', doctorId } }, at)
  if (at >= noDoctorAt(paid.paidAt ?? paid.createdAt, tools.settings)) return await happen(stores, tools, { before: paid, event: { kind: 'no_doctor' } }, at)
  // It is looked for again a little later.
  return await keepConsultation(stores, tools, { before: paid, after: paid }, at)
}

/** What the hospital has said while a refund was looked at holds when the order goes on. */
export async function takeUpAnswer<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, assigned: Consultation, at: Date): Promise<Consultation> {
  if (assigned.acceptedBy !== 'his') return assigned
  switch (assigned.hospitalAnswer) {
    case 'accepted': return await happen(stores, tools, { before: assigned, event: { kind: 'accept' } }, at)
    case 'refused': return await happen(stores, tools, { before: assigned, event: { kind: 'decline', because: 'hospital_refused' } }, at)
    case 'expired': return await happen(stores, tools, { before: assigned, event: { kind: 'accept_timeout', because: 'hospital_silent' } }, at)
    case 'pending': case null: return assigned
  }
}

interface ByDoctor {
  readonly id: string
  readonly doctorId: string
}

/** An order that this very doctor has; of anybody else's nothing is known. */
async function ownOrder (stores: Pick<ConsultationStores, 'consultations'>, { id, doctorId }: ByDoctor): Promise<Consultation> {
  const found = await consultationForChange(stores, id)
  if (found.doctorId !== doctorId) throw noConsultation()
  return found
}

/** 接诊. Where the hospital's own system decides, only it opens an order (T9). */
export async function acceptConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, command: ByDoctor, at: Date): Promise<Consultation> {
  const before = await ownOrder(stores, command)
  if (before.acceptedBy === 'his' && before.state === 'assigned') throw new DomainError('CONSULTATION_AWAITS_HOSPITAL', 'The hospital\'s own system decides on this order and has not said yes. Wait for its answer.')
  return await happen(stores, tools, { before, event: { kind: 'accept' } }, at)
}

/** 拒诊. The next doctor on duty is asked; where the patient wanted this one, the money goes back, unless the deployment has it otherwise. */
export async function declineConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, command: ByDoctor, at: Date): Promise<Consultation> {
  const before = await ownOrder(stores, command)
  const isOver = before.namedDoctorId === command.doctorId && tools.settings.namedDeclined === 'refund'
  return await happen(stores, tools, { before, event: isOver ? { kind: 'decline', because: 'declined' } : { kind: 'decline_reassign' } }, at)
}

export async function finishConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, command: ByDoctor, at: Date): Promise<Consultation> {
  return await happen(stores, tools, { before: await ownOrder(stores, command), event: { kind: 'finish' } }, at)
}

/** By the patient, before a doctor has it; afterwards a refund is asked for. */
export async function cancelConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { id }: { readonly id: string }, at: Date): Promise<Consultation> {
  return await happen(stores, tools, { before: await consultationForChange(stores, id), event: { kind: 'cancel' } }, at)
}

/** 人工派单, by the hospital's desk: also of one that another doctor has not taken up. */
export async function assignConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { id, doctorId }: ByDoctor, at: Date): Promise<Consultation> {
  const found = await consultationForChange(stores, id)
  await refuseUnlessActive(stores, { doctorId, hospitalId: found.hospitalId })
  const isElsewhere = isWithDoctor(found) && found.doctorId !== doctorId
  const waiting = isElsewhere ? await keepConsultation(stores, tools, { before: found, after: decideConsultation(found, { kind: 'decline_reassign' }, at) }, at) : found
  return await happen(stores, tools, { before: waiting, event: { kind: 'assign', doctorId } }, at)
}

export async function refuseUnlessActive ({ practitioners }: Pick<ConsultationStores, 'practitioners'>, { doctorId, hospitalId }: { readonly doctorId: string, readonly hospitalId: string }): Promise<void> {
  const doctor = await practitioners.find(doctorId)
  if (doctor?.active !== true || doctor.hospitalId !== hospitalId) throw new DomainError('DOCTOR_NOT_FOUND', 'No doctor who works at this hospital has this id. Choose one of its directory.', 'doctorId')
}
