import type { Calendar } from '../clock.ts'
import { movedPayment, isCompensated, isOpen } from './payment-states.ts'
import type { PaymentChannel, PaymentHalf, PaymentOrder, PaymentState } from './payment-order.ts'
import type { ChannelNotice } from './ports.ts'

/**
 * What became of a notice. repeated: it says nothing new, or comes too late. The last three change nothing: they are
 * for finance, and the day's reconciliation finds them too (I-52).
 */
export type NoticeOutcome = 'applied' | 'repeated' | 'channel_differs' | 'amount_differs' | 'number_differs'

export interface NoticeDecision {
  readonly order: PaymentOrder
  readonly outcome: NoticeOutcome
  /** The payee is to hear of it: only on the step to success, which is taken once (I-50). */
  readonly isPaid: boolean
  /** Halves that were paid without the other one, and go back (I-51). */
  readonly compensate: readonly PaymentHalf[]
  /** Given up here: the channel is to take no money for it any more. */
  readonly isGivenUp: boolean
}

export interface Heard {
  readonly channel: PaymentChannel
  readonly notice: ChannelNotice
  readonly at: Date
  readonly calendar: Calendar
}

/** What a proven notice does to an order, whichever way and however often it comes. */
export function decideNotice (order: PaymentOrder, heard: Heard): NoticeDecision {
  const { notice } = heard
  if (!isOfOrder(order, heard)) return unchanged(order, 'channel_differs')
  if (notice.amountFen !== order.amountFen) return unchanged(order, 'amount_differs')
  if (order.state === 'success') return unchanged(order, isOtherTransaction(order, notice) ? 'number_differs' : 'repeated')
  return order.channel === 'mixed' ? decideMixed(order, heard) : decideWhole(order, notice.state, heard)
}

/** The wallet also tells of its half of a mixed order; never of the whole, which it does not know. */
function isOfOrder (order: PaymentOrder, { channel, notice }: Heard): boolean {
  return channel === order.channel || (order.channel === 'mixed' && channel === 'wechat' && notice.state !== 'success' && notice.cashState !== undefined)
}

function unchanged (order: PaymentOrder, outcome: NoticeOutcome): NoticeDecision {
  return { order, outcome, isPaid: false, compensate: [], isGivenUp: false }
}

function isOtherTransaction ({ channelNumber }: PaymentOrder, notice: ChannelNotice): boolean {
  return notice.state === 'success' && channelNumber !== null && notice.channelNumber !== null && notice.channelNumber !== channelNumber
}

function decideWhole (order: PaymentOrder, said: ChannelNotice['state'], { notice, at, calendar }: Heard): NoticeDecision {
  if (said === 'success') {
    const paidAt = notice.at ?? at
    const paid = { ...movedPayment(order, 'success'), channelNumber: notice.channelNumber, paidAt, paidOn: calendar(paidAt), nextQueryAt: null }
    return { ...unchanged(paid, 'applied'), isPaid: true }
  }
  if (!isOpen(order) || said === order.state) return unchanged(order, 'repeated')
  if (said === 'pending') return unchanged(movedPayment(order, 'pending'), 'applied')
  return { ...unchanged({ ...movedPayment(order, said), nextQueryAt: null }, 'applied'), isGivenUp: said === 'failed' }
}

/** 混合支付. Success only with both halves; a half alone goes back as soon as the other one cannot come any more (I-51). */
function decideMixed (order: PaymentOrder, heard: Heard): NoticeDecision {
  const { notice } = heard
  const halves = { cashState: halfState(order.cashState, notice.cashState, notice.state), insuranceState: halfState(order.insuranceState, notice.insuranceState, notice.state) }
  const told: PaymentOrder = { ...order, ...halves, channelNumber: notice.channelNumber ?? order.channelNumber }
  const isNews = halves.cashState !== order.cashState || halves.insuranceState !== order.insuranceState
  const paid = paidHalves(halves)
  const gone = [halves.cashState, halves.insuranceState].filter(isGone)
  if (paid.length === 2 && !isCompensated(order)) return decideWhole(told, 'success', heard)
  if (paid.length > 0 && (gone.length > 0 || isCompensated(order))) return isNews ? halfPaid(told, paid) : unchanged(order, 'repeated')
  if (gone.length === 2) return decideWhole(told, gone.includes('failed') ? 'failed' : 'closed', heard)
  const waiting = decideWhole(told, 'pending', heard)
  // With one half gone nobody is to pay the other one.
  return isNews ? { ...waiting, outcome: 'applied', isGivenUp: gone.length === 1 } : waiting
}

function halfPaid (told: PaymentOrder, paid: readonly PaymentHalf[]): NoticeDecision {
  const failed = told.state === 'failed' ? told : movedPayment(told, 'failed')
  return { ...unchanged({ ...failed, nextQueryAt: null }, 'applied'), compensate: paid, isGivenUp: true }
}

function paidHalves ({ cashState, insuranceState }: Pick<PaymentOrder, 'cashState' | 'insuranceState'>): readonly PaymentHalf[] {
  return (['cash', 'insurance'] as const).filter((half) => (half === 'cash' ? cashState : insuranceState) === 'success')
}

const isGone = (state: PaymentState | null): boolean => state === 'failed' || state === 'closed'

/** A half's success is final; what the notice does not say of a half follows from what it says of the whole. */
function halfState (stands: PaymentState | null, said: PaymentState | undefined, whole: ChannelNotice['state']): PaymentState | null {
  if (stands === 'success') return stands
  const now = said ?? (whole === 'pending' ? stands : whole)
  return isGone(stands) && now !== 'success' ? stands : now
}
