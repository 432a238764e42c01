import { refundToSourceMessage } from '../payments/index.ts'
import { noMembership, refundAsked, refundDecided, unusedFen, type Membership } from './membership.ts'
import { memberIdsOf } from './membership-of.ts'
import { tellMember } from './membership-notice.ts'
import { bookMembershipRefund, type MembershipPaymentStores } from './membership-purpose.ts'
import type { OrderStores } from './order-membership.ts'
import type { MembershipTools } from './settings.ts'

const membershipRefundReason = 'membership_refund'

/** 申请退会, by the member or by finance for the member. */
export async function askMembershipRefund (stores: OrderStores, { settings }: MembershipTools, { id, reason, by }: { readonly id: string, readonly reason: string, readonly by: string }, at: Date): Promise<Membership> {
  const { memberships } = stores
  const membership = await memberships.findForChange(id)
  if (membership === null) throw noMembership()
  const lastEnd = await memberships.lastEnd(await memberIdsOf(stores, membership.member), membership.product)
  const amountFen = unusedFen(membership, await memberships.counts([id]), at)
  const hasLater = lastEnd !== null && membership.endsAt !== null && lastEnd > membership.endsAt
  const asked = refundAsked(membership, { amountFen, reason, by, hasLater, refundDays: settings.refundDays }, at)
  await memberships.save(asked)
  return asked
}

/** 退会审批. Approved: the membership ends, and its money goes back the way it came. */
export async function decideMembershipRefund (stores: MembershipPaymentStores, tools: MembershipTools, { id, isApproved, by }: { readonly id: string, readonly isApproved: boolean, readonly by: string }, at: Date): Promise<Membership> {
  const { memberships, outbox } = stores
  const membership = await memberships.findForChange(id)
  if (membership === null) throw noMembership()
  const decided = refundDecided(membership, { isApproved, by }, at)
  await memberships.save(decided)
  if (decided.state !== 'refunded' || decided.refund === null) return decided
  if (decided.paymentOrderId !== null) {
    await bookMembershipRefund(stores, tools, { id, hospitalId: decided.hospitalId, amountFen: decided.refund.amountFen }, at)
    await outbox.add(refundToSourceMessage({ orderId: decided.paymentOrderId, amountFen: decided.refund.amountFen, parts: null, reason: membershipRefundReason, isDecided: true }, { id: tools.ids.next(), key: `${membershipRefundReason}:${id}`, at }))
  }
  await tellMember(stores, tools, { template: 'membership_refunded', membership: decided }, at)
  return decided
}
