import { stands, type Assured, type Contract } from './contract.ts'
import { notContracted } from './suspend-contract.ts'

/** 解约. Only where `terminationObstacles` finds none. */
export function terminated (contract: Contract, by: Assured, at: Date): Contract {
  if (!stands(contract)) throw notContracted()
  return { ...contract, state: 'terminated', endedAt: at, endedBecause: 'terminated', endedBy: by }
}

/** 失效. No new visits; what is owed lives on. */
export function expired (contract: Contract, because: 'eligibility_lapsed' | 'joined', at: Date): Contract {
  if (!stands(contract)) throw notContracted()
  return { ...contract, state: 'expired', endedAt: at, endedBecause: because, endedBy: null }
}

/**
 * Which of a person's contracts counts. A tie may have joined two that stand: a suspended one goes before, so that a tie
 * is no way out of arrears; else the one signed first.
 */
export function standingOf (contracts: readonly Contract[]): Contract | null {
  const [first] = contracts.filter(stands).sort((one, other) =>
    Number(other.state === 'suspended') - Number(one.state === 'suspended') || one.signedAt.getTime() - other.signedAt.getTime() || (one.id < other.id ? -1 : 1))
  return first ?? null
}
