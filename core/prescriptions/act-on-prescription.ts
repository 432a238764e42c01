import { addDays } from '../days.ts'
import { DomainError } from '../errors.ts'
import { staffNotice } from '../notice.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { issuedNotice, tellPerson } from './document-notice.ts'
import { refuseChild } from './draft-prescription.ts'
import { consultationOfDoctor } from './may-document.ts'
import { refuseForbiddenItems } from './may-prescribe.ts'
import { medicationRequests } from './medication-records.ts'
import { keepOurRecords, visitOf } from './our-records.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'
import { decidePrescription, prescriptionToSign, reviewToSign, type Prescription, type PrescriptionEvent } from './prescription.ts'
import { signed } from './signature.ts'

export const noPrescription = (): DomainError => new DomainError('PRESCRIPTION_NOT_FOUND', 'No prescription has this id; list the prescriptions.')

export async function prescriptionForChange ({ prescriptions }: Pick<DocumentStores, 'prescriptions'>, id: string): Promise<Prescription> {
  const found = await prescriptions.findForChange(id)
  if (found === null) throw noPrescription()
  return found
}

/** Saves what an event made of it, with its records: a hospital hears of a prescription from the pharmacist's yes on. */
export async function keepPrescription<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { before, event }: { readonly before: Prescription, readonly event: PrescriptionEvent }, at: Date): Promise<Prescription> {
  const after = decidePrescription(before, event, at)
  await stores.prescriptions.save(after)
  if (after.review?.isApproved === true) await keepOurRecords(stores, tools, { ...after, records: medicationRequests(after, await visitOf(stores, tools.stableId, after.consultationId)) }, at)
  return after
}

/** 医师签名. The rules are asked again: a draft may have lain, and a list or a birthday come between. */
export async function signPrescription<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id, doctorId }: { readonly id: string, readonly doctorId: string }, at: Date): Promise<Prescription> {
  const before = await prescriptionForChange(stores, id)
  if (before.doctorId !== doctorId) throw noPrescription()
  await consultationOfDoctor(stores, { consultationId: before.consultationId, doctorId })
  refuseForbiddenItems(before.items, tools.settings)
  await refuseChild(stores, tools, before, at)
  const validUntil = tools.startOfDay(addDays(tools.calendar(at), tools.settings.validDays))
  return await keepPrescription(stores, tools, { before, event: { kind: 'sign', validUntil, signature: signed(tools.signer, { content: prescriptionToSign(before), by: doctorId, at }) } }, at)
}

export interface ReviewPrescription {
  readonly id: string
  readonly by: string
  readonly isApproved: boolean
  readonly reason: string | null
}

/** 药师审方. */
export async function reviewPrescription<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id, by, isApproved, reason }: ReviewPrescription, at: Date): Promise<Prescription> {
  const before = await prescriptionForChange(stores, id)
  if (!isApproved && reason === null) throw new DomainError('REQUEST_INVALID', 'Say why it is rejected, so that the doctor can write another one.', 'reason')
  const signature = signed(tools.signer, { content: reviewToSign(before, { isApproved, reason }), by, at })
  const after = await keepPrescription(stores, tools, { before, event: { kind: 'review', review: { isApproved, reason, signature } } }, at)
  const told = { id: tools.ids.next(), key: `prescription:${id}`, at }
  await stores.outbox.add(isApproved ? issuedNotice(after, told) : staffNotice({ template: 'document_rejected', staffId: after.doctorId, params: {} }, { ...told, key: `document_rejected:${id}` }))
  return after
}

/** 作废. By the doctor who wrote it, as long as no order of it is under way: that one is cancelled first. */
export async function voidPrescription<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id, doctorId, reason }: { readonly id: string, readonly doctorId: string, readonly reason: string }, at: Date): Promise<Prescription> {
  const before = await prescriptionForChange(stores, id)
  if (before.doctorId !== doctorId) throw noPrescription()
  if ((await stores.drugOrders.liveOf(id)).length > 0) throw new DomainError('PRESCRIPTION_ITEM_ORDERED', 'Drugs of this prescription are ordered. The pharmacy cancels the order first.')
  const after = await keepPrescription(stores, tools, { before, event: { kind: 'void', reason } }, at)
  if (before.state !== 'draft') await stores.outbox.add(tellPerson('document_issued', after, { id: tools.ids.next(), key: `prescription-void:${id}`, at }))
  return after
}

const stepSize = 100

/** 处方过期. Of those with an order under way the order decides: what was paid in time is dispensed. */
export async function expirePrescriptions<Stores extends DocumentStores> ({ inTransaction, tools }: { readonly inTransaction: InTransaction<Stores>, readonly tools: DocumentTools<Stores> }, dueAt: Date): Promise<{ readonly expired: number }> {
  let expired = 0
  for (;;) {
    const step = await inTransaction(async (stores) => {
      const due = await stores.prescriptions.expiring(dueAt, stepSize)
      for (const before of due) await keepPrescription(stores, tools, { before, event: { kind: 'expire' } }, dueAt)
      return due.length
    })
    expired += step
    if (step < stepSize) return { expired }
  }
}
