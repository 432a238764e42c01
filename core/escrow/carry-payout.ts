import { forChange, endWithdrawal, failWithdrawal } from './withdraw.ts'
import type { EscrowStores, PayoutNotice, WantedPayout } from './ports.ts'
import { askTransfer, nextTransferQuery, splitGatewayOf, type Answer, type TransferTools } from './transfer-tools.ts'
import { movedWithdrawal, type Withdrawal } from './withdrawal.ts'

/** 付款. Hands an approved withdrawal to its channel, or asks what became of it; always under the same number. */
export async function carryPayout<Stores extends EscrowStores> (tools: TransferTools<Stores>, id: string): Promise<void> {
  const standing = await tools.inTransaction((stores) => begin(stores, id, tools.clock.now()))
  if (standing === null) return
  const { withdrawal, wasSent } = standing
  const gateway = splitGatewayOf(tools, withdrawal.channel)
  const wanted = wantedOf(withdrawal, tools)
  const answer = await askTransfer({ ask: () => gateway.payOut(wanted), query: () => gateway.queryPayOut(wanted), wasSent })
  await tools.inTransaction((stores) => learnPayout(stores, tools, { id, answer }, tools.clock.now()))
}

async function begin (stores: EscrowStores, id: string, at: Date): Promise<{ readonly withdrawal: Withdrawal, readonly wasSent: boolean } | null> {
  const withdrawal = await forChange(stores, id)
  if (withdrawal.state !== 'approved' && withdrawal.state !== 'paying') return null
  const wasSent = withdrawal.state === 'paying'
  const paying = { ...wasSent ? withdrawal : movedWithdrawal(withdrawal, 'paying'), queries: withdrawal.queries + 1, nextQueryAt: nextTransferQuery(withdrawal.queries, at) }
  await stores.wallets.saveWithdrawal(paying)
  return { withdrawal: paying, wasSent }
}

function wantedOf ({ payoutNumber, account, holderName, amountFen, requestedAt }: Withdrawal, { opened }: Pick<TransferTools<never>, 'opened'>): WantedPayout {
  return { number: payoutNumber, account: opened(account), holderName: holderName === null ? null : opened(holderName), amountFen, requestedAt }
}

/** The one place where what a channel says changes a withdrawal; an amount that is not ours is for people, so it waits. */
async function learnPayout<Stores extends EscrowStores> (stores: Stores, tools: TransferTools<Stores>, { id, answer }: { readonly id: string, readonly answer: Answer<PayoutNotice> }, at: Date): Promise<void> {
  const withdrawal = await forChange(stores, id)
  if (withdrawal.state !== 'paying' || answer === 'in_doubt') return
  if (answer === 'refused' || answer.notice.state === 'failed') {
    await failWithdrawal(stores, tools, { withdrawal, reason: 'refused_by_channel' }, at)
    return
  }
  const { state, amountFen, channelNumber, at: paidAt } = answer.notice
  if (state === 'success' && amountFen === withdrawal.amountFen) await endWithdrawal(stores, tools, { withdrawal, channelNumber, paidAt: paidAt ?? at }, at)
}
