import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import type { DomainError } from '../../../core/errors.ts'
import { isOpen, paymentChannels, paymentModes, paymentStates, refundStates, type PaymentOrder, type PaymentPart, type Refund } from '../../../core/payments/index.ts'
import { admitTo, callerOf, limitsFor } from '../access.ts'
import { AmountFen, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const PartBody = Type.Object({ hospitalId: Id, referenceId: Id, patientId: nullable(Id), amountFen: AmountFen })

export const PaymentBody = Type.Object({
  id: Id,
  orderNumber: Type.String({ description: 'what the channel knows it by' }),
  purpose: Type.String(),
  patientId: nullable(Type.String({ description: 'who pays; null: an organization does' })),
  payerOrganizationId: nullable(Id),
  isHeld: Type.Boolean({ description: 'the channel keeps it frozen until what was bought is done' }),
  channel: oneOf(paymentChannels),
  mode: oneOf(paymentModes),
  state: oneOf(paymentStates),
  amountFen: AmountFen,
  cashFen: AmountFen,
  insuranceFen: AmountFen,
  parts: Type.Array(PartBody),
  prepay: nullable(Type.Record(Type.String(), Type.String(), { description: 'what the app or kiosk shows or hands to the wallet, while it can be paid' })),
  channelNumber: nullable(Type.String()),
  createdAt: Instant,
  expiresAt: Instant,
  paidAt: nullable(Instant),
  refundedFen: AmountFen
})

export const RefundBody = Type.Object({
  id: Id,
  paymentId: Id,
  refundNumber: Type.String(),
  state: oneOf(refundStates),
  amountFen: AmountFen,
  parts: Type.Array(PartBody),
  reason: Type.String(),
  requestedAt: Instant,
  isSecondPersonNeeded: Type.Boolean(),
  channelNumber: nullable(Type.String()),
  doneAt: nullable(Instant)
})

/** Of a payment over several hospitals each sees its own parts. */
const visible = (parts: readonly PaymentPart[], hospitalId: string | null): PaymentPart[] => parts.filter((part) => hospitalId === null || part.hospitalId === hospitalId)

export function paymentBody (order: PaymentOrder, hospitalId: string | null, write: WriteInstant) {
  const { id, orderNumber, purpose, channel, mode, state, amountFen, cashFen, insuranceFen, channelNumber, refundedFen } = order
  return {
    id, orderNumber, purpose, channel, mode, state, amountFen, cashFen, insuranceFen, channelNumber, refundedFen,
    patientId: order.payerPatientId,
    payerOrganizationId: order.payerOrganizationId ?? null,
    isHeld: order.isHeld === true,
    parts: visible(order.parts, hospitalId),
    prepay: isOpen(order) && order.prepay !== null ? { ...order.prepay } : null,
    createdAt: write(order.createdAt),
    expiresAt: write(order.expiresAt),
    paidAt: orNull(order.paidAt, write)
  }
}

export function refundBody (refund: Refund, hospitalId: string | null, write: WriteInstant) {
  const { id, refundNumber, state, amountFen, reason, channelNumber } = refund
  return {
    id, refundNumber, state, amountFen, reason, channelNumber,
    paymentId: refund.orderId,
    parts: visible(refund.parts, hospitalId),
    requestedAt: write(refund.requestedAt),
    isSecondPersonNeeded: state === 'requested',
    doneAt: orNull(refund.doneAt, write)
  }
}

/** A hospital's own system sees what the hospital pays; the people who work with money see what is paid to theirs. */
export function paymentLimits (request: FastifyRequest, permission: Permission): { readonly payerPatientIds: readonly string[] | null, readonly hospitalId: string | null, readonly payerOrganizationId: string | null } {
  const { patientIds, hospitalId } = limitsFor(request, permission)
  return isPayingHospital(request)
    ? { payerPatientIds: null, hospitalId: null, payerOrganizationId: hospitalId }
    : { payerPatientIds: patientIds, hospitalId, payerOrganizationId: null }
}

export const isPayingHospital = (request: FastifyRequest): boolean => callerOf(request).principal.role === 'hospital'

/** A payment is its payer's, and of every hospital that has a part in it. */
export function admitToPayment (request: FastifyRequest, permission: Permission, order: PaymentOrder, { kind, id, missing }: { readonly kind: 'payment' | 'refund', readonly id: string, readonly missing: () => DomainError }): void {
  const { hospitalId } = limitsFor(request, permission)
  const isIn = hospitalId !== null && (isPayingHospital(request) ? order.payerOrganizationId === hospitalId : order.parts.some((part) => part.hospitalId === hospitalId))
  admitTo(request, permission, { kind, id, patientId: order.payerPatientId, hospitalId: isIn ? hospitalId : null }, missing)
}

/** Who asks for or decides on a refund: one person with two tokens is one person. */
export function deciderOf (request: FastifyRequest): string {
  const { principal } = callerOf(request)
  return principal.personId ?? principal.clientId ?? principal.tokenId
}
