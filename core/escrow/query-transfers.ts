import { isStoreTrouble } from '../back-off.ts'
import { carryPayout } from './carry-payout.ts'
import { carrySplit } from './carry-split.ts'
import type { EscrowStores } from './ports.ts'
import type { TransferTools } from './transfer-tools.ts'

const pageSize = 20

/** Asks for every split and payout whose query is due; each waits for its next turn before it is asked for. */
export async function queryTransfers<Stores extends EscrowStores> (tools: TransferTools<Stores>, dueAt: Date): Promise<{ readonly splits: number, readonly payouts: number }> {
  const { inTransaction } = tools
  const splits = await eachDue(() => inTransaction(async ({ escrows }) => (await escrows.splitsToQuery(dueAt, pageSize)).map(({ escrowId }) => escrowId)), (id) => carrySplit(tools, id))
  const payouts = await eachDue(() => inTransaction(async ({ wallets }) => (await wallets.withdrawalsToQuery(dueAt, pageSize)).map(({ id }) => id)), (id) => carryPayout(tools, id))
  return { splits, payouts }
}

async function eachDue (read: () => Promise<readonly string[]>, carry: (id: string) => Promise<void>): Promise<number> {
  const seen = new Set<string>()
  for (let due = await read(); due.some((id) => !seen.has(id)); due = await read()) {
    for (const id of due) {
      seen.add(id)
      await withoutHolding(() => carry(id))
    }
  }
  return seen.size
}

/** A channel that is gone must not keep the others from being asked. */
async function withoutHolding (work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isStoreTrouble(error)) throw error
  }
}

export async function nextTransferDue ({ escrows, wallets }: Pick<EscrowStores, 'escrows' | 'wallets'>): Promise<Date | null> {
  const [split, payout] = [await escrows.nextSplitQueryAt(), await wallets.nextWithdrawalQueryAt()]
  if (split === null || payout === null) return split ?? payout
  return split < payout ? split : payout
}
