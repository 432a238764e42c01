import { addDays } from '../days.ts'
import type { Ids } from '../ids.ts'
import { yuanText } from '../money.ts'
import { noticeMessage } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { DayStore, PaymentStore } from '../payments/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { billsPurpose, type Bill } from './bill.ts'
import type { CardLock } from './card-lock.ts'
import type { Contract } from './contract.ts'
import type { DefaultStore } from './default-ports.ts'
import { eachOwing } from './each-owing.ts'
import { arrearsOf, lockFor, overdueOf, whyNothingFollows, type Arrears, type LockDecision, type WhyNothing } from './overdue.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment, PayAfterCareSettings } from './settings.ts'
import { suspend } from './suspend-contract.ts'

export interface OverdueStores {
  readonly contracts: Pick<ContractStore, 'find' | 'save' | 'note'>
  readonly bills: Pick<BillStore, 'owingContracts' | 'outstanding' | 'lines' | 'allocations'>
  readonly defaults: Pick<DefaultStore, 'saveLock' | 'locksOf'>
  readonly days: DayStore
  readonly payments: Pick<PaymentStore, 'hasOpen'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface OverdueDeps<Stores extends OverdueStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly breathe: () => Promise<unknown>
  readonly ids: Ids
  readonly settings: PayAfterCareSettings
}

export const lockKind = 'card-lock'
export const unlockKind = 'card-unlock'

/**
 * 违约处理, after the deadline: the privilege is lost in all hospitals of the scheme, and with a legal basis the
 * insurance card is locked; each only when every precondition is proven at this moment (I-25). Runs any number of times.
 */
export async function followOverdue <Stores extends OverdueStores> (deps: OverdueDeps<Stores>, moment: Moment): Promise<{ readonly contracts: number, readonly suspended: number, readonly locks: number, readonly waitingForDay: number }> {
  return eachOwing({ ...deps, dueBy: addDays(moment.today, -1) }, { suspended: 0, locks: 0, waitingForDay: 0 }, async (stores, contractId) => {
    const contract = await stores.contracts.find(contractId)
    if (contract === null) return {}
    const owed = await stores.bills.outstanding(contractId)
    const arrears = arrearsOf(owed, moment.today)
    const because = await whyNothing(stores, contract, arrears, deps.settings)
    if (because !== null) return because === 'day_not_reconciled' ? { waitingForDay: 1 } : {}
    const isSuspended = contract.state === 'active'
    const lock = lockFor(arrears, await stores.defaults.locksOf(contractId), deps.settings)
    if ((!isSuspended && lock.kind === 'no_lock') || await haveMovedSince(stores, overdueOf(owed, moment.today), moment.now)) return {}
    if (isSuspended) await suspendFor(stores, deps.ids, contract, { arrears, at: moment.now })
    const isLocked = await requestLock(stores, deps, contract, { lock, arrears, at: moment.now })
    return { suspended: Number(isSuspended), locks: Number(isLocked) }
  })
}

/**
 * A run that was missed is made up for at its own instant, by what is known now. A debt that came only after that instant,
 * by a refund say, was none then: a later run follows it, so that no lock is dated before what it is for.
 */
async function haveMovedSince ({ bills }: Pick<OverdueStores, 'bills'>, overdue: readonly Bill[], instant: Date): Promise<boolean> {
  for (const { id } of overdue) {
    const moves = [...await bills.lines(id), ...await bills.allocations(id)]
    if (moves.some(({ at }) => at > instant)) return true
  }
  return false
}

/** Asked in the transaction that acts, so that what was proven still holds. */
async function whyNothing ({ days, payments }: Pick<OverdueStores, 'days' | 'payments'>, { id }: Contract, arrears: Arrears, settings: PayAfterCareSettings): Promise<WhyNothing | null> {
  const first = whyNothingFollows(arrears, { isReconciled: true, isPaymentPending: false }, settings)
  if (first !== null) return first
  let isReconciled = true
  for (const { hospitalId, on } of arrears.days) isReconciled &&= await days.isReconciled(on, hospitalId)
  return whyNothingFollows(arrears, { isReconciled, isPaymentPending: await payments.hasOpen(billsPurpose, id) }, settings)
}

async function suspendFor ({ contracts, outbox }: Pick<OverdueStores, 'contracts' | 'outbox'>, ids: Ids, contract: Contract, { arrears, at }: { readonly arrears: Arrears, readonly at: Date }): Promise<void> {
  await contracts.save(suspend(contract, 'overdue', at))
  await contracts.note({ id: ids.next(), contractId: contract.id, what: 'suspended', reason: 'overdue', by: null, at })
  const params = { amount: yuanText(arrears.overdueFen), dueOn: arrears.since ?? '' }
  await outbox.add(noticeMessage({ template: 'contract_suspended', patientId: contract.patientId, phone: contract.phone, params }, { id: ids.next(), key: `suspended:${contract.id}:${arrears.since ?? ''}`, at }))
}

async function requestLock ({ defaults, outbox }: Pick<OverdueStores, 'defaults' | 'outbox'>, { ids, settings }: Pick<OverdueDeps<OverdueStores>, 'ids' | 'settings'>, contract: Contract, { lock: decided, arrears, at }: { readonly lock: LockDecision, readonly arrears: Arrears, readonly at: Date }): Promise<boolean> {
  if (decided.kind === 'no_lock' || settings.legalBasis === null) return false
  const lock: CardLock = {
    id: ids.next(), contractId: contract.id, episode: decided.episode, state: 'lock_requested', legalBasis: settings.legalBasis, overdueFen: arrears.overdueFen,
    requestedAt: at, lockedAt: null, receiptId: null, unlockRequestedAt: null, unlockedAt: null, attempts: 0
  }
  await defaults.saveLock(lock)
  await outbox.add({ id: ids.next(), kind: lockKind, key: `lock:${lock.id}`, payload: { lockId: lock.id }, createdAt: at })
  return true
}
