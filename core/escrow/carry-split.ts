import { channelClearing, walletFrozen, walletPayable } from '../ledger/index.ts'
import { negateFen } from '../money.ts'
import type { PaymentOrder } from '../payments/index.ts'
import { bookOnce, noEscrow, splitMessage } from './escrow-tools.ts'
import type { EscrowStores, SplitNotice, WantedSplit } from './ports.ts'
import type { EscrowSplit } from './split.ts'
import { askTransfer, nextTransferQuery, splitGatewayOf, type Answer, type TransferTools } from './transfer-tools.ts'

interface Standing {
  readonly split: EscrowSplit
  readonly order: PaymentOrder
  readonly wasSent: boolean
}

/** 分账. Tells the channel what became of a settled escrow, always under the same number; done once, however often it is carried. */
export async function carrySplit<Stores extends EscrowStores> (tools: TransferTools<Stores>, escrowId: string): Promise<void> {
  const standing = await tools.inTransaction((stores) => begin(stores, escrowId, tools.clock.now()))
  if (standing === null) return
  const { split, order, wasSent } = standing
  const gateway = splitGatewayOf(tools, split.channel)
  const wanted = wantedOf(split, tools)
  const answer = await askTransfer({ ask: () => gateway.split(wanted, order), query: () => gateway.querySplit(wanted, order), wasSent })
  await tools.inTransaction((stores) => learnSplit(stores, tools, { escrowId, number: split.number, answer }, tools.clock.now()))
}

async function begin ({ escrows, payments }: EscrowStores, escrowId: string, at: Date): Promise<Standing | null> {
  await escrows.findForChange(escrowId)
  const split = await escrows.findSplit(escrowId)
  if (split === null) throw noEscrow()
  const order = await payments.find(split.orderId)
  if (order === null) throw noEscrow()
  if (split.state === 'done' || split.state === 'failed') return null
  const submitted: EscrowSplit = { ...split, state: 'submitted', queries: split.queries + 1, nextQueryAt: nextTransferQuery(split.queries, at) }
  await escrows.saveSplit(submitted)
  return { split: submitted, order, wasSent: split.state === 'submitted' }
}

function wantedOf ({ number, receiver, createdAt }: EscrowSplit, { opened }: Pick<TransferTools<never>, 'opened'>): WantedSplit {
  return { number, receiver: receiver === null ? null : { account: opened(receiver.account), amountFen: receiver.amountFen }, requestedAt: createdAt }
}

interface HeardSplit {
  readonly escrowId: string
  readonly number: string
  readonly answer: Answer<SplitNotice>
}

/** The one place where what a channel says changes a split. */
async function learnSplit<Stores extends EscrowStores> (stores: Stores, tools: TransferTools<Stores>, { escrowId, number, answer }: HeardSplit, at: Date): Promise<void> {
  const { escrows } = stores
  await escrows.findForChange(escrowId)
  const split = await escrows.findSplit(escrowId)
  if (split?.state !== 'submitted' || split.number !== number || answer === 'in_doubt') return
  const state = answer === 'refused' ? 'failed' : answer.notice.state
  if (state === 'pending') return
  if (state === 'failed') await withoutReceiver(stores, tools, split, at)
  else await done(stores, tools, split, at)
}

async function done<Stores extends EscrowStores> (stores: Stores, tools: TransferTools<Stores>, split: EscrowSplit, at: Date): Promise<void> {
  await stores.escrows.saveSplit({ ...split, state: 'done', doneAt: at, nextQueryAt: null })
  if (split.receiver === null) return
  const { amountFen } = split.receiver
  await bookOnce(stores, tools, {
    kind: 'payout', hospitalId: split.hospitalId, sourceKey: `split-done:${split.escrowId}`, memo: split.escrowId,
    postings: [{ account: walletFrozen(split.walletId), amountFen }, { account: channelClearing(split.channel), amountFen: negateFen(amountFen) }]
  }, at)
}

/** The payee's account does not take it: the wallet holds it instead. Where the merchant's own is refused, people have to look. */
async function withoutReceiver<Stores extends EscrowStores> (stores: Stores, tools: TransferTools<Stores>, split: EscrowSplit, at: Date): Promise<void> {
  if (split.receiver === null) {
    await stores.escrows.saveSplit({ ...split, state: 'failed', doneAt: at, nextQueryAt: null })
    return
  }
  const { amountFen } = split.receiver
  const number = tools.ids.next().replaceAll('-', '')
  await stores.escrows.saveSplit({ ...split, number, receiver: null, state: 'waiting', queries: 0, nextQueryAt: null })
  await bookOnce(stores, tools, {
    kind: 'payout', hospitalId: split.hospitalId, sourceKey: `split-failed:${split.escrowId}`, memo: split.escrowId,
    postings: [{ account: walletFrozen(split.walletId), amountFen }, { account: walletPayable(split.walletId), amountFen: negateFen(amountFen) }]
  }, at)
  await stores.outbox.add(splitMessage(split.escrowId, number, { id: tools.ids.next(), at }))
}
