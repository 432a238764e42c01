import { halfFen, isCompensated } from './payment-states.ts'
import { noPayment, type PaymentStores, type PaymentTools } from './payment-tools.ts'
import type { PaymentHalf, Refund } from './payment-order.ts'
import { proportionalParts } from './split-refund.ts'
import { submitRefund } from './submit-refund.ts'

/**
 * 补偿. Gives back the half of a mixed order that was paid without the other one: the settlement is reversed, or the
 * cash refunded (I-51). It is a refund that nobody has to approve, since nothing was bought.
 */
export async function compensatePayment<Stores extends PaymentStores> (tools: PaymentTools<Stores>, { orderId, half }: { readonly orderId: string, readonly half: PaymentHalf }): Promise<void> {
  const refund = await tools.inTransaction((stores) => openCompensation(stores, tools, { orderId, half }))
  if (refund !== null) await submitRefund(tools, refund.id)
}

async function openCompensation<Stores extends PaymentStores> ({ payments }: Stores, { ids, clock }: PaymentTools<Stores>, { orderId, half }: { readonly orderId: string, readonly half: PaymentHalf }): Promise<Refund | null> {
  const order = await payments.findForChange(orderId)
  if (order === null) throw noPayment()
  const sourceKey = `compensation:${orderId}:${half}`
  const first = await payments.refundBySourceKey(sourceKey)
  if (first !== null) return first
  if (!isCompensated(order)) return null
  const id = ids.next()
  const amountFen = halfFen(order, half)
  const refund: Refund = {
    id,
    orderId,
    refundNumber: id.replaceAll('-', ''),
    sourceKey,
    amountFen,
    parts: proportionalParts(amountFen, order.parts),
    half,
    reason: 'half_paid',
    state: 'approved',
    requestedBy: 'system',
    requestedAt: clock.now(),
    approvedBy: null,
    channelNumber: null,
    doneAt: null,
    doneOn: null,
    queries: 0,
    nextQueryAt: null
  }
  await payments.saveRefund(refund)
  return refund
}
