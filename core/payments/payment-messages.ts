import type { OutboxMessage } from '../outbox.ts'
import { fen, type Fen } from '../money.ts'
import type { PaymentHalf, PaymentPart } from './payment-order.ts'

/** Kinds of outbox messages of this context; app/compose/payments.ts says what carries each out. */
export const paymentKinds = {
  callback: 'payment-callback',
  refund: 'refund',
  refundToSource: 'refund-to-source',
  compensation: 'payment-compensation',
  close: 'payment-close'
} as const

interface Envelope {
  readonly id: string
  readonly at: Date
}

/** Money that goes back the way it came. */
export interface RefundToSource {
  readonly orderId: string
  readonly amountFen: Fen
  /** How the payee splits it; null: in proportion to the order's parts. */
  readonly parts: readonly PaymentPart[] | null
  readonly reason: string
  /** Decided already by a rule or a reviewer: no second person is asked, whatever the sum. */
  readonly isDecided?: boolean
}

/** 原路退回. A payee writes it in the transaction that finds nothing to pay; `key` is the refund's own: once is enough. */
export function refundToSourceMessage (wanted: RefundToSource, { id, at, key }: Envelope & { readonly key: string }): OutboxMessage {
  return { id, kind: paymentKinds.refundToSource, key, payload: { ...wanted }, createdAt: at }
}

export function readRefundToSource ({ payload }: OutboxMessage): RefundToSource {
  const { orderId, amountFen, parts, reason, isDecided = false } = payload as unknown as RefundToSource
  return { orderId, amountFen: fen(amountFen), parts: parts === null ? null : parts.map((part) => ({ ...part, amountFen: fen(part.amountFen) })), reason, isDecided }
}

export function refundMessage (refundId: string, { id, at }: Envelope): OutboxMessage {
  return { id, kind: paymentKinds.refund, key: refundId, payload: { refundId }, createdAt: at }
}

export function compensationMessage (orderId: string, half: PaymentHalf, { id, at }: Envelope): OutboxMessage {
  return { id, kind: paymentKinds.compensation, key: `${orderId}:${half}`, payload: { orderId, half }, createdAt: at }
}

export function closeMessage (orderId: string, { id, at }: Envelope): OutboxMessage {
  return { id, kind: paymentKinds.close, key: orderId, payload: { orderId }, createdAt: at }
}
