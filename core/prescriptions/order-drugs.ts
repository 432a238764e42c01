import { DomainError } from '../errors.ts'
import { ownNumberFrom } from '../identity/index.ts'
import { fen } from '../money.ts'
import { decideDrugOrder, totalFen, type Delivery, type DrugOrder } from './drug-order.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'
import { itemsFen, refuseUnlessOrderable, type Prescription, type PrescriptionItem } from './prescription.ts'
import { noPrescription } from './act-on-prescription.ts'

export interface OrderDrugs {
  readonly prescriptionId: string
  /** Records that the caller may act for. */
  readonly patientIds: readonly string[]
  /** Numbers of its items; null: all that are not ordered yet. */
  readonly items: readonly number[] | null
  readonly delivery: Delivery
  /** Of a parcel, sealed. */
  readonly sealedAddress: string | null
}

const minuteMs = 60_000

/** 下单购药 (C12). Only on a prescription that is signed, reviewed and valid now; what it costs is fixed. */
export async function orderDrugs<Stores extends DocumentStores> (stores: Stores, { ids, settings }: Pick<DocumentTools<Stores>, 'ids' | 'settings'>, command: OrderDrugs, at: Date): Promise<DrugOrder> {
  const { prescriptionId, delivery, sealedAddress } = command
  const prescription = await stores.prescriptions.findForChange(prescriptionId)
  if (prescription === null || prescription.state === 'draft' || !command.patientIds.includes(prescription.patientId)) throw hiddenUnless(prescription, command)
  refuseUnlessOrderable(prescription, at)
  if ((delivery === 'mail') !== (sealedAddress !== null)) throw new DomainError('REQUEST_INVALID', 'A parcel needs an address, and what is picked up needs none.', 'address')
  const items = await wantedItems(stores, prescription, command.items)
  const id = ids.next()
  const created: DrugOrder = {
    id, number: ownNumberFrom(id), prescriptionId, hospitalId: prescription.hospitalId, patientId: prescription.patientId, items, delivery, sealedAddress,
    drugsFen: itemsFen(items), logisticsFen: fen(delivery === 'mail' ? settings.logisticsFen : 0),
    state: 'created', paymentOrderId: null, refundFen: fen(0), returnAsked: null, reason: null,
    createdAt: at, paidAt: null, checkedBy: null, checkedAt: null, dispensedBy: null, dispensedAt: null, shippedAt: null, deliveredAt: null, endedAt: null,
    dueAt: new Date(at.getTime() + settings.payMinutes * minuteMs)
  }
  const order = totalFen(created) === 0 ? decideDrugOrder(created, { kind: 'pay', paymentOrderId: null, paidAt: at }, at) : created
  await stores.drugOrders.save(order)
  return order
}

/** Of a draft the person has never heard: it is told that it is not signed only to whom it is for. */
function hiddenUnless (prescription: Prescription | null, { patientIds }: OrderDrugs): DomainError {
  if (prescription !== null && patientIds.includes(prescription.patientId)) return new DomainError('PRESCRIPTION_NOT_SIGNED', 'The doctor has not signed this prescription yet.')
  return noPrescription()
}

async function wantedItems ({ drugOrders }: Pick<DocumentStores, 'drugOrders'>, { id, items }: Prescription, wanted: readonly number[] | null): Promise<readonly PrescriptionItem[]> {
  const taken = (await drugOrders.liveOf(id)).flatMap((order) => order.items.map(({ number }) => number))
  const free = items.filter(({ number }) => !taken.includes(number))
  const chosen = wanted === null ? free : items.filter(({ number }) => wanted.includes(number))
  if (wanted !== null && chosen.length !== new Set(wanted).size) throw new DomainError('REQUEST_INVALID', 'Name items by their numbers on the prescription.', 'items')
  if (chosen.length === 0 || chosen.some(({ number }) => taken.includes(number))) throw new DomainError('PRESCRIPTION_ITEM_ORDERED', 'These drugs are ordered already. List the orders of the prescription.', 'items')
  return chosen
}
