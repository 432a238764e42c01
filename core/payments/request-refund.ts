import { DomainError } from '../errors.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import { refundMessage } from './payment-messages.ts'
import { purposeOf, noPayment, type LearnTools, type PaymentStores } from './payment-tools.ts'
import type { PaymentOrder, PaymentPart, Refund } from './payment-order.ts'
import { goingBack, halfOf, paidOf, proportionalParts, remainingParts, tooMuch } from './split-refund.ts'

export interface RequestRefund {
  readonly orderId: string
  /** One effect, one key: asking again answers with the first refund and moves nothing. */
  readonly sourceKey: string
  /** Null: all that is left. */
  readonly amountFen: Fen | null
  /** The payee's own split; null: in proportion to what is left of the order's parts. */
  readonly parts: readonly PaymentPart[] | null
  /** Only of the parts of one hospital: whoever asks has no right to another's money. Null: of all. */
  readonly hospitalId: string | null
  readonly reason: string
  readonly requestedBy: string
}

export interface RefundRules<Stores> extends LearnTools<Stores> {
  /** Above it a second person approves. */
  readonly byTwoAboveFen: Fen
}

/**
 * 申请退款. In the caller's transaction, under the order's lock: what was paid, less what went back and what is on its
 * way, is all that can go back (I-09).
 */
export async function requestRefund<Stores extends PaymentStores> (stores: Stores, tools: RefundRules<Stores>, command: RequestRefund, at: Date): Promise<Refund> {
  const { payments, outbox } = stores
  const order = await payments.findForChange(command.orderId)
  if (order === null) throw noPayment()
  const first = await payments.refundBySourceKey(command.sourceKey)
  if (first !== null) return first
  const refund = decideRefund(order, await payments.refundsOf(order.id), command, { id: tools.ids.next(), at, byTwoAboveFen: tools.byTwoAboveFen })
  const { payee } = purposeOf(tools, order.purpose)
  await payee.asked?.(stores, refund, order)
  await payments.saveRefund(refund)
  if (refund.state === 'approved') {
    await payee.refunding(stores, refund, order, at)
    await outbox.add(refundMessage(refund.id, { id: tools.ids.next(), at }))
  }
  return refund
}

interface Circumstances {
  readonly id: string
  readonly at: Date
  readonly byTwoAboveFen: Fen
}

function decideRefund (order: PaymentOrder, refunds: readonly Refund[], command: RequestRefund, { id, at, byTwoAboveFen }: Circumstances): Refund {
  const { hospitalId, reason, requestedBy, sourceKey } = command
  const left = remainingParts(order, refunds).filter((part) => part.amountFen > 0 && (hospitalId === null || part.hospitalId === hospitalId))
  const ofOrderFen = fen(Math.max(0, (order.state === 'success' ? paidOf(order) : 0) - goingBack(refunds)))
  const leftFen = hospitalId === null ? ofOrderFen : fen(Math.min(ofOrderFen, sumFen(left.map((part) => part.amountFen))))
  const amountFen = command.amountFen ?? leftFen
  if (amountFen <= 0 || amountFen > leftFen) throw tooMuch()
  const parts = command.parts ?? proportionalParts(amountFen, left.length > 0 ? left : order.parts)
  if (parts.some((part) => part.amountFen <= 0) || sumFen(parts.map((part) => part.amountFen)) !== amountFen) throw new DomainError('PAYMENT_AMOUNT_INVALID', 'The parts of a refund are positive and sum to its amount.', 'parts')
  const half = halfOf(order, refunds, amountFen)
  const needsSecond = amountFen > byTwoAboveFen
  return {
    id,
    orderId: order.id,
    refundNumber: id.replaceAll('-', ''),
    sourceKey,
    amountFen,
    parts,
    ...half === undefined ? {} : { half },
    reason,
    state: needsSecond ? 'requested' : 'approved',
    requestedBy,
    requestedAt: at,
    approvedBy: null,
    channelNumber: null,
    doneAt: null,
    doneOn: null,
    queries: 0,
    nextQueryAt: null
  }
}
