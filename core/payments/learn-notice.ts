import { DomainError } from '../errors.ts'
import { yuanText } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import { decideNotice, type NoticeOutcome } from './decide-notice.ts'
import { closeMessage, compensationMessage } from './payment-messages.ts'
import { openStates } from './payment-states.ts'
import { purposeOf, type LearnTools, type PaymentStores } from './payment-tools.ts'
import { payerOf, type PaymentChannel, type PaymentOrder } from './payment-order.ts'
import type { ChannelNotice } from './ports.ts'
import { keepUnknownMoney } from './suspense.ts'

/** order_unknown: no order of ours has this number; money under it stands in suspense. */
export type Learned = NoticeOutcome | 'order_unknown'

/** At most so many other open orders of one subject are looked at. */
const mostOpen = 50

/**
 * The one place where what a channel says changes an order: call-back, answer, query and statement all come through
 * here, inside the caller's transaction, and only after they were proven to be the channel's.
 */
export async function learn<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { channel, notice, at }: { readonly channel: PaymentChannel, readonly notice: ChannelNotice, readonly at: Date }): Promise<Learned> {
  const { payments, outbox } = stores
  const known = await payments.byOrderNumber(notice.orderNumber)
  const order = known === null ? null : await payments.findForChange(known.id)
  if (order === null) return await learnUnknown(stores, tools, { channel, notice, at })
  const decision = decideNotice(order, { channel, notice, at, calendar: tools.calendar })
  if (decision.order !== order) await payments.save(decision.order)
  for (const half of decision.compensate) await outbox.add(compensationMessage(order.id, half, { id: tools.ids.next(), at }))
  if (decision.isGivenUp) await outbox.add(closeMessage(order.id, { id: tools.ids.next(), at }))
  if (isFailure(order, decision.order)) await tellFailure(stores, tools, { order, at })
  if (decision.isPaid) {
    await purposeOf(tools, order.purpose).payee.paid(stores, decision.order, at)
    await closeNeedless(stores, tools, { paid: decision.order, at })
  }
  return decision.outcome
}

/** Failed for good, after the payer was shown it: one that its channel refuses at once is told of by the answer to the payer. */
const isFailure = (before: PaymentOrder, after: PaymentOrder): boolean => before.state !== 'created' && before.state !== 'failed' && after.state === 'failed'

/** To pay again; so not where it was paid by another way in between. */
async function tellFailure<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { order, at }: { readonly order: PaymentOrder, readonly at: Date }): Promise<void> {
  if (!await isStillOwed(stores, tools, { order, at })) return
  if (order.payerPatientId === null) return
  const notice = { template: 'payment_failed', patientId: order.payerPatientId, phone: null, params: { amount: yuanText(order.amountFen) } } as const
  await stores.outbox.add(noticeMessage(notice, { id: tools.ids.next(), key: `payment_failed:${order.id}`, at }))
}

async function learnUnknown<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { channel, notice, at }: { readonly channel: PaymentChannel, readonly notice: ChannelNotice, readonly at: Date }): Promise<'order_unknown'> {
  if (notice.state === 'success' && notice.channelNumber !== null && notice.amountFen > 0) {
    const clearing = channel === 'mixed' ? 'wechat' : channel
    await keepUnknownMoney(stores, tools, { channel: clearing, channelNumber: notice.channelNumber, amountFen: notice.amountFen, receivedAt: notice.at ?? at, at })
  }
  return 'order_unknown'
}

/** Other open orders for what is paid now are closed at their channels, before somebody pays twice. */
async function closeNeedless<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { paid, at }: { readonly paid: PaymentOrder, readonly at: Date }): Promise<void> {
  const { payments, outbox } = stores
  const others = await payments.list({ payerPatientIds: null, subjectId: paid.subjectId, purpose: paid.purpose, states: openStates }, { limit: mostOpen, offset: 0 })
  for (const other of others) {
    if (!await isStillOwed(stores, tools, { order: other, at })) await outbox.add(closeMessage(other.id, { id: tools.ids.next(), at }))
  }
}

async function isStillOwed<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { order, at }: { readonly order: PaymentOrder, readonly at: Date }): Promise<boolean> {
  try {
    await purposeOf(tools, order.purpose).payables.owed(stores, payerOf(order), {
      patientIds: [...new Set(order.parts.flatMap(({ patientId }) => patientId ?? []))],
      items: order.parts.map(({ referenceId, amountFen }) => ({ referenceId, amountFen })),
      amountFen: null,
      at
    })
    return true
  } catch (error) {
    if (error instanceof DomainError && error.kind !== 'unavailable') return false
    throw error
  }
}
