import { walletFrozen, walletPayable, type AccountBalance, type LedgerStore } from '../ledger/index.ts'
import { negateFen, sumFen, type Fen } from '../money.ts'
import type { WalletId } from './escrow.ts'

/** 钱包. What the books owe a doctor or hospital for what was done. */
export interface Wallet {
  readonly id: WalletId
  readonly availableFen: Fen
  /** On its way out: asked for, or being split off at the channel. */
  readonly frozenFen: Fen
}

const owedFen = (balances: readonly AccountBalance[], account: string): Fen => negateFen(sumFen(balances.filter((one) => one.account === account).map(({ balanceFen }) => balanceFen)))

export async function readWallet ({ ledger }: { readonly ledger: Pick<LedgerStore, 'balances'> }, id: WalletId): Promise<Wallet> {
  const balances = await ledger.balances([walletPayable(id), walletFrozen(id)])
  return { id, availableFen: owedFen(balances, walletPayable(id)), frozenFen: owedFen(balances, walletFrozen(id)) }
}

export function isWalletId (text: string): text is WalletId {
  return /^(doctor|hospital):[\w.-]{1,150}$/.test(text)
}
