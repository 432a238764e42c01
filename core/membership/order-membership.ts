import type { OutboxStore } from '../outbox.ts'
import { begun, type Member, type Membership } from './membership.ts'
import { memberIdsOf, type MemberStores } from './membership-of.ts'
import { tellMember } from './membership-notice.ts'
import type { MembershipStore } from './ports.ts'
import { noProduct } from './product.ts'
import type { MembershipTools } from './settings.ts'

export interface OrderStores extends MemberStores {
  readonly memberships: MembershipStore
  readonly outbox: Pick<OutboxStore, 'add'>
}

interface OrderMembership {
  readonly member: Member
  readonly product: string
  readonly by: string
}

const minuteMs = 60_000

/** 购买. An order in the words of the product as it is on sale now; what costs nothing is in force at once. */
export async function orderMembership (stores: OrderStores, tools: MembershipTools, { member, product: code, by }: OrderMembership, at: Date): Promise<Membership> {
  const product = await stores.memberships.product(code)
  if (product === null || !product.isOnSale || product.forKind !== member.kind) throw noProduct()
  const { version, hospitalId, priceFen, days, benefits, usages } = product
  const ordered: Membership = {
    id: tools.ids.next(), member, product: code, productVersion: version, hospitalId, priceFen, days, benefits, state: 'pending', orderedAt: at, orderedBy: by,
    payUntil: new Date(at.getTime() + tools.settings.payMinutes * minuteMs), paymentOrderId: null, paidAt: null, startsAt: null, endsAt: null, remindedAt: null, refund: null
  }
  await stores.memberships.save(ordered)
  await stores.memberships.addCounts(ordered.id, Object.entries(usages).map(([kind, total]) => ({ kind, total, used: 0 })))
  return priceFen === 0 ? await beginMembership(stores, tools, { membership: ordered, paymentOrderId: null }, at) : ordered
}

/** 续费 appends: terms of one product never share time. */
export async function beginMembership (stores: OrderStores, tools: MembershipTools, { membership, paymentOrderId }: { readonly membership: Membership, readonly paymentOrderId: string | null }, at: Date): Promise<Membership> {
  const { member, product } = membership
  const { kind, ids } = await memberIdsOf(stores, member)
  await stores.memberships.lockMember({ kind, id: [...ids].sort()[0] ?? member.id }, product)
  const lastEnd = await stores.memberships.lastEnd({ kind, ids }, product)
  const active = begun(membership, { paymentOrderId, lastEnd }, at)
  await stores.memberships.save(active)
  await tellMember(stores, tools, { template: 'membership_active', membership: active }, at)
  return active
}
