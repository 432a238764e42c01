import type { Fen } from '../money.ts'
import type { WalletId } from './escrow.ts'

/** Channels that can keep money back, split it and pay out. */
export const splitChannels = ['wechat', 'alipay', 'bank'] as const
export type SplitChannel = typeof splitChannels[number]

export function isSplitChannel (channel: string): channel is SplitChannel {
  return (splitChannels as readonly string[]).includes(channel)
}

/**
 * 分账. What the channel is to do with the money of a settled escrow: the payee's own account there gets its part at once,
 * or all is freed to the merchant and the wallet holds it. waiting → submitted → done | failed; a receiver that the
 * channel refuses is left out, and the same escrow is freed under a new number.
 */
export interface EscrowSplit {
  readonly escrowId: string
  readonly orderId: string
  readonly hospitalId: string
  readonly walletId: WalletId
  readonly channel: SplitChannel
  /** What the channel calls it; the same on every repetition. */
  readonly number: string
  /** `account` is sealed. */
  readonly receiver: { readonly account: string, readonly amountFen: Fen } | null
  readonly state: 'waiting' | 'submitted' | 'done' | 'failed'
  readonly createdAt: Date
  readonly doneAt: Date | null
  readonly queries: number
  readonly nextQueryAt: Date | null
}
