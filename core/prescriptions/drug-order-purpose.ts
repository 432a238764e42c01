import { DomainError } from '../errors.ts'
import { sumFen } from '../money.ts'
import type { LedgerStore } from '../ledger/index.ts'
import { refundToSourceMessage, type Payable, type PaymentOrder, type PaymentStore, type Purpose, type Refund, type WantedPayment } from '../payments/index.ts'
import { tellPerson } from './document-notice.ts'
import { decideDrugOrder, totalFen, type DrugOrder } from './drug-order.ts'
import { bookPaid, bookRefunded, bookRefunding, logisticsPart, orderIdOf, unwantedReason, type BookTools } from './drug-order-books.ts'
import { noDrugOrder } from './fulfil-order.ts'
import type { DocumentStores } from './ports.ts'

export const drugOrderPurposeName = 'drug-order'

export interface DrugOrderPurposeStores extends Pick<DocumentStores, 'drugOrders' | 'outbox'> {
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'>
  readonly payments: Pick<PaymentStore, 'refundsOf'>
}

/**
 * 购药付款 (C12). Paid to the hospital, not held: it is the seller, it dispenses within hours, and what goes back before that
 * goes back whole. Drugs and the carrier's fee are parts of one payment, so that a refund may take either.
 */
export function drugOrderPurpose<Stores extends DrugOrderPurposeStores> (tools: BookTools): Purpose<Stores> {
  return {
    payables: { owed: ({ drugOrders }, _payer, wanted) => owedFor(drugOrders, wanted) },
    payee: {
      paid: (stores, order, at) => takePaid(stores, tools, order, at),
      refunding: async (stores, refund, order, at) => {
        await refuseUndecided(stores, refund, order)
        await bookRefunding(stores, tools, { order, refund }, at)
      },
      refunded: async (stores, refund, order, at) => {
        await bookRefunded(stores, tools, { order, refund }, at)
        await endRefunded(stores, { refund, order }, at)
      }
    }
  }
}

async function owedFor (drugOrders: DocumentStores['drugOrders'], { items, patientIds, amountFen }: WantedPayment): Promise<Payable> {
  const order = await drugOrders.find(oneOrderOf(items))
  if (order === null || !patientIds.includes(order.patientId)) throw noDrugOrder()
  if (order.state !== 'created') throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is to be paid for this order.')
  if (amountFen !== null && amountFen !== totalFen(order)) throw new DomainError('PAYMENT_AMOUNT_INVALID', 'This is paid as a whole. Leave the amount out, or read the order again.', 'amountFen')
  const { id, hospitalId, patientId, drugsFen, logisticsFen } = order
  const parts = [{ hospitalId, referenceId: id, patientId, amountFen: drugsFen }, { hospitalId, referenceId: logisticsPart(id), patientId, amountFen: logisticsFen }]
  return { subjectId: id, parts: parts.filter((part) => part.amountFen > 0), description: '医院订单', insuranceFen: null }
}

/** Its parts name it, too: the drugs, and the carriage. */
function oneOrderOf (items: WantedPayment['items']): string {
  const [orderId, ...others] = new Set((items ?? []).map(({ referenceId }) => orderIdOf(referenceId)))
  if (orderId === undefined || others.length > 0) throw new DomainError('REQUEST_INVALID', 'Name the one order that is to be paid.', 'items')
  return orderId
}

/** Once for each payment, whatever how often it is told. Of an order that was cancelled or paid meanwhile it goes back. */
async function takePaid<Stores extends DrugOrderPurposeStores> (stores: Stores, tools: BookTools, payment: PaymentOrder, at: Date): Promise<void> {
  const order = await stores.drugOrders.findForChange(payment.subjectId)
  const isWanted = order?.state === 'created'
  if (!await bookPaid(stores, tools, { order: payment, isWanted }, at)) return
  if (order === null || !isWanted) {
    await stores.outbox.add(refundToSourceMessage({ orderId: payment.id, amountFen: payment.amountFen, parts: payment.parts, reason: unwantedReason, isDecided: true }, { id: tools.ids.next(), key: `drug-order-unwanted:${payment.id}`, at }))
    return
  }
  const paid = decideDrugOrder(order, { kind: 'pay', paymentOrderId: payment.id, paidAt: payment.paidAt ?? at }, at)
  await stores.drugOrders.save(paid)
  await stores.outbox.add(tellPerson('purchase_confirmed', paid, { id: tools.ids.next(), key: order.id, at }))
}

/** Never more leaves than was decided on the order; a refund that failed may be asked for again. */
async function refuseUndecided (stores: DrugOrderPurposeStores, refund: Refund, payment: PaymentOrder): Promise<void> {
  if (refund.reason === unwantedReason) return
  const order = await stores.drugOrders.find(payment.subjectId)
  const isOfOrder = order?.paymentOrderId === payment.id
  const leaving = (await stores.payments.refundsOf(payment.id)).filter(({ id, state }) => id !== refund.id && state !== 'failed' && state !== 'requested')
  const decided = isOfOrder ? order.refundFen : payment.amountFen
  if (sumFen([refund.amountFen, ...leaving.map(({ amountFen }) => amountFen)]) > decided) throw new DomainError('DRUG_ORDER_REFUND_NOT_DECIDED', 'Cancel the order, or have its return decided: the refund follows by itself.')
}

async function endRefunded (stores: DrugOrderPurposeStores, { refund, order: payment }: { readonly refund: Refund, readonly order: PaymentOrder }, at: Date): Promise<void> {
  if (refund.state !== 'success') return
  const order: DrugOrder | null = await stores.drugOrders.findForChange(payment.subjectId)
  const isEnded = order?.paymentOrderId === payment.id && (order.state === 'cancelled' || order.state === 'returned')
  if (isEnded && refund.amountFen >= order.refundFen) await stores.drugOrders.save(decideDrugOrder(order, { kind: 'refund' }, at))
}
