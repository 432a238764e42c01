import { DomainError } from '../errors.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import { halfFen } from './payment-states.ts'
import type { PaymentHalf, PaymentOrder, PaymentPart, Refund } from './payment-order.ts'

export const tooMuch = (message = 'More than is left of what was paid. Read the payment: refunds that are under way count too.'): DomainError => new DomainError('REFUND_EXCEEDS_PAYMENT', message, 'amountFen')

const counts = ({ state }: Refund): boolean => state !== 'failed'

/** Of an order: gone back or on its way (I-09). */
export function goingBack (refunds: readonly Refund[]): Fen {
  return sumFen(refunds.filter(counts).map(({ amountFen }) => amountFen))
}

/** What was paid of an order; of one that was not paid as a whole, the halves that were. */
export function paidOf (order: PaymentOrder): Fen {
  if (order.state === 'success') return order.amountFen
  return sumFen((['cash', 'insurance'] as const).filter((half) => (half === 'cash' ? order.cashState : order.insuranceState) === 'success').map((half) => halfFen(order, half)))
}

/** What is left of each part. */
export function remainingParts (order: PaymentOrder, refunds: readonly Refund[]): readonly PaymentPart[] {
  const gone = refunds.filter(counts).flatMap(({ parts }) => parts)
  return order.parts.map((part) => {
    const goneFen = sumFen(gone.filter((other) => other.hospitalId === part.hospitalId && other.referenceId === part.referenceId).map(({ amountFen }) => amountFen))
    return { ...part, amountFen: fen(Math.max(0, part.amountFen - goneFen)) }
  })
}

/** Splits an amount over weights, largest remainder first, so that no fen is lost (I-13). */
export function splitFen (amountFen: Fen, weights: readonly number[]): readonly Fen[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) throw tooMuch()
  const exact = weights.map((weight) => BigInt(amountFen) * BigInt(weight))
  const floors = exact.map((value) => Number(value / BigInt(total)))
  const left = amountFen - floors.reduce((sum, value) => sum + value, 0)
  const byRemainder = exact.map((value, place) => ({ place, remainder: value % BigInt(total) })).sort((one, other) => one.remainder === other.remainder ? one.place - other.place : one.remainder > other.remainder ? -1 : 1)
  const raised = new Set(byRemainder.slice(0, left).map(({ place }) => place))
  return floors.map((value, place) => fen(value + (raised.has(place) ? 1 : 0)))
}

/** The parts of a refund, in proportion to what is left of the order's. A payee may give parts of its own instead. */
export function proportionalParts (amountFen: Fen, parts: readonly PaymentPart[]): readonly PaymentPart[] {
  const shares = splitFen(amountFen, parts.map((part) => part.amountFen))
  return parts.map((part, place) => ({ ...part, amountFen: shares[place] as Fen })).filter((part) => part.amountFen > 0)
}

/**
 * Which half of a mixed order a refund takes: the whole, a part of the cash, or all of the insurance half, which an
 * insurer takes back as a whole only. Undefined: of the whole.
 */
export function halfOf (order: PaymentOrder, refunds: readonly Refund[], amountFen: Fen): PaymentHalf | undefined {
  if (order.channel !== 'mixed') return undefined
  const standing = refunds.filter(counts)
  if (standing.length === 0 && amountFen === order.amountFen) return undefined
  const cashGoneFen = sumFen(standing.filter(({ half }) => half === 'cash').map((refund) => refund.amountFen))
  if (amountFen <= order.cashFen - cashGoneFen) return 'cash'
  if (amountFen === order.insuranceFen && !standing.some(({ half }) => half === 'insurance')) return 'insurance'
  throw tooMuch('The insurance part of a mixed payment goes back as a whole only. Refund the whole payment, the insurance part, or so much of the cash.')
}

/**
 * What is refunded one after the other so that so much goes back. Of a mixed order more than its cash goes back as the
 * insurance half, which is whole or not at all, and the rest in cash; in one step wherever that is enough.
 */
export function refundSteps (order: PaymentOrder, refunds: readonly Refund[], amountFen: Fen): readonly Fen[] {
  const standing = refunds.filter(counts)
  if (order.channel !== 'mixed' || standing.some(({ half }) => half !== 'cash') || (standing.length === 0 && amountFen === order.amountFen)) return [amountFen]
  const cashLeftFen = order.cashFen - sumFen(standing.map((refund) => refund.amountFen))
  const inCashFen = amountFen - order.insuranceFen
  return amountFen > cashLeftFen && inCashFen > 0 && inCashFen <= cashLeftFen ? [fen(inCashFen), order.insuranceFen] : [amountFen]
}
