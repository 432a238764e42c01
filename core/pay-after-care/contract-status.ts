import type { Fen } from '../money.ts'
import { isInForce, type Contract, type ContractState } from './contract.ts'
import { standingOf } from './end-contract.ts'

/** Answered when a card is read: one read by index, whatever the number of hospitals. */
export interface ContractStatus {
  /** none: never signed. Else how the contract that counts stands, or the newest of those that ended. */
  readonly state: ContractState | 'none'
  /** Whether a new visit may be paid after care. */
  readonly isInForce: boolean
  readonly contractId: string | null
  readonly creditLimitFen: Fen | null
  readonly suspendedBecause: Contract['suspendedBecause']
}

/** Of a person's contracts, the newest first, as the store gives them. */
export function statusOf (contracts: readonly Contract[]): ContractStatus {
  const contract = standingOf(contracts) ?? contracts[0]
  if (contract === undefined) return { state: 'none', isInForce: false, contractId: null, creditLimitFen: null, suspendedBecause: null }
  const { id, state, creditLimitFen, suspendedBecause } = contract
  return { state, isInForce: isInForce(contract), contractId: id, creditLimitFen, suspendedBecause }
}
