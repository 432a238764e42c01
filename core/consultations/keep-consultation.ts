import { changeParties, closeThread, openThread, tellEvent, type Party } from '../dialogue/index.ts'
import { returnFromEscrow, settleEscrow, type WalletId } from '../escrow/index.ts'
import type { Consultation } from './consultation.ts'
import { consultationNotice, noticesOf } from './consultation-notice.ts'
import { dueOf } from './due.ts'
import { moneyOf } from './money-of.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'
import { rulesOf, type ConsultationSettings } from './settings.ts'
import { tellRequest } from './tell-request.ts'

export const threadPurposeOfConsultations = 'consultation'

/**
 * The one place that saves a changed order, with all that follows in the same transaction: its timer, its money, its
 * records and what goes out to the hospital, its dialogue, and what patient and doctors are told.
 */
export async function keepConsultation<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { before, after }: { readonly before: Consultation | null, readonly after: Consultation }, at: Date): Promise<Consultation> {
  const kept: Consultation = { ...after, ...dueOf(after, tools.settings, at), version: (before?.version ?? 0) + 1 }
  await stores.consultations.save(kept)
  if (before === null) return kept
  await moveMoney(stores, tools, { before, after: kept }, at)
  if (isNews(before, kept)) await tellRequest(stores, tools, { consultation: kept, patientIds: await recordsOfPerson(stores, kept.patientId) }, at)
  await keepThread(stores, { before, after: kept }, at)
  for (const told of noticesOf(before, kept)) await stores.outbox.add(consultationNotice(told, kept, { ids: tools.ids, at }))
  return kept
}

const isNews = (before: Consultation, after: Consultation): boolean => before.state !== after.state || before.doctorId !== after.doctorId

async function recordsOfPerson ({ patients }: Pick<ConsultationStores, 'patients'>, patientId: string): Promise<readonly string[]> {
  const patient = await patients.find(patientId)
  return patient === null ? [patientId] : (await patients.byPerson(patient.personId)).map(({ id }) => id)
}

interface Changed {
  readonly before: Consultation
  readonly after: Consultation
}

async function moveMoney<Stores extends ConsultationStores> (stores: Stores, tools: ConsultationTools<Stores>, { before, after }: Changed, at: Date): Promise<void> {
  const move = moneyOf(before, after)
  const { id, version, endReason, feePermille } = after
  if (move?.kind === 'back') await returnFromEscrow(stores, tools.escrow, { id, amountFen: move.amountFen, reason: endReason ?? 'cheaper_doctor', key: `consultation:${id}:${version}` }, at)
  if (move?.kind === 'settle') await settleEscrow(stores, tools.escrow, { id, payee: payeeOf(after, tools.settings), feePermille }, at)
}

function payeeOf ({ hospitalId, doctorId }: Consultation, settings: ConsultationSettings): WalletId {
  return rulesOf(settings, hospitalId).payee === 'hospital' || doctorId === null ? `hospital:${hospitalId}` : `doctor:${doctorId}`
}

/** The dialogue opens when the doctor or the hospital has said yes, never before, and ends with the work. */
async function keepThread<Stores extends ConsultationStores> (stores: Stores, { before, after }: Changed, at: Date): Promise<void> {
  const { id, hospitalId, state } = after
  if (state === before.state) return
  const isOpen = (await stores.threads.find(id))?.isOpen
  if (state === 'in_progress' && before.state === 'assigned') {
    const parties = partiesOf(after)
    if (isOpen === undefined) await openThread(stores, { id, purpose: threadPurposeOfConsultations, hospitalId, parties }, at)
    else await changeParties(stores, { id, parties }, at)
    await tellEvent(stores, { id, code: 'consultation_accepted' }, at)
  } else if (isOpen === true && state === 'assigned' && before.state === 'in_progress') {
    await tellEvent(stores, { id, code: 'doctor_switched' }, at)
    await changeParties(stores, { id, parties: partiesOf({ ...after, doctorId: null }) }, at)
  } else if (isOpen === true && (state === 'finished' || state === 'refunded')) {
    await tellEvent(stores, { id, code: `consultation_${state}` }, at)
    await closeThread(stores, id, at)
  }
}

function partiesOf ({ patientId, doctorId }: Pick<Consultation, 'patientId' | 'doctorId'>): readonly Party[] {
  return [{ kind: 'patient', id: patientId }, ...doctorId === null ? [] : [{ kind: 'doctor' as const, id: doctorId }]]
}
