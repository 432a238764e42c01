import { statusOf, type ContractStatus } from './contract-status.ts'
import { newVisitRefusals, usageOfContracts, type Refusal, type UsageStores } from './post-pay.ts'
import type { Moment, PayAfterCareSettings } from './settings.ts'

/** Whether a new visit of a person may be paid after care, and every reason why not. */
export interface MayPayAfterCare {
  readonly state: ContractStatus['state']
  readonly mayPayAfterCare: boolean
  readonly reasons: readonly Refusal[]
}

/** Answered when a card is read, and again when a visit is registered, by the rule that then makes its bill. */
export async function mayPayAfterCare (stores: UsageStores, { patientId, today, minimumOverdueFen }: { readonly patientId: string } & Pick<Moment, 'today'> & Pick<PayAfterCareSettings, 'minimumOverdueFen'>): Promise<MayPayAfterCare> {
  const contracts = await stores.contracts.ofPatient(patientId)
  const reasons = newVisitRefusals(await usageOfContracts(stores, contracts), { today, minimumOverdueFen })
  return { state: statusOf(contracts).state, mayPayAfterCare: reasons.length === 0, reasons }
}
