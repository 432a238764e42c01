import { DomainError } from '../errors.ts'
import type { PaymentHalf, PaymentOrder, PaymentState, Refund, RefundState } from './payment-order.ts'

/** 支付单. Where each state may go (domain document §1.4); what is not here is refused. A late success is taken. */
export const paymentMoves: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  created: ['pending', 'unknown', 'success', 'failed', 'closed'],
  pending: ['unknown', 'success', 'failed', 'closed'],
  unknown: ['pending', 'success', 'failed', 'closed'],
  // failed: of a mixed order one half was paid after all, and goes back.
  closed: ['success', 'failed'],
  failed: ['success'],
  success: []
}

/** 退款. requested → failed: a second person declined it. */
export const refundMoves: Readonly<Record<RefundState, readonly RefundState[]>> = {
  requested: ['approved', 'failed'],
  approved: ['submitted'],
  submitted: ['unknown', 'success', 'failed'],
  unknown: ['submitted', 'success', 'failed'],
  success: [],
  failed: []
}

export const openStates = ['created', 'pending', 'unknown'] as const satisfies readonly PaymentState[]

export const isOpen = ({ state }: Pick<PaymentOrder, 'state'>): boolean => state === 'created' || state === 'pending' || state === 'unknown'

export const isFinalRefund = ({ state }: Pick<Refund, 'state'>): boolean => state === 'success' || state === 'failed'

export function movedPayment (order: PaymentOrder, state: PaymentState): PaymentOrder {
  if (!paymentMoves[order.state].includes(state)) throw new DomainError('PAYMENT_NOT_PAYABLE', `A payment that is ${order.state} does not become ${state}. Read it again.`)
  return { ...order, state }
}

export function movedRefund (refund: Refund, state: RefundState): Refund {
  if (!refundMoves[refund.state].includes(state)) throw new DomainError('DECISION_MADE', `A refund that is ${refund.state} does not become ${state}. Read it again.`)
  return { ...refund, state }
}

export const halfFen = (order: PaymentOrder, half: PaymentHalf): PaymentOrder['amountFen'] => half === 'cash' ? order.cashFen : order.insuranceFen

/** Whether halves of a mixed order that was never paid as a whole are on their way back. */
export const isCompensated = ({ state, cashState, insuranceState }: PaymentOrder): boolean => state === 'failed' && (cashState === 'success' || insuranceState === 'success')

/** Which channels have how much of an order: what CLEAR accounts and statements go by. */
export function clearingShares ({ channel, amountFen, cashFen, insuranceFen }: PaymentOrder): ReadonlyArray<{ readonly channel: 'wechat' | 'alipay' | 'bank' | 'insurance', readonly amountFen: PaymentOrder['amountFen'] }> {
  if (channel !== 'mixed') return [{ channel, amountFen }]
  return [{ channel: 'wechat', amountFen: cashFen }, { channel: 'insurance', amountFen: insuranceFen }]
}
