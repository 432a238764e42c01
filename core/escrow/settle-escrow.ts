import { escrowAccount, platformIncome, walletFrozen, walletPayable } from '../ledger/index.ts'
import { fen, negateFen, type Fen } from '../money.ts'
import { heldFen, platformFee, type Escrow, type WalletId } from './escrow.ts'
import { bookOnce, noEscrow, splitMessage, type EscrowTools } from './escrow-tools.ts'
import type { EscrowStores } from './ports.ts'
import { escrowEnded } from './return-from-escrow.ts'
import { isSplitChannel, type EscrowSplit } from './split.ts'

export interface SettleEscrow {
  readonly id: string
  readonly payee: WalletId
  readonly feePermille: number
}

/**
 * 结算 (C10, M8). What is held becomes the platform's fee and the payee's, in the books at once. The channel is told by
 * the outbox: to split the payee's part off to its own account, or to free all to the merchant, whose wallet holds it.
 */
export async function settleEscrow (stores: EscrowStores, tools: EscrowTools, command: SettleEscrow, at: Date): Promise<Escrow> {
  const escrow = await stores.escrows.findForChange(command.id)
  if (escrow === null) throw noEscrow()
  const after = settled(escrow, command, at)
  const amountFen = heldFen(escrow)
  const payeeFen = fen(amountFen - after.feeFen)
  await stores.escrows.save(after)
  await bookOnce(stores, tools, {
    kind: 'escrow', hospitalId: escrow.hospitalId, sourceKey: `escrow-settled:${escrow.id}`, memo: escrow.id,
    postings: [{ account: escrowAccount(escrow.id), amountFen }, { account: platformIncome, amountFen: negateFen(after.feeFen) }, { account: walletPayable(command.payee), amountFen: negateFen(payeeFen) }]
  }, at)
  await openSplit(stores, tools, { escrow, payee: command.payee, payeeFen }, at)
  return after
}

/** The decision alone. */
export function settled (escrow: Escrow, { payee, feePermille }: SettleEscrow, at: Date): Escrow {
  if (escrow.state !== 'held') throw escrowEnded(escrow)
  return { ...escrow, state: 'settled', payee, feeFen: platformFee(heldFen(escrow), feePermille), endedAt: at }
}

/** What goes to the payee's own account is on its way from now on, so that nobody withdraws it meanwhile. */
async function openSplit (stores: EscrowStores, tools: EscrowTools, { escrow, payee, payeeFen }: { readonly escrow: Escrow, readonly payee: WalletId, readonly payeeFen: Fen }, at: Date): Promise<void> {
  const order = await stores.payments.find(escrow.paymentOrderId)
  if (order?.isHeld !== true || !isSplitChannel(order.channel)) return
  const { channel } = order
  const account = (await stores.wallets.accounts(payee)).find((one) => one.channel === channel && one.takesSplits)
  const number = tools.ids.next().replaceAll('-', '')
  const receiver = account === undefined || payeeFen === 0 ? null : { account: account.account, amountFen: payeeFen }
  const split: EscrowSplit = {
    escrowId: escrow.id, orderId: order.id, hospitalId: escrow.hospitalId, walletId: payee, channel, number, receiver,
    state: 'waiting', createdAt: at, doneAt: null, queries: 0, nextQueryAt: null
  }
  await stores.escrows.saveSplit(split)
  if (receiver !== null) {
    await bookOnce(stores, tools, {
      kind: 'payout', hospitalId: escrow.hospitalId, sourceKey: `split-out:${escrow.id}`, memo: escrow.id,
      postings: [{ account: walletPayable(payee), amountFen: payeeFen }, { account: walletFrozen(payee), amountFen: negateFen(payeeFen) }]
    }, at)
  }
  await stores.outbox.add(splitMessage(escrow.id, number, { id: tools.ids.next(), at }))
}
