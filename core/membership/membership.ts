import { DomainError } from '../errors.ts'
import { fen, type Fen } from '../money.ts'
import type { MemberKind } from './product.ts'

export interface Member {
  readonly kind: MemberKind
  /** A patient record of the person, or the hospital. */
  readonly id: string
}

/** pending: not paid. active: paid and not over; a renewal begins where the term before it ends. */
export const membershipStates = ['pending', 'active', 'expired', 'refunded', 'cancelled'] as const
export type MembershipState = typeof membershipStates[number]

/** 会员订单. One term of one product, from its order to its end. Telemedicine document §1.4. */
export interface Membership {
  readonly id: string
  readonly member: Member
  readonly product: string
  readonly productVersion: number
  readonly hospitalId: string
  readonly priceFen: Fen
  readonly days: number
  readonly benefits: readonly string[]
  readonly state: MembershipState
  readonly orderedAt: Date
  readonly orderedBy: string
  /** Of one that is pending: until when it is to be paid. */
  readonly payUntil: Date | null
  readonly paymentOrderId: string | null
  readonly paidAt: Date | null
  /** It is in force from the first to just before the second. */
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly remindedAt: Date | null
  readonly refund: MembershipRefund | null
}

/** 退会. Asked by one person, decided by another; the sum is fixed when it is asked. */
export interface MembershipRefund {
  readonly state: 'asked' | 'approved' | 'refused'
  readonly amountFen: Fen
  readonly reason: string
  readonly askedBy: string
  readonly askedAt: Date
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
}

/** 用量. How much of one kind of use there is, and how much of it is used. */
export interface UsageCount {
  readonly kind: string
  readonly total: number
  readonly used: number
}

const dayMs = 86_400_000

export function isInForce ({ state, startsAt, endsAt }: Pick<Membership, 'state' | 'startsAt' | 'endsAt'>, at: Date): boolean {
  return state === 'active' && startsAt !== null && endsAt !== null && startsAt <= at && at < endsAt
}

/** Paid: in force at once, or from the end of the term that stands. Refuses where it is not to be paid any more. */
export function begun (membership: Membership, { paymentOrderId, lastEnd }: { readonly paymentOrderId: string | null, readonly lastEnd: Date | null }, at: Date): Membership {
  if (membership.state !== 'pending') throw stateRefused(membership)
  const startsAt = lastEnd !== null && lastEnd > at ? lastEnd : at
  return { ...membership, state: 'active', paymentOrderId, paidAt: at, payUntil: null, startsAt, endsAt: new Date(startsAt.getTime() + membership.days * dayMs) }
}

export function lapsed (membership: Membership): Membership {
  return membership.state === 'pending' ? { ...membership, state: 'cancelled', payUntil: null } : membership
}

/** A term whose refund is asked for ends when it ends; the question goes on. */
export function ended (membership: Membership, at: Date): Membership {
  return membership.state === 'active' && membership.endsAt !== null && membership.endsAt <= at ? { ...membership, state: 'expired' } : membership
}

/**
 * 按未使用部分退款. The price times the smaller of two shares that are unused: whole days, and uses. Rounded down to the fen; a
 * term that has not begun goes back whole.
 */
export function unusedFen ({ priceFen, days, startsAt, endsAt }: Pick<Membership, 'priceFen' | 'days' | 'startsAt' | 'endsAt'>, counts: readonly UsageCount[], at: Date): Fen {
  if (startsAt === null || endsAt === null) return fen(0)
  if (at < startsAt) return priceFen
  const daysLeft = Math.max(0, Math.floor((endsAt.getTime() - at.getTime()) / dayMs))
  const total = counts.reduce((sum, count) => sum + count.total, 0)
  const left = counts.reduce((sum, count) => sum + count.total - count.used, 0)
  const ofDays = BigInt(priceFen) * BigInt(daysLeft) / BigInt(days)
  const ofUses = total === 0 ? BigInt(priceFen) : BigInt(priceFen) * BigInt(left) / BigInt(total)
  return fen(Number(ofDays < ofUses ? ofDays : ofUses))
}

interface AskRefund {
  readonly amountFen: Fen
  readonly reason: string
  readonly by: string
  /** A term that begins where this one ends. */
  readonly hasLater: boolean
  readonly refundDays: number
}

export function refundAsked (membership: Membership, { amountFen, reason, by, hasLater, refundDays }: AskRefund, at: Date): Membership {
  const { state, startsAt, refund } = membership
  if (state !== 'active' || startsAt === null || refund?.state === 'asked') throw stateRefused(membership)
  if (hasLater) throw new DomainError('MEMBERSHIP_STATE_REFUSED', 'A renewal follows this term. Give that one back first.')
  if (amountFen <= 0 || at.getTime() > startsAt.getTime() + refundDays * dayMs) throw new DomainError('MEMBERSHIP_REFUND_REFUSED', 'Nothing of it is unused, or it began too long ago to be given back.')
  return { ...membership, refund: { state: 'asked', amountFen, reason, askedBy: by, askedAt: at, decidedBy: null, decidedAt: null } }
}

/** Four eyes: whoever asked does not decide. Approved, the term ends there and then. */
export function refundDecided (membership: Membership, { isApproved, by }: { readonly isApproved: boolean, readonly by: string }, at: Date): Membership {
  const { refund } = membership
  if (refund === null || refund.state !== 'asked') throw new DomainError('DECISION_MADE', 'No refund of this membership waits for a decision. Ask for one.')
  if (refund.askedBy === by) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Who asked for the refund does not decide on it. Ask another person of finance.')
  const decided = { ...refund, decidedBy: by, decidedAt: at }
  if (!isApproved) return { ...membership, refund: { ...decided, state: 'refused' } }
  if (membership.state !== 'active') throw stateRefused(membership)
  return { ...membership, state: 'refunded', endsAt: at, refund: { ...decided, state: 'approved' } }
}

export const stateRefused = ({ state }: Pick<Membership, 'state'>): DomainError => new DomainError('MEMBERSHIP_STATE_REFUSED', 'The membership is not in a state in which this may happen. Read it again.', undefined, [state])
export const noMembership = (): DomainError => new DomainError('MEMBERSHIP_NOT_FOUND', 'No membership has this id; list them: GET /v1/membership-orders.')
