import { fen, type Fen } from '../money.ts'
import { outstandingOf } from './bill.ts'
import { contractStatus, type ContractStatus } from './contract-status.ts'
import type { BillStore, ContractStore } from './ports.ts'

/** Whether a new visit of a person may be paid after care, and every reason why not. */
export interface MayPayAfterCare {
  readonly state: ContractStatus['state']
  readonly mayPayAfterCare: boolean
  readonly reasons: readonly string[]
}

interface MayDeps {
  readonly contracts: Pick<ContractStore, 'ofPatient'>
  readonly bills: Pick<BillStore, 'outstanding' | 'holds'>
}

/** Answered when a card is read, and again when a visit is registered. */
export async function mayPayAfterCare ({ contracts, bills }: MayDeps, patientId: string): Promise<MayPayAfterCare> {
  const status = await contractStatus({ contracts }, patientId)
  const usedFen = status.contractId === null ? fen(0) : await usedOf(bills, status.contractId)
  return decideMayPay(status, usedFen)
}

/** overdue is why a contract was suspended; over_limit: what is owed and held leaves nothing of the credit limit. */
export function decideMayPay ({ state, isInForce, creditLimitFen, suspendedBecause }: Omit<ContractStatus, 'contractId'>, usedFen: Fen): MayPayAfterCare {
  const reasons = [
    ...isInForce ? [] : [state === 'none' ? 'no_contract' : `contract_${state}`],
    ...suspendedBecause === 'overdue' && state === 'suspended' ? ['overdue'] : [],
    ...isInForce && creditLimitFen !== null && usedFen >= creditLimitFen ? ['over_limit'] : []
  ]
  return { state, mayPayAfterCare: reasons.length === 0, reasons }
}

async function usedOf (bills: MayDeps['bills'], contractId: string): Promise<Fen> {
  const owed = (await bills.outstanding(contractId)).reduce((sum, bill) => sum + outstandingOf(bill), 0)
  const held = (await bills.holds(contractId)).reduce((sum, { amountFen }) => sum + amountFen, 0)
  return fen(owed + held)
}
