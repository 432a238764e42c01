import { Type, type Static } from '@fastify/type-provider-typebox'
import { isInForce, memberKinds, membershipStates, type Membership, type MembershipProduct, type MembershipUsage, type UsageCount } from '../../../core/membership/index.ts'
import { AmountFen, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export const ProductCode = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,39}$' })
const Key = '^[a-z][a-z0-9_.-]{0,59}$'
export const Usages = Type.Record(Type.String({ pattern: Key }), Type.Integer({ minimum: 0, maximum: 1_000_000 }), { maxProperties: 20 })
export const Benefits = Type.Array(Type.String({ pattern: Key }), { maxItems: 20 })

export const ProductBody = Type.Object({
  code: ProductCode, version: Type.Integer(), name: Type.String(), english: Type.String(), forKind: oneOf(memberKinds), priceFen: AmountFen, days: Type.Integer(),
  usages: Type.Record(Type.String(), Type.Integer(), { description: 'uses by kind' }), benefits: Type.Array(Type.String()), isOnSale: Type.Boolean()
})

export function productBody ({ code, version, name, english, forKind, priceFen, days, usages, benefits, isOnSale }: MembershipProduct): Static<typeof ProductBody> {
  return { code, version, name, english, forKind, priceFen, days, usages: { ...usages }, benefits: [...benefits], isOnSale }
}

export const MembershipBody = Type.Object({
  id: Id,
  member: Type.Object({ kind: oneOf(memberKinds), id: Id }),
  product: Type.String(),
  productVersion: Type.Integer(),
  priceFen: AmountFen,
  days: Type.Integer(),
  benefits: Type.Array(Type.String()),
  state: oneOf(membershipStates),
  isInForce: Type.Boolean({ description: 'at this very second; a renewal is paid and not in force before the term before it ends' }),
  orderedAt: Instant,
  payUntil: nullable(Instant),
  paidAt: nullable(Instant),
  startsAt: nullable(Instant),
  endsAt: nullable(Instant),
  counts: Type.Array(Type.Object({ kind: Type.String(), total: Type.Integer(), used: Type.Integer(), left: Type.Integer() })),
  refund: nullable(Type.Object({ state: oneOf(['asked', 'approved', 'refused'] as const), amountFen: AmountFen, reason: Type.String(), askedAt: Instant, decidedAt: nullable(Instant) }))
})

export function membershipBody (membership: Membership, counts: readonly UsageCount[], { writeInstant, now }: { readonly writeInstant: WriteInstant, readonly now: () => Date }): Static<typeof MembershipBody> {
  const { id, member, product, productVersion, priceFen, days, benefits, state, orderedAt, payUntil, paidAt, startsAt, endsAt, refund } = membership
  return {
    id, member: { ...member }, product, productVersion, priceFen, days, benefits: [...benefits], state, isInForce: isInForce(membership, now()), orderedAt: writeInstant(orderedAt),
    payUntil: orNull(payUntil, writeInstant), paidAt: orNull(paidAt, writeInstant), startsAt: orNull(startsAt, writeInstant), endsAt: orNull(endsAt, writeInstant),
    counts: counts.map(({ kind, total, used }) => ({ kind, total, used, left: total - used })),
    refund: orNull(refund, ({ state, amountFen, reason, askedAt, decidedAt }) => ({ state, amountFen, reason, askedAt: writeInstant(askedAt), decidedAt: orNull(decidedAt, writeInstant) }))
  }
}

export const UsageBody = Type.Object({ id: Id, membershipId: Id, kind: Type.String(), reference: Type.String({ description: 'what it was used for' }), at: Instant })

export function usageBody ({ id, membershipId, kind, reference, at }: MembershipUsage, writeInstant: WriteInstant): Static<typeof UsageBody> {
  return { id, membershipId, kind, reference, at: writeInstant(at) }
}
