import { DomainError } from '../errors.ts'
import { keepPrescription, prescriptionForChange } from './act-on-prescription.ts'
import { tellPerson } from './document-notice.ts'
import { decideDrugOrder, type DrugOrder, type DrugOrderEvent } from './drug-order.ts'
import { medicationDispenses } from './medication-records.ts'
import { keepOurRecords } from './our-records.ts'
import type { Parcel } from './parcel.ts'
import { shipmentMessage } from './parcel-messages.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'
import { prescriptionToSign, reviewToSign, type Prescription } from './prescription.ts'
import { verifiedSignature } from './signature.ts'

export const noDrugOrder = (): DomainError => new DomainError('DRUG_ORDER_NOT_FOUND', 'No drug order has this id; list the drug orders.')

export interface OnOrder {
  readonly id: string
  readonly by: string
}

export async function orderForChange ({ drugOrders }: Pick<DocumentStores, 'drugOrders'>, id: string): Promise<DrugOrder> {
  const found = await drugOrders.findForChange(id)
  if (found === null) throw noDrugOrder()
  return found
}

export async function keepOrder (stores: Pick<DocumentStores, 'drugOrders'>, before: DrugOrder, event: DrugOrderEvent, at: Date): Promise<DrugOrder> {
  const after = decideDrugOrder(before, event, at)
  await stores.drugOrders.save(after)
  return after
}

/** 核方. The pharmacist looks at the prescription again before anything is taken from the shelf: both signatures must hold. */
export async function checkOrder<Stores extends DocumentStores> (stores: Stores, { signer }: Pick<DocumentTools<Stores>, 'signer'>, { id, by }: OnOrder, at: Date): Promise<DrugOrder> {
  const before = await orderForChange(stores, id)
  const prescription = await prescriptionForChange(stores, before.prescriptionId)
  if (prescription.state !== 'pharmacist_approved' || !holds(prescription, signer)) throw new DomainError('PRESCRIPTION_SIGNATURE_INVALID', 'The prescription does not hold: a signature is not valid or it was ended. Cancel the order and tell the doctor.')
  return await keepOrder(stores, before, { kind: 'check', by }, at)
}

function holds (prescription: Prescription, signer: DocumentTools<never>['signer']): boolean {
  const { signature, review } = prescription
  if (signature === null || review === null) return false
  return verifiedSignature(signer, prescriptionToSign(prescription), signature).isValid && verifiedSignature(signer, reviewToSign(prescription, review), review.signature).isValid
}

/** 发药. With the last of its drugs the prescription is dispensed. */
export async function dispenseOrder<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id, by }: OnOrder, at: Date): Promise<DrugOrder> {
  const before = await orderForChange(stores, id)
  const prescription = await prescriptionForChange(stores, before.prescriptionId)
  const order = await keepOrder(stores, before, { kind: 'dispense', by }, at)
  const dispensed = (await stores.drugOrders.liveOf(prescription.id)).filter(({ dispensedAt }) => dispensedAt !== null).flatMap(({ items }) => items.map(({ number }) => number))
  const isWhole = prescription.items.every(({ number }) => dispensed.includes(number))
  if (isWhole && prescription.state === 'pharmacist_approved') await keepPrescription(stores, tools, { before: prescription, event: { kind: 'dispense' } }, at)
  await keepOurRecords(stores, tools, { ...order, records: medicationDispenses(order) }, at)
  if (order.delivery === 'pick_up') await stores.outbox.add(tellPerson('purchase_ready', order, { id: tools.ids.next(), key: id, at }))
  return order
}

/** 寄出. The carrier is told by the outbox; its own events say where the parcel is. */
export async function shipOrder<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id }: OnOrder, at: Date): Promise<DrugOrder> {
  const order = await keepOrder(stores, await orderForChange(stores, id), { kind: 'ship' }, at)
  const parcel: Parcel = { drugOrderId: id, number: order.number, trackingNumber: null, state: 'requested', requestedAt: at, nextTrackAt: null }
  await stores.parcels.save(parcel)
  await stores.outbox.add(shipmentMessage(order, { id: tools.ids.next(), at }))
  return order
}

/** 取药. At the counter, to the person. */
export async function handOver<Stores extends DocumentStores> (stores: Stores, tools: DocumentTools<Stores>, { id }: OnOrder, at: Date): Promise<DrugOrder> {
  const before = await orderForChange(stores, id)
  if (before.delivery !== 'pick_up') throw new DomainError('DRUG_ORDER_STATE_REFUSED', 'This one is mailed: the carrier says when it has arrived.')
  const order = await keepOrder(stores, before, { kind: 'deliver' }, at)
  await keepOurRecords(stores, tools, { ...order, records: medicationDispenses(order) }, at)
  return order
}
