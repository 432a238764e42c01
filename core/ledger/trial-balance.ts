import type { CalendarDate } from '../clock.ts'
import { sumFen, type Fen } from '../money.ts'
import type { AccountBalance, LedgerStore } from './ports.ts'

export interface TrialBalance {
  readonly effectiveUntil: CalendarDate | null
  /** True when the three proofs hold: every hospital sums to zero, no entry is unbalanced, no balance is off. */
  readonly isProven: boolean
  readonly hospitals: ReadonlyArray<{ readonly hospitalId: string, readonly sumFen: Fen }>
  readonly accounts: readonly AccountBalance[]
  readonly unbalancedEntries: readonly string[]
  /** Accounts whose quick balance differs from the recount of their entries (I-03). Asked for all days only. */
  readonly wrongBalances: ReadonlyArray<{ readonly hospitalId: string, readonly account: string, readonly balanceFen: Fen, readonly recountFen: Fen }>
}

/** How many accounts one read names. */
const accountsPerRead = 500

/** 试算平衡. The proof that the books stand, by recount. */
export async function trialBalance ({ ledger }: { ledger: Pick<LedgerStore, 'trialBalance' | 'unbalancedEntries' | 'balances'> }, effectiveUntil: CalendarDate | null): Promise<TrialBalance> {
  const accounts = await ledger.trialBalance(effectiveUntil)
  const unbalancedEntries = await ledger.unbalancedEntries()
  const byHospital = new Map<string, Fen>()
  for (const { hospitalId, balanceFen } of accounts) byHospital.set(hospitalId, sumFen([byHospital.get(hospitalId) ?? sumFen([]), balanceFen]))
  const hospitals = [...byHospital].map(([hospitalId, sum]) => ({ hospitalId, sumFen: sum })).sort((one, other) => one.hospitalId < other.hospitalId ? -1 : 1)
  const wrongBalances = effectiveUntil === null ? await wrongBalancesOf(ledger, accounts) : []
  return {
    effectiveUntil,
    isProven: hospitals.every((hospital) => hospital.sumFen === 0) && unbalancedEntries.length === 0 && wrongBalances.length === 0,
    hospitals,
    accounts,
    unbalancedEntries,
    wrongBalances
  }
}

async function wrongBalancesOf (ledger: Pick<LedgerStore, 'balances'>, recount: readonly AccountBalance[]): Promise<TrialBalance['wrongBalances']> {
  const names = [...new Set(recount.map(({ account }) => account))]
  const balances = new Map<string, Fen>()
  for (let start = 0; start < names.length; start += accountsPerRead) {
    const read = await ledger.balances(names.slice(start, start + accountsPerRead))
    for (const { hospitalId, account, balanceFen } of read) balances.set(`${hospitalId} ${account}`, balanceFen)
  }
  return recount
    .map(({ hospitalId, account, balanceFen }) => ({ hospitalId, account, balanceFen: balances.get(`${hospitalId} ${account}`) ?? sumFen([]), recountFen: balanceFen }))
    .filter(({ balanceFen, recountFen }) => balanceFen !== recountFen)
}
