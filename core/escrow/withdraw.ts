import { DomainError } from '../errors.ts'
import { channelClearing, walletFrozen, walletPayable } from '../ledger/index.ts'
import { negateFen, type Fen } from '../money.ts'
import type { WalletId } from './escrow.ts'
import { bookOnce, noWithdrawal, payoutMessage, type EscrowTools } from './escrow-tools.ts'
import type { EscrowStores } from './ports.ts'
import type { SplitChannel } from './split.ts'
import { movedWithdrawal, withdrawalParts, type Withdrawal } from './withdrawal.ts'

export interface RequestWithdrawal {
  readonly walletId: WalletId
  readonly channel: SplitChannel
  readonly amountFen: Fen
  readonly by: string
}

export interface WithdrawalRules extends EscrowTools {
  /** Above it a second person decides. */
  readonly byTwoAboveFen: Fen
}

/** 申请提现 (M15). Frozen at once, under the wallet's lock, so that of many who ask for the whole one gets it. */
export async function requestWithdrawal (stores: EscrowStores, tools: WithdrawalRules, { walletId, channel, amountFen, by }: RequestWithdrawal, at: Date): Promise<Withdrawal> {
  const { wallets, ledger, outbox } = stores
  await wallets.lock(walletId)
  const account = (await wallets.accounts(walletId)).find((one) => one.channel === channel)
  if (account === undefined) throw new DomainError('PAYOUT_ACCOUNT_MISSING', 'The wallet has no account of this channel. Register it first.', 'channel')
  const parts = withdrawalParts(await ledger.balances([walletPayable(walletId)]), amountFen)
  const id = tools.ids.next()
  const isApproved = amountFen <= tools.byTwoAboveFen
  const withdrawal: Withdrawal = {
    id, walletId, channel, amountFen, parts, state: isApproved ? 'approved' : 'requested', payoutNumber: id.replaceAll('-', ''), account: account.account, holderName: account.holderName, masked: account.masked,
    requestedBy: by, requestedAt: at, decidedBy: null, decidedAt: null, channelNumber: null, reason: null, doneAt: null, queries: 0, nextQueryAt: null
  }
  await wallets.saveWithdrawal(withdrawal)
  await bookParts(stores, tools, { withdrawal, what: 'asked', from: walletPayable(walletId), to: walletFrozen(walletId) }, at)
  if (isApproved) await outbox.add(payoutMessage(id, { id: tools.ids.next(), at }))
  return withdrawal
}

/** 复核提现. The second person's word; the same word again answers with what stands. */
export async function decideWithdrawal (stores: EscrowStores, tools: EscrowTools, { id, isApproved, by }: { readonly id: string, readonly isApproved: boolean, readonly by: string }, at: Date): Promise<Withdrawal> {
  const withdrawal = await forChange(stores, id)
  if (withdrawal.requestedBy === by) throw new DomainError('DECISION_NEEDS_ANOTHER_PERSON', 'Whoever asked for the withdrawal does not decide on it. Ask a second person.')
  if (withdrawal.decidedBy === by && isApproved === (withdrawal.state !== 'failed')) return withdrawal
  if (withdrawal.state !== 'requested') throw new DomainError('DECISION_MADE', `The withdrawal is ${withdrawal.state}. Read it again.`)
  const decided = { ...withdrawal, decidedBy: by, decidedAt: at }
  if (!isApproved) return await failWithdrawal(stores, tools, { withdrawal: decided, reason: 'declined' }, at)
  const approved = movedWithdrawal(decided, 'approved')
  await stores.wallets.saveWithdrawal(approved)
  await stores.outbox.add(payoutMessage(id, { id: tools.ids.next(), at }))
  return approved
}

/** Under the wallet's lock. */
export async function forChange ({ wallets }: EscrowStores, id: string): Promise<Withdrawal> {
  const found = await wallets.findWithdrawal(id)
  if (found === null) throw noWithdrawal()
  await wallets.lock(found.walletId)
  return await wallets.findWithdrawal(id) ?? found
}

/** 失败: what was frozen is available again. */
export async function failWithdrawal (stores: EscrowStores, tools: EscrowTools, { withdrawal, reason }: { readonly withdrawal: Withdrawal, readonly reason: string }, at: Date): Promise<Withdrawal> {
  const failed = { ...movedWithdrawal(withdrawal, 'failed'), reason, doneAt: at, nextQueryAt: null }
  await stores.wallets.saveWithdrawal(failed)
  await bookParts(stores, tools, { withdrawal, what: 'failed', from: walletFrozen(withdrawal.walletId), to: walletPayable(withdrawal.walletId) }, at)
  return failed
}

/** 已到账. */
export async function endWithdrawal (stores: EscrowStores, tools: EscrowTools, { withdrawal, channelNumber, paidAt }: { readonly withdrawal: Withdrawal, readonly channelNumber: string | null, readonly paidAt: Date }, at: Date): Promise<void> {
  await stores.wallets.saveWithdrawal({ ...movedWithdrawal(withdrawal, 'paid'), channelNumber, doneAt: paidAt, nextQueryAt: null })
  await bookParts(stores, tools, { withdrawal, what: 'paid', from: walletFrozen(withdrawal.walletId), to: channelClearing(withdrawal.channel) }, at)
}

interface Move {
  readonly withdrawal: Withdrawal
  readonly what: 'asked' | 'failed' | 'paid'
  readonly from: string
  readonly to: string
}

/** Every hospital has books of its own. */
async function bookParts (stores: EscrowStores, tools: EscrowTools, { withdrawal, what, from, to }: Move, at: Date): Promise<void> {
  for (const { hospitalId, amountFen } of withdrawal.parts) {
    await bookOnce(stores, tools, {
      kind: 'payout', hospitalId, sourceKey: `withdrawal-${what}:${withdrawal.id}:${hospitalId}`, memo: withdrawal.id, postings: [{ account: from, amountFen }, { account: to, amountFen: negateFen(amountFen) }]
    }, at)
  }
}
