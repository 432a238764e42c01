import { fen } from '../money.ts'
import { learn } from './learn-notice.ts'
import { learnRefund } from './learn-refund.ts'
import type { PaymentChannel } from './payment-order.ts'
import type { LearnTools, PaymentStores } from './payment-tools.ts'
import type { StatementItem } from './reconcile-item.ts'

/** A statement lists what succeeded: it is learned like any other word of the channel. Half of a mixed order says nothing of the whole. */
export async function learnLine<Stores extends PaymentStores> (stores: Stores, tools: LearnTools<Stores>, { channel, line, at }: { readonly channel: PaymentChannel, readonly line: StatementItem, readonly at: Date }): Promise<void> {
  const said = { state: 'success', channelNumber: line.channelNumber, at: line.at } as const
  if (line.kind === 'refund') await learnRefund(stores, tools, { channel, at, notice: { ...said, refundNumber: line.key, amountFen: fen(0 - line.amountFen) } })
  if (line.kind === 'payment') await learn(stores, tools, { channel, at, notice: { ...said, orderNumber: line.key, amountFen: line.amountFen } })
}
