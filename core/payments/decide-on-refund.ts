import { DomainError } from '../errors.ts'
import { refundMessage } from './payment-messages.ts'
import { movedRefund } from './payment-states.ts'
import { purposeOf, noPayment, noRefund, type LearnTools, type PaymentStores } from './payment-tools.ts'
import type { Refund } from './payment-order.ts'

interface RefundVerdict {
  readonly refundId: string
  readonly isApproved: boolean
  readonly by: string
}

/** 复核退款. The second person's word on a refund above the limit. The same word again answers with what stands. */
export async function decideOnRefund<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { refundId, isApproved, by }: RefundVerdict, at: Date): Promise<Refund> {
  const { payments, outbox } = stores
  const found = await payments.findRefund(refundId)
  if (found === null) throw noRefund()
  const order = await payments.findForChange(found.orderId)
  if (order === null) throw noPayment()
  const refund = await payments.findRefund(refundId) ?? found
  if (refund.requestedBy === by) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever asked for the refund does not decide on it. Ask a second person.')
  if (refund.approvedBy === by && isApproved === (refund.state !== 'failed')) return refund
  const decided: Refund = { ...movedRefund(refund, isApproved ? 'approved' : 'failed'), approvedBy: by, doneAt: isApproved ? null : at }
  await payments.saveRefund(decided)
  if (!isApproved) return decided
  await purposeOf(tools, order.purpose).payee.refunding(stores, decided, order, at)
  await outbox.add(refundMessage(decided.id, { id: tools.ids.next(), at }))
  return decided
}
