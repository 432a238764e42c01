import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import { billState, isPastDeadline, payableOf, undisputedOf, type Bill } from './bill.ts'
import { statusOf, type ContractStatus } from './contract-status.ts'
import { heldOf, headroomOf, usageOfContracts, usedOf, type Usage, type UsageStores } from './post-pay.ts'

/** The status of a person over all hospitals (finding 1 of the domain document): that of their worst bill (D-2). */
export type PersonStatus = 'normal' | 'owing' | 'overdue'

export interface PersonStanding {
  readonly status: PersonStatus
  readonly worstBill: Bill | null
  readonly contract: ContractStatus
  readonly usedFen: Fen
  readonly heldFen: Fen
  readonly headroomFen: Fen
}

/** owing: not settled after the visit day; overdue: past a deadline. What is disputed or owed to a funder makes neither. */
export function personStatus (bills: readonly Bill[], today: CalendarDate): Pick<PersonStanding, 'status' | 'worstBill'> {
  const owed = bills.filter((bill) => payableOf(bill) > 0 && undisputedOf(bill) > 0)
  const byAge = owed.filter(({ closedOn }) => closedOn !== null).sort((one, other) => (one.dueOn ?? '') < (other.dueOn ?? '') ? -1 : 1)
  const overdue = byAge.find((bill) => isPastDeadline(bill, today))
  if (overdue !== undefined) return { status: 'overdue', worstBill: overdue }
  const owing = byAge.find((bill) => ['owing', 'disputed'].includes(billState(bill, today)))
  if (owing !== undefined) return { status: 'owing', worstBill: owing }
  return { status: 'normal', worstBill: byAge[0] ?? owed[0] ?? null }
}

export async function personStanding ({ contracts, bills }: UsageStores, patientId: string, today: CalendarDate): Promise<PersonStanding> {
  const signed = await contracts.ofPatient(patientId)
  const usage: Usage = await usageOfContracts({ bills }, signed)
  return { ...personStatus(usage.bills, today), contract: statusOf(signed), usedFen: usedOf(usage), heldFen: heldOf(usage), headroomFen: headroomOf(usage) }
}
