import { escrowAccount, type LedgerStore } from '../ledger/index.ts'
import { sumFen, type Fen } from '../money.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { heldFen, type Escrow } from './escrow.ts'
import type { EscrowStore } from './ports.ts'

const perRead = 500
const mostFailed = 1_000

export interface EscrowProof {
  readonly escrows: number
  readonly heldFen: Fen
  /** Escrows whose account in the books is not what they hold; of an ended one it is 0. */
  readonly wrong: readonly string[]
}

type Stores = { readonly escrows: EscrowStore, readonly ledger: Pick<LedgerStore, 'balances'> }

/** 担保核对 (D4). Page by page, each page in a read of its own. */
export async function proveEscrows ({ inReading }: { readonly inReading: InTransaction<Stores> }): Promise<EscrowProof> {
  const wrong: string[] = []
  const held: Fen[] = []
  let count = 0
  for (let after: string | null = null; ;) {
    const page: Page = await inReading((stores) => provePage(stores, after))
    count += page.count
    held.push(page.heldFen)
    wrong.push(...page.wrong)
    if (page.count < perRead) break
    after = page.last
  }
  return { escrows: count, heldFen: sumFen(held), wrong }
}

interface Page {
  readonly count: number
  readonly heldFen: Fen
  readonly wrong: readonly string[]
  readonly last: string | null
}

async function provePage ({ escrows, ledger }: Stores, after: string | null): Promise<Page> {
  const page: readonly Escrow[] = await escrows.inOrder({ after, limit: perRead })
  const balances = await ledger.balances(page.map(({ id }) => escrowAccount(id)))
  const owed = new Map<string, number>()
  for (const { account, balanceFen } of balances) owed.set(account, (owed.get(account) ?? 0) - balanceFen)
  const wrong = page.filter((escrow) => (owed.get(escrowAccount(escrow.id)) ?? 0) !== heldFen(escrow))
  return { count: page.length, heldFen: sumFen(page.map(heldFen)), wrong: wrong.map(({ id }) => id), last: page.at(-1)?.id ?? null }
}

/** What channels refused for good, up to the most that are counted. */
export async function stuckMoney ({ escrows }: { readonly escrows: EscrowStore }): Promise<{ readonly refunds: number, readonly splits: number }> {
  return { refunds: (await escrows.unreturned(mostFailed)).length, splits: (await escrows.failedSplits(mostFailed)).length }
}
