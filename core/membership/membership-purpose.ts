import { DomainError } from '../errors.ts'
import { channelClearing, membershipIncome, post, refundPayable, type Entry, type LedgerStore } from '../ledger/index.ts'
import { negateFen, sumFen, type Fen } from '../money.ts'
import { refundToSourceMessage, type Payable, type Payer, type PaymentOrder, type PaymentStore, type Purpose, type Refund, type WantedPayment } from '../payments/index.ts'
import { noMembership, type Membership } from './membership.ts'
import { beginMembership, type OrderStores } from './order-membership.ts'
import type { MembershipTools } from './settings.ts'

export const membershipPurposeKind = 'membership'

export interface MembershipPaymentStores extends OrderStores {
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>
  readonly payments: Pick<PaymentStore, 'refundsOf'>
}

/**
 * 会员费. Direct income, not escrow: the platform sells a service of its own and gives it at once, so the money is nobody
 * else's for a moment (D4 is about others' money), and a channel keeps money frozen for a month at most while a
 * membership runs for a year. What is given back of it is decided by two persons (refund-membership.ts).
 */
export function membershipPurpose<Stores extends MembershipPaymentStores> (tools: MembershipTools): Purpose<Stores> {
  return {
    payables: { owed: (stores, payer, wanted) => owedFor(stores, payer, wanted) },
    payee: {
      paid: (stores, order, at) => takeFee(stores, tools, order, at),
      refunding: async (stores, refund, order) => { await refuseUndecided(stores, refund, order) },
      refunded: (stores, refund, order, at) => endRefund(stores, tools, { refund, order }, at)
    }
  }
}

async function owedFor ({ memberships }: MembershipPaymentStores, payer: Payer, { items, amountFen: wantedFen, patientIds }: WantedPayment): Promise<Payable> {
  const [item, ...others] = items ?? []
  if (item === undefined || others.length > 0) throw new DomainError('REQUEST_INVALID', 'Name the one membership that is to be paid.', 'items')
  const membership = await memberships.find(item.referenceId)
  if (membership === null || !isPayer(membership, payer, patientIds)) throw noMembership()
  const { id, state, priceFen, hospitalId, member } = membership
  if (state !== 'pending' || priceFen === 0) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is to be paid for this membership. Read it again.')
  if ((item.amountFen ?? wantedFen ?? priceFen) !== priceFen) throw new DomainError('PAYMENT_AMOUNT_INVALID', 'A membership is paid as a whole. Leave the amount out.', 'amountFen')
  return { subjectId: id, parts: [{ hospitalId, referenceId: id, patientId: member.kind === 'patient' ? member.id : null, amountFen: priceFen }], description: '会员服务', insuranceFen: null }
}

function isPayer ({ member }: Membership, payer: Payer, patientIds: readonly string[]): boolean {
  return member.kind === 'patient' ? payer.kind === 'person' && patientIds.includes(member.id) : payer.kind === 'organization' && payer.organizationId === member.id
}

/** Once for each order, whatever how often it is told. What is paid for a membership that is not wanted any more, or paid already, goes back. */
async function takeFee (stores: MembershipPaymentStores, tools: MembershipTools, order: PaymentOrder, at: Date): Promise<void> {
  const membership = await stores.memberships.findForChange(order.subjectId)
  const isWanted = membership?.state === 'pending'
  const isNews = await bookOnce(stores, tools, {
    hospitalId: booksOf(order), kind: 'payment', sourceKey: `membership-paid:${order.id}`,
    postings: [{ account: channelClearing(order.channel), amountFen: order.amountFen }, { account: isWanted ? membershipIncome : refundPayable, amountFen: negateFen(order.amountFen) }]
  }, order.paidAt ?? at)
  if (!isNews) return
  if (isWanted) await beginMembership(stores, tools, { membership, paymentOrderId: order.id }, at)
  else await stores.outbox.add(refundToSourceMessage({ orderId: order.id, amountFen: order.amountFen, parts: null, reason: 'not_wanted_any_more', isDecided: true }, { id: tools.ids.next(), key: `membership-unwanted:${order.id}`, at }))
}

function booksOf ({ parts: [part] }: Pick<PaymentOrder, 'parts'>): string {
  if (part === undefined) throw new DomainError('PAYMENT_NOT_PAYABLE', 'Nothing is to be paid for this membership.')
  return part.hospitalId
}

/** What of an order it is decided to give back. */
async function decidedFen ({ memberships }: MembershipPaymentStores, order: PaymentOrder): Promise<Fen | null> {
  const membership = await memberships.find(order.subjectId)
  if (membership?.paymentOrderId !== order.id) return order.amountFen
  return membership.refund?.state === 'approved' ? membership.refund.amountFen : null
}

async function refuseUndecided (stores: MembershipPaymentStores, refund: Refund, order: PaymentOrder): Promise<void> {
  const decided = await decidedFen(stores, order)
  const leaving = (await stores.payments.refundsOf(order.id)).filter(({ id, state }) => id !== refund.id && state !== 'failed' && state !== 'requested')
  if (decided === null || sumFen([refund.amountFen, ...leaving.map(({ amountFen }) => amountFen)]) > decided) {
    throw new DomainError('MEMBERSHIP_STATE_REFUSED', 'The money of a membership goes back by its own refund: POST /v1/membership-orders/{id}/refund, and another person\'s decision.')
  }
}

/** What was paid in is income no more, from the decision on. */
export async function bookMembershipRefund (stores: Pick<MembershipPaymentStores, 'ledger'>, tools: MembershipTools, { id, hospitalId, amountFen }: Pick<Membership, 'id' | 'hospitalId'> & { readonly amountFen: Fen }, at: Date): Promise<void> {
  await bookOnce(stores, tools, {
    hospitalId, kind: 'refund', sourceKey: `membership-refund:${id}`, postings: [{ account: membershipIncome, amountFen }, { account: refundPayable, amountFen: negateFen(amountFen) }]
  }, at)
}

/** A refund that failed stays payable, and may be asked for again. */
async function endRefund (stores: MembershipPaymentStores, tools: MembershipTools, { refund, order }: { readonly refund: Refund, readonly order: PaymentOrder }, at: Date): Promise<void> {
  if (refund.state !== 'success') return
  await bookOnce(stores, tools, {
    hospitalId: booksOf(order), kind: 'refund', sourceKey: `membership-refund-done:${refund.id}`,
    postings: [{ account: refundPayable, amountFen: refund.amountFen }, { account: channelClearing(order.channel), amountFen: negateFen(refund.amountFen) }]
  }, refund.doneAt ?? at)
}

async function bookOnce ({ ledger }: Pick<MembershipPaymentStores, 'ledger'>, { ids, calendar }: MembershipTools, booking: Pick<Entry, 'hospitalId' | 'kind' | 'sourceKey' | 'postings'>, at: Date): Promise<boolean> {
  if (await ledger.bySourceKey(booking.sourceKey) !== null) return false
  return await post({ ledger }, { id: ids.next(), effectiveOn: calendar(at), postedAt: at, reverses: null, memo: null, ...booking })
}
