import { DomainError } from '../errors.ts'
import type { Calendar } from '../clock.ts'
import type { Ids } from '../ids.ts'
import type { ChargeStore } from '../ledger/index.ts'
import type { Fen } from '../money.ts'
import type { Visit } from '../visits/index.ts'
import type { CreditHold } from './credit-hold.ts'
import { headroomOf, refusalsOf, usageOfContracts, type Refusal, type Usage } from './post-pay.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment, PayAfterCareSettings } from './settings.ts'

export const releaseKinds = ['exam', 'test', 'treatment', 'drug'] as const

export interface ReleaseCheck {
  readonly visit: Pick<Visit, 'id' | 'hospitalId' | 'patientId' | 'class'>
  readonly amountFen: Fen
  /** As the charge will carry it: the line's own number (FT1-2), or the filler's of the order (FT1-23). */
  readonly reference: string
  readonly isEmergency: boolean
}

export interface Release {
  readonly mayProceed: boolean
  /** Why not, all of it; of an emergency that proceeds all the same, what would have stood against it. */
  readonly reasons: readonly Refusal[]
  readonly hold: CreditHold | null
}

export interface ReleaseStores {
  readonly contracts: Pick<ContractStore, 'ofPatient'>
  readonly bills: Pick<BillStore, 'ofVisit' | 'outstanding' | 'holds' | 'lockContract' | 'holdByReference' | 'saveHold'>
  readonly charges: Pick<ChargeStore, 'byTransaction' | 'isOrderCharged'>
}

interface ReleaseTools {
  readonly ids: Ids
  readonly calendar: Calendar
  readonly settings: Pick<PayAfterCareSettings, 'holdMs' | 'minimumOverdueFen'>
}

/**
 * 放行, A-14: may a service be given though nothing is paid yet? It reserves its part of the limit, so that two that are
 * asked for at once cannot go over it together (I-12). Emergencies always may (finding 3 of the domain document); they
 * reserve what the limit still has. The same reference again gets the same answer and the same hold.
 */
export async function checkRelease (stores: ReleaseStores, tools: ReleaseTools, check: ReleaseCheck, now: Date): Promise<Release> {
  const contracts = await stores.contracts.ofPatient(check.visit.patientId)
  for (const id of contracts.map((contract) => contract.id).sort()) await stores.bills.lockContract(id)
  const isBilled = contracts.length > 0 && (await stores.bills.ofVisit(check.visit.id)).length > 0
  const standing = isBilled ? await stores.bills.holdByReference(check.visit.id, check.reference) : null
  const answered = isBilled ? await answeredBefore(stores, check, standing) : null
  if (answered !== null) return answered
  const held = standing?.state === 'held' ? standing : null
  const all = await usageOfContracts(stores, contracts)
  return await decideRelease(stores, tools, { check, isBilled, held, now, usage: { ...all, holds: all.holds.filter(({ id }) => id !== held?.id) } })
}

/** The charge has come, perhaps before anybody asked; or the same was asked before. */
async function answeredBefore (stores: Pick<ReleaseStores, 'charges'>, check: ReleaseCheck, standing: CreditHold | null): Promise<Release | null> {
  const isSame = standing?.state === 'posted' || (standing?.state === 'held' && standing.amountFen === check.amountFen)
  return isSame || (standing === null && await isCharged(stores, check)) ? { mayProceed: true, reasons: [], hold: standing } : null
}

interface Deciding {
  readonly check: ReleaseCheck
  readonly isBilled: boolean
  readonly held: CreditHold | null
  /** Without this hold. */
  readonly usage: Usage
  readonly now: Date
}

async function decideRelease (stores: ReleaseStores, tools: ReleaseTools, { check, isBilled, held, usage, now }: Deciding): Promise<Release> {
  const { amountFen, visit } = check
  const found = refusalsOf(usage, { amountFen, today: tools.calendar(now), minimumOverdueFen: tools.settings.minimumOverdueFen })
  const reasons: readonly Refusal[] = isBilled || found.includes('no_contract') ? found : ['visit_not_post_pay', ...found]
  if (reasons.length > 0 && !check.isEmergency && visit.class !== 'emergency') return { mayProceed: false, reasons, hold: null }
  const isRoom = isBilled && amountFen > 0 && headroomOf(usage) >= amountFen
  return { mayProceed: true, reasons, hold: isRoom && usage.contract !== null ? await keepHold(stores, tools, { held, contractId: usage.contract.id, check, now }) : null }
}

interface Keeping {
  readonly held: CreditHold | null
  readonly contractId: string
  readonly check: ReleaseCheck
  readonly now: Date
}

async function keepHold ({ bills }: ReleaseStores, { ids, settings }: ReleaseTools, { held, contractId, check, now }: Keeping): Promise<CreditHold> {
  const { visit, amountFen, reference } = check
  const hold: CreditHold = {
    id: held?.id ?? ids.next(), contractId, visitId: visit.id, reference, amountFen, state: 'held',
    heldAt: held?.heldAt ?? now, expiresAt: new Date(now.getTime() + settings.holdMs), endedAt: null
  }
  await bills.saveHold(hold)
  return hold
}

/** The charge may come before anybody asks: it stands on the bill already, and is not to be reserved a second time. */
async function isCharged ({ charges }: Pick<ReleaseStores, 'charges'>, { visit, reference }: ReleaseCheck): Promise<boolean> {
  const charge = await charges.byTransaction(visit.hospitalId, reference)
  const isItsLine = charge !== null && charge.visitId === visit.id && charge.state === 'posted' && charge.transactionId === reference
  return isItsLine || await charges.isOrderCharged(visit.id, reference)
}

export const noHold = (): DomainError => new DomainError('HOLD_NOT_FOUND', 'No hold has this id; ask for the release again.')

/** 取消占用: not done after all. A hold that has ended stays as it ended. */
export async function releaseHold ({ bills }: { readonly bills: Pick<BillStore, 'findHold' | 'endHold'> }, id: string, now: Date): Promise<CreditHold> {
  await bills.endHold(id, { state: 'released', at: now })
  const hold = await bills.findHold(id)
  if (hold === null) throw noHold()
  return hold
}

const expiredAtOnce = 200

/** 占用到期, on business time. */
export async function expireHolds ({ bills }: { readonly bills: Pick<BillStore, 'holdsExpiring' | 'endHold'> }, now: Moment['now']): Promise<number> {
  let expired = 0
  for (const { id } of await bills.holdsExpiring(now, expiredAtOnce)) if (await bills.endHold(id, { state: 'expired', at: now })) expired += 1
  return expired
}
