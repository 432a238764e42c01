import { DomainError } from '../errors.ts'
import type { Fen } from '../money.ts'
import { refundToSourceMessage, type PaymentPart } from '../payments/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { tellPerson } from './document-notice.ts'
import type { DrugOrder } from './drug-order.ts'
import { keepOrder, orderForChange } from './fulfil-order.ts'
import { logisticsPart } from './drug-order-books.ts'
import type { DocumentStores, DocumentTools } from './ports.ts'

type EndTools<Stores> = Pick<DocumentTools<Stores>, 'ids' | 'settings'>

/** Money goes back the way it came, once; decided by rule or by the pharmacist, so that nobody is asked a second time. */
async function giveBack (stores: Pick<DocumentStores, 'outbox'>, { ids }: Pick<DocumentTools<never>, 'ids'>, order: DrugOrder, at: Date): Promise<void> {
  if (order.paymentOrderId === null || order.refundFen === 0) return
  await stores.outbox.add(refundToSourceMessage({ orderId: order.paymentOrderId, amountFen: order.refundFen, parts: partsOf(order), reason: `drug_order_${order.state}`, isDecided: true }, { id: ids.next(), key: `drug-order:${order.id}`, at }))
}

function partsOf (order: DrugOrder): readonly PaymentPart[] {
  const { id, hospitalId, patientId, drugsFen, refundFen } = order
  const feeFen = (refundFen - drugsFen) as Fen
  const parts = [{ hospitalId, referenceId: id, patientId, amountFen: (refundFen - Math.max(0, feeFen)) as Fen }, { hospitalId, referenceId: logisticsPart(id), patientId, amountFen: feeFen }]
  return parts.filter(({ amountFen }) => amountFen > 0)
}

/** 取消. By the person until it is dispensed, or by the pharmacy with its reason; all that was paid goes back. */
export async function cancelOrder<Stores extends DocumentStores> (stores: Stores, tools: EndTools<Stores>, { id, reason }: { readonly id: string, readonly reason: string }, at: Date): Promise<DrugOrder> {
  const order = await keepOrder(stores, await orderForChange(stores, id), { kind: 'cancel', reason }, at)
  await giveBack(stores, tools, order, at)
  await stores.outbox.add(tellPerson('purchase_cancelled', order, { id: tools.ids.next(), key: id, at }))
  return order
}

const dayMs = 86_400_000

/** 申请退货. Of what was delivered, within the days of the setting; the pharmacist decides when it is back and unopened. */
export async function askReturn<Stores extends DocumentStores> (stores: Stores, { settings }: EndTools<Stores>, { id, reason }: { readonly id: string, readonly reason: string }, at: Date): Promise<DrugOrder> {
  const before = await orderForChange(stores, id)
  const { deliveredAt } = before
  if (deliveredAt !== null && at.getTime() - deliveredAt.getTime() >= settings.returnDays * dayMs) throw new DomainError('DRUG_ORDER_RETURN_REFUSED', 'The time in which unopened drugs are taken back is over. For a fault of the drugs ask the hospital.')
  return await keepOrder(stores, before, { kind: 'ask_return', reason }, at)
}

export interface DecideReturn {
  readonly id: string
  readonly isAccepted: boolean
  /** The pharmacist has the drugs back and has seen that nothing was opened. */
  readonly isUnopened: boolean
  readonly reason: string
}

/** 退货验收. What was opened is never taken back; of what is, the price of the drugs goes back and the carrier keeps its fee. */
export async function decideReturn<Stores extends DocumentStores> (stores: Stores, tools: EndTools<Stores>, { id, isAccepted, isUnopened, reason }: DecideReturn, at: Date): Promise<DrugOrder> {
  const before = await orderForChange(stores, id)
  if (!isAccepted) return await keepOrder(stores, before, { kind: 'keep', reason }, at)
  if (!isUnopened) throw new DomainError('DRUG_ORDER_RETURN_REFUSED', 'Drugs that were opened are not taken back. Refuse the return.', 'unopened')
  const isAtCarrier = before.state === 'shipped' || (before.state === 'dispensed' && before.delivery === 'mail')
  if (isAtCarrier || (before.state === 'delivered' && before.returnAsked === null)) throw new DomainError('DRUG_ORDER_STATE_REFUSED', 'Nobody has asked to return this order, or it is still under way.')
  return await endReturned(stores, tools, { before, reason, isWhole: false }, at)
}

/** Came back, or is lost: what goes back follows from whether the carrier did its work. */
export async function endReturned<Stores extends DocumentStores> (stores: Stores, tools: EndTools<Stores>, { before, reason, isWhole }: { readonly before: DrugOrder, readonly reason: string, readonly isWhole: boolean }, at: Date): Promise<DrugOrder> {
  const order = await keepOrder(stores, before, { kind: 'return', reason, isWhole }, at)
  await giveBack(stores, tools, order, at)
  await stores.outbox.add(tellPerson('parcel_returned', order, { id: tools.ids.next(), key: order.id, at }))
  return order
}

const stepSize = 100

/** 超时未付. */
export async function cancelUnpaid<Stores extends DocumentStores> ({ inTransaction, tools }: { readonly inTransaction: InTransaction<Stores>, readonly tools: EndTools<Stores> }, dueAt: Date): Promise<{ readonly cancelled: number }> {
  let cancelled = 0
  for (;;) {
    const step = await inTransaction(async (stores) => {
      const due = await stores.drugOrders.due(dueAt, stepSize)
      for (const { id } of due) await cancelOrder(stores, tools, { id, reason: 'not_paid_in_time' }, dueAt)
      return due.length
    })
    cancelled += step
    if (step < stepSize) return { cancelled }
  }
}
