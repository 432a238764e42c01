import { DomainError } from '../errors.ts'
import type { AccountBalance } from '../ledger/index.ts'
import { fen, negateFen, sumFen, type Fen } from '../money.ts'
import type { WalletId } from './escrow.ts'
import type { SplitChannel } from './split.ts'

/** 收款账户. One of each channel for a wallet: a WeChat openid, an Alipay login, a bank card. */
export interface PayoutAccount {
  readonly walletId: WalletId
  readonly channel: SplitChannel
  /** Sealed. */
  readonly account: string
  /** Sealed. */
  readonly holderName: string | null
  /** As it is shown. */
  readonly masked: string
  /** Settlements that were paid through this channel are split to it at once. */
  readonly takesSplits: boolean
  readonly changedAt: Date
}

export const withdrawalStates = ['requested', 'approved', 'paying', 'paid', 'failed'] as const
export type WithdrawalState = typeof withdrawalStates[number]

/**
 * 提现. requested (available → frozen) → approved → paying → paid | failed (frozen → available). Under the limit it is
 * approved at once; an answer that does not come leaves it paying, and the channel is asked under the same number.
 */
export interface Withdrawal {
  readonly id: string
  readonly walletId: WalletId
  readonly channel: SplitChannel
  readonly amountFen: Fen
  /** In whose books the money stands. */
  readonly parts: ReadonlyArray<{ readonly hospitalId: string, readonly amountFen: Fen }>
  readonly state: WithdrawalState
  /** What the channel calls it. */
  readonly payoutNumber: string
  /** Sealed, as it stood when it was asked for: a later change of the account changes nothing. */
  readonly account: string
  readonly holderName: string | null
  readonly masked: string
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
  readonly channelNumber: string | null
  /** Of a failed one: declined, or refused_by_channel. */
  readonly reason: string | null
  readonly doneAt: Date | null
  readonly queries: number
  readonly nextQueryAt: Date | null
}

const withdrawalMoves: Readonly<Record<WithdrawalState, readonly WithdrawalState[]>> = {
  requested: ['approved', 'failed'],
  approved: ['paying'],
  paying: ['paid', 'failed'],
  paid: [],
  failed: []
}

export function movedWithdrawal (withdrawal: Withdrawal, state: WithdrawalState): Withdrawal {
  if (!withdrawalMoves[withdrawal.state].includes(state)) throw new DomainError('DECISION_MADE', `A withdrawal that is ${withdrawal.state} does not become ${state}. Read it again.`)
  return { ...withdrawal, state }
}

/** Takes the sum from the books that owe it, one hospital after the other; refuses more than all of them owe. */
export function withdrawalParts (balances: readonly AccountBalance[], amountFen: Fen): Withdrawal['parts'] {
  const owed = balances.map(({ hospitalId, balanceFen }) => ({ hospitalId, owedFen: negateFen(balanceFen) })).sort((one, other) => one.hospitalId < other.hospitalId ? -1 : 1)
  if (amountFen <= 0 || sumFen(owed.map(({ owedFen }) => owedFen)) < amountFen) throw new DomainError('WALLET_SHORT', 'More than the wallet may take out. Read the wallet and ask for at most what is available.', 'amountFen')
  let left: number = amountFen
  return owed.flatMap(({ hospitalId, owedFen }) => {
    const taken = Math.min(Math.max(0, owedFen), left)
    left -= taken
    return taken === 0 ? [] : [{ hospitalId, amountFen: fen(taken) }]
  })
}
