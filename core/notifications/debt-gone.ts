import type { Notice } from '../notice.ts'
import { undisputedOf, type BillStore, type ContractStore } from '../pay-after-care/index.ts'
import { templates } from './templates.ts'

interface DebtStores {
  readonly contracts: Pick<ContractStore, 'ofPatient'>
  readonly bills: Pick<BillStore, 'outstanding'>
}

/** A reminder that was written, and whose debt is paid or disputed by now, is not sent (I-24). */
export async function debtGone ({ contracts, bills }: DebtStores, { template, patientId }: Pick<Notice, 'template' | 'patientId'>): Promise<string | null> {
  if (!templates[template].isDunning || patientId === null) return null
  for (const { id } of await contracts.ofPatient(patientId)) {
    if ((await bills.outstanding(id)).some((bill) => bill.closedOn !== null && undisputedOf(bill) > 0)) return null
  }
  return 'nothing_owed'
}
