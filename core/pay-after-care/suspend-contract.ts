import { DomainError } from '../errors.ts'
import { stands, type Contract, type SuspensionReason } from './contract.ts'

/**
 * 停用. No new visit is paid after care, in no hospital of the scheme, until it is cured. What was suspended by hand stays
 * so until it is lifted by hand, whatever is paid.
 */
export function suspend (contract: Contract, because: SuspensionReason, at: Date): Contract {
  if (!stands(contract)) throw notContracted()
  if (contract.suspendedBecause === because || contract.suspendedBecause === 'manual') return contract
  return { ...contract, state: 'suspended', suspendedAt: contract.suspendedAt ?? at, suspendedBecause: because }
}

/** 恢复. Nothing is overdue any more: lifts what arrears suspended, and nothing else. */
export function cure (contract: Contract): Contract {
  return contract.state === 'suspended' && contract.suspendedBecause === 'overdue' ? inForce(contract) : contract
}

/** Lifts by hand; while something is overdue the arrears take the place of the hand. */
export function reinstate (contract: Contract, isOverdue: boolean): Contract {
  if (contract.state !== 'suspended') throw new DomainError('CONTRACT_NOT_IN_FORCE', 'The contract is not suspended, so there is nothing to lift.')
  return isOverdue ? { ...contract, suspendedBecause: 'overdue' } : inForce(contract)
}

function inForce (contract: Contract): Contract {
  return { ...contract, state: 'active', suspendedAt: null, suspendedBecause: null }
}

export const notContracted = (): DomainError => new DomainError('CONTRACT_NOT_IN_FORCE', 'This contract has ended already. GET /v1/contracts shows how it stands.')
