import { fen, type Fen } from '../money.ts'
import type { OutboxMessage } from '../outbox.ts'
import { readRefundToSource } from './payment-messages.ts'
import { noPayment, type PaymentStores } from './payment-tools.ts'
import type { PaymentPart } from './payment-order.ts'
import { requestRefund, type RefundRules } from './request-refund.ts'
import { proportionalParts, refundSteps } from './split-refund.ts'

/** No sum is above it. */
const nobodyAsked = fen(9e15)

/** 原路退回 by a payee's message; the message's key is that of the first refund, so carried again it moves nothing. */
export async function refundToSource<Stores extends PaymentStores> (stores: Stores, tools: RefundRules<Stores>, message: OutboxMessage, at: Date): Promise<void> {
  const { orderId, amountFen: wantedFen, parts: wanted, reason, isDecided } = readRefundToSource(message)
  const order = await stores.payments.findForChange(orderId)
  if (order === null) throw noPayment()
  if (await stores.payments.refundBySourceKey(message.key) !== null) return
  const rules = isDecided === true ? { ...tools, byTwoAboveFen: nobodyAsked } : tools
  const steps = refundSteps(order, await stores.payments.refundsOf(orderId), wantedFen)
  let left = wanted
  for (const [place, amountFen] of steps.entries()) {
    const parts = left === null ? null : proportionalParts(amountFen, left)
    left = left === null || parts === null ? null : without(left, parts)
    await requestRefund(stores, rules, { orderId, sourceKey: place === 0 ? message.key : `${message.key}:insurance`, amountFen, parts, hospitalId: null, reason, requestedBy: 'system' }, at)
  }
}

function without (parts: readonly PaymentPart[], gone: readonly PaymentPart[]): readonly PaymentPart[] {
  const goneOf = (part: PaymentPart): Fen => gone.find(({ hospitalId, referenceId }) => hospitalId === part.hospitalId && referenceId === part.referenceId)?.amountFen ?? fen(0)
  return parts.map((part) => ({ ...part, amountFen: fen(part.amountFen - goneOf(part)) })).filter(({ amountFen }) => amountFen > 0)
}
