import type { Calendar } from '../clock.ts'
import { fen } from '../money.ts'
import { pagedInTurn, type Reader } from './paged-in-turn.ts'
import type { PaymentChannel, PaymentOrder, PaymentPart, Refund } from './payment-order.ts'
import type { PaymentStore } from './ports.ts'
import type { OurItem } from './reconcile-item.ts'
import type { OurSide } from './reconcile-ports.ts'
import { shares } from './reconcile-shares.ts'

export type ChannelStores = { readonly payments: Pick<PaymentStore, 'succeededOn' | 'refundsDoneOn' | 'byOrderNumber' | 'refundByNumber' | 'find'> }

/** Payments and refunds of one channel's statement. WeChat also lists the cash part of mixed orders. */
export function ourChannel (channels: readonly PaymentChannel[], calendar: Calendar): OurSide<ChannelStores> {
  return { onDay: pagedInTurn(channelReaders(channels, calendar)), find: findInChannel(channels, calendar) }
}

export function channelReaders (channels: readonly PaymentChannel[], calendar: Calendar): ReadonlyArray<Reader<ChannelStores>> {
  return channels.flatMap((channel): ReadonlyArray<Reader<ChannelStores>> => [
    async ({ payments }, day, page) => (await payments.succeededOn(channel, day, page)).map((order) => ({ item: orderItem(order, calendar), cursor: order.orderNumber })),
    async ({ payments }, day, page) => (await payments.refundsDoneOn(channel, day, page)).map((refund) => ({ item: refundItem(refund, refund.order, calendar), cursor: refund.refundNumber }))
  ])
}

export function findInChannel (channels: readonly PaymentChannel[], calendar: Calendar): OurSide<ChannelStores>['find'] {
  return async ({ payments }, { kind, key }) => {
    const refund = kind === 'refund' ? await payments.refundByNumber(key) : null
    const order = refund === null ? await payments.byOrderNumber(key) : await payments.find(refund.orderId)
    if (order === null || !channels.includes(order.channel)) return null
    return refund === null ? orderItem(order, calendar) : refundItem(refund, order, calendar)
  }
}

function orderItem (order: PaymentOrder, calendar: Calendar): OurItem {
  const isMixed = order.channel === 'mixed'
  const amountFen = isMixed ? order.cashFen : order.amountFen
  // The cash half of a failed mixed order was paid and goes back: the statement lists both.
  const isPaid = order.state === 'success' || (isMixed && order.cashState === 'success')
  return {
    kind: 'payment',
    key: order.orderNumber,
    amountFen,
    split: null,
    day: order.paidAt === null ? null : calendar(order.paidAt),
    state: isPaid ? 'done' : order.state === 'failed' || order.state === 'closed' ? 'failed' : 'under_way',
    hospitals: byHospital(order.parts, amountFen),
    isHeld: order.isHeld === true
  }
}

function refundItem (refund: Refund, order: PaymentOrder, calendar: Calendar): OurItem {
  const amountFen = fen(0 - cashOf(refund, order))
  return {
    kind: 'refund',
    key: refund.refundNumber,
    amountFen,
    split: null,
    day: refund.doneAt === null ? null : calendar(refund.doneAt),
    state: refund.state === 'success' ? 'done' : refund.state === 'failed' ? 'failed' : 'under_way',
    hospitals: byHospital(refund.parts.length === 0 ? order.parts : refund.parts, amountFen),
    isHeld: order.isHeld === true
  }
}

/** What goes back through the wallet. */
function cashOf ({ half, amountFen }: Refund, { channel, cashFen }: PaymentOrder): number {
  if (channel !== 'mixed' || half === 'cash') return amountFen
  return half === 'insurance' ? 0 : cashFen
}

/** The parts of one hospital together; where the sum is only a part of the order, each in proportion. */
function byHospital (parts: readonly PaymentPart[], amountFen: number): OurItem['hospitals'] {
  const sums = new Map<string, number>()
  for (const part of parts) sums.set(part.hospitalId, (sums.get(part.hospitalId) ?? 0) + part.amountFen)
  const amounts = shares(amountFen, [...sums.values()])
  return [...sums.keys()].map((hospitalId, place) => ({ hospitalId, amountFen: fen(amounts[place] ?? 0) }))
}
