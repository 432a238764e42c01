import type { Calendar } from '../clock.ts'
import type { Ids } from '../ids.ts'
import { channelClearing, creditBalance, drugRevenue, logisticsRevenue, post, refundPayable, reverse, type Entry, type LedgerStore, type Posting } from '../ledger/index.ts'
import { fen, negateFen, sumFen } from '../money.ts'
import { clearingShares, splitFen, type PaymentOrder, type PaymentPart, type Refund } from '../payments/index.ts'

/** How an order's payment names the carrier's fee beside the drugs. */
const logisticsSuffix = ':logistics'
export const logisticsPart = (orderId: string): string => `${orderId}${logisticsSuffix}`
export const orderIdOf = (referenceId: string): string => referenceId.replace(logisticsSuffix, '')

export interface BookTools {
  readonly ids: Ids
  readonly calendar: Calendar
}

interface BookStores {
  readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'>
}

/** The money came for something that is not wanted any more: it stands on the person's balance until it is back. */
export const unwantedReason = 'drug_order_not_wanted'

type Booking = Pick<Entry, 'hospitalId' | 'kind' | 'sourceKey' | 'postings' | 'effectiveOn' | 'postedAt'>

async function book (stores: BookStores, { ids }: BookTools, booking: Booking): Promise<boolean> {
  if (await stores.ledger.bySourceKey(booking.sourceKey) !== null) return false
  await post(stores, { ...booking, id: ids.next(), reverses: null, memo: null })
  return true
}

const hospitalOf = ({ parts }: Pick<PaymentOrder, 'parts'>): string => parts[0]?.hospitalId ?? ''
const accountOf = ({ referenceId }: PaymentPart): string => referenceId.endsWith(logisticsSuffix) ? logisticsRevenue : drugRevenue
const balanceOf = ({ parts }: Pick<PaymentOrder, 'parts'>): string => creditBalance(parts[0]?.patientId ?? '')

/** 收款. The hospital sells the drugs, so it is its income at once, drugs and carriage apart; answers false where it is booked already. */
export async function bookPaid (stores: BookStores, tools: BookTools, { order, isWanted }: { readonly order: PaymentOrder, readonly isWanted: boolean }, at: Date): Promise<boolean> {
  const clearing = clearingShares(order).filter(({ amountFen }) => amountFen > 0).map(({ channel, amountFen }) => ({ account: channelClearing(channel), amountFen }))
  const income = isWanted ? order.parts.map((part) => ({ account: accountOf(part), amountFen: negateFen(part.amountFen) })) : [{ account: balanceOf(order), amountFen: negateFen(order.amountFen) }]
  const paidAt = order.paidAt ?? at
  return await book(stores, tools, { hospitalId: hospitalOf(order), kind: 'payment', sourceKey: `payment:${order.id}:${hospitalOf(order)}`, effectiveOn: order.paidOn ?? tools.calendar(paidAt), postedAt: at, postings: [...clearing, ...income] })
}

/** 退款受理. Reserved at once. */
export async function bookRefunding (stores: BookStores, tools: BookTools, { order, refund }: { readonly order: PaymentOrder, readonly refund: Refund }, at: Date): Promise<void> {
  const hospitalId = hospitalOf(order)
  if (await stores.ledger.bySourceKey(`payment:${order.id}:${hospitalId}`) === null) return
  const taken: readonly Posting[] = refund.reason === unwantedReason ? [{ account: balanceOf(order), amountFen: refund.amountFen }] : refund.parts.map((part) => ({ account: accountOf(part), amountFen: part.amountFen }))
  await book(stores, tools, { hospitalId, kind: 'refund', sourceKey: `refund:${refund.id}:${hospitalId}`, effectiveOn: tools.calendar(at), postedAt: at, postings: [...taken, { account: refundPayable, amountFen: negateFen(refund.amountFen) }] })
}

/** Done: gone from the channel. Failed: the hospital has it again. */
export async function bookRefunded (stores: BookStores, tools: BookTools, { order, refund }: { readonly order: PaymentOrder, readonly refund: Refund }, at: Date): Promise<void> {
  const hospitalId = hospitalOf(order)
  const reserved = await stores.ledger.bySourceKey(`refund:${refund.id}:${hospitalId}`)
  if (reserved === null) return
  const effectiveOn = refund.doneOn ?? tools.calendar(at)
  if (refund.state === 'failed') await reverse(stores, { entryId: reserved.id, id: tools.ids.next(), sourceKey: `refund-failed:${refund.id}:${hospitalId}`, effectiveOn, postedAt: at, memo: null })
  if (refund.state !== 'success') return
  await book(stores, tools, { hospitalId, kind: 'refund', sourceKey: `refund-done:${refund.id}:${hospitalId}`, effectiveOn, postedAt: at, postings: [{ account: refundPayable, amountFen: refund.amountFen }, ...clearingOf(refund, order)] })
}

function clearingOf ({ half, amountFen }: Refund, { channel, cashFen, insuranceFen }: PaymentOrder): readonly Posting[] {
  const names = channel !== 'mixed' ? [channel] : half === undefined ? ['wechat', 'insurance'] : [half === 'cash' ? 'wechat' : 'insurance']
  const shares = names.length === 1 ? [amountFen] : splitFen(amountFen, [cashFen, insuranceFen])
  const postings = names.map((name, place) => ({ account: channelClearing(name), amountFen: negateFen(shares[place] ?? fen(0)) })).filter((posting) => posting.amountFen !== 0)
  return sumFen(postings.map((posting) => posting.amountFen)) === negateFen(amountFen) ? postings : []
}
