import type { Calendar } from '../clock.ts'
import { fen, sumFen, type Fen } from '../money.ts'
import type { Visit } from '../visits/index.ts'
import { outstandingOf, type Bill } from './bill.ts'
import { isInForce, type Contract } from './contract.ts'
import type { CreditHold } from './credit-hold.ts'
import { standingOf } from './end-contract.ts'
import { arrearsOf } from './overdue.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment, PayAfterCareSettings } from './settings.ts'

export const refusals = ['no_contract', 'contract_suspended', 'contract_ended', 'visit_not_post_pay', 'overdue', 'over_limit'] as const
/** Why something is to be paid now. */
export type Refusal = typeof refusals[number]

/** What a person's contract is used for, over all hospitals of the scheme and all contracts that a tie joined. */
export interface Usage {
  readonly contract: Contract | null
  readonly bills: readonly Bill[]
  readonly holds: readonly CreditHold[]
}

export interface UsageStores {
  readonly contracts: Pick<ContractStore, 'ofPatient'>
  readonly bills: Pick<BillStore, 'outstanding' | 'holds'>
}

/** Two looks by index for each contract; nearly everybody has one. */
export async function usageOfContracts ({ bills }: Pick<UsageStores, 'bills'>, contracts: readonly Contract[]): Promise<Usage> {
  const open: Bill[] = []
  const holds: CreditHold[] = []
  for (const { id } of contracts) {
    open.push(...await bills.outstanding(id))
    holds.push(...await bills.holds(id))
  }
  return { contract: standingOf(contracts) ?? contracts[0] ?? null, bills: open, holds }
}

export const usedOf = ({ bills }: Usage): Fen => sumFen(bills.map((bill) => fen(Math.max(0, outstandingOf(bill)))))
export const heldOf = ({ holds }: Usage): Fen => sumFen(holds.map(({ amountFen }) => amountFen))

/** D-11: what is left of the limit; never below zero. */
export function headroomOf (usage: Usage): Fen {
  return fen(Math.max(0, (usage.contract?.creditLimitFen ?? 0) - usedOf(usage) - heldOf(usage)))
}

type Asking = Pick<Moment, 'today'> & Pick<PayAfterCareSettings, 'minimumOverdueFen'>

/** Nobody knows yet what a new visit will cost; but where nothing is left of the limit it cannot begin. */
const leastOfAVisit = fen(1)

/** The one rule for a new visit: what the desk tells before it, and what makes its bill afterwards. */
export const newVisitRefusals = (usage: Usage, asking: Asking): readonly Refusal[] => refusalsOf(usage, { ...asking, amountFen: leastOfAVisit })

/** Every reason at once why `amountFen` more cannot be paid after care (I-21). */
export function refusalsOf (usage: Usage, { amountFen, today, minimumOverdueFen }: Asking & { readonly amountFen: Fen }): readonly Refusal[] {
  const { contract, bills } = usage
  if (contract === null) return ['no_contract']
  const limit = contract.creditLimitFen - usedOf(usage) - heldOf(usage)
  return [
    ...contract.state === 'suspended' ? ['contract_suspended' as const] : [],
    ...isInForce(contract) || contract.state === 'suspended' ? [] : ['contract_ended' as const],
    ...arrearsOf(bills, today).overdueFen > minimumOverdueFen ? ['overdue' as const] : [],
    ...limit < amountFen ? ['over_limit' as const] : []
  ]
}

/**
 * 医后付就诊. Whether a visit that has just been seen begun is paid after care. Emergencies always are, under any contract
 * that stands; a visit that was registered as such here keeps what was promised; any other only where nothing speaks
 * against it now. A visit that began before the day of signing is not.
 */
export function isPostPay (visit: Pick<Visit, 'class' | 'payMode' | 'startedAt'>, usage: Usage, { now, today, calendar, minimumOverdueFen }: Moment & { readonly calendar: Calendar } & Pick<PayAfterCareSettings, 'minimumOverdueFen'>): boolean {
  const { contract } = usage
  if (contract === null || visit.payMode === 'self_pay') return false
  if (calendar(visit.startedAt ?? now) < calendar(contract.signedAt)) return false
  const isStanding = contract.state === 'active' || contract.state === 'suspended'
  if (visit.class === 'emergency' || visit.payMode === 'postpay') return isStanding
  return newVisitRefusals(usage, { today, minimumOverdueFen }).length === 0
}
