import { noticeMessage } from '../notice.ts'
import type { Calendar } from '../clock.ts'
import { fen, yuanText } from '../money.ts'
import { isFinalRefund, movedRefund } from './payment-states.ts'
import { purposeOf, type LearnTools, type PaymentStores } from './payment-tools.ts'
import type { PaymentChannel, PaymentOrder, Refund } from './payment-order.ts'
import type { RefundNotice } from './ports.ts'

/** refund_unknown: somebody else made it at the channel; the day's reconciliation finds it. */
export type LearnedRefund = 'applied' | 'repeated' | 'channel_differs' | 'amount_differs' | 'refund_unknown'

interface HeardRefund {
  readonly channel: PaymentChannel
  readonly notice: RefundNotice
  readonly at: Date
}

/** The one place where what a channel says changes a refund. It is done or failed once, however often that is said. */
export async function learnRefund<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, heard: HeardRefund): Promise<LearnedRefund> {
  const { payments } = stores
  const known = await payments.refundByNumber(heard.notice.refundNumber)
  if (known === null) return 'refund_unknown'
  const order = await payments.findForChange(known.orderId)
  const refund = await payments.findRefund(known.id)
  if (order === null || refund === null) return 'refund_unknown'
  const difference = differenceIn(order, refund, heard)
  if (difference !== null) return difference
  const after = afterNotice(refund, heard, tools.calendar)
  if (after === refund) return 'repeated'
  await payments.saveRefund(after)
  if (isFinalRefund(after)) await tellOf(stores, tools, { refund: after, order, at: heard.at })
  return 'applied'
}

/** The cash of a mixed order goes back through its wallet, which may tell of it. */
function differenceIn (order: PaymentOrder, refund: Refund, { channel, notice }: HeardRefund): 'channel_differs' | 'amount_differs' | null {
  if (channel !== order.channel && !(order.channel === 'mixed' && channel === 'wechat')) return 'channel_differs'
  return notice.amountFen === refund.amountFen ? null : 'amount_differs'
}

function afterNotice (refund: Refund, { notice, at }: HeardRefund, calendar: Calendar): Refund {
  if (isFinalRefund(refund) || refund.state === 'requested') return refund
  // A call-back may overtake the answer to the very call.
  const submitted = refund.state === 'approved' ? movedRefund(refund, 'submitted') : refund
  if (notice.state === 'pending') return submitted.state === 'unknown' ? movedRefund(submitted, 'submitted') : submitted
  const doneAt = notice.at ?? at
  return { ...movedRefund(submitted, notice.state), channelNumber: notice.channelNumber, doneAt, doneOn: notice.state === 'success' ? calendar(doneAt) : null, nextQueryAt: null }
}

async function tellOf<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { refund, order, at }: { readonly refund: Refund, readonly order: PaymentOrder, readonly at: Date }): Promise<void> {
  const after = refund.state === 'success' ? { ...order, refundedFen: fen(order.refundedFen + refund.amountFen) } : order
  if (after !== order) await stores.payments.save(after)
  // Of an order that was never paid as a whole no payee has heard.
  if (order.state === 'success') await purposeOf(tools, order.purpose).payee.refunded(stores, refund, after, at)
  // A hospital that paid reads it in its own list.
  if (refund.state !== 'success' || order.payerPatientId === null) return
  const notice = { template: 'refund_done', patientId: order.payerPatientId, phone: null, params: { amount: yuanText(refund.amountFen) } } as const
  await stores.outbox.add(noticeMessage(notice, { id: tools.ids.next(), key: `refund_done:${refund.id}`, at }))
}
