import type { Ids } from '../ids.ts'
import { noticeMessage } from '../notice.ts'
import type { OutboxStore } from '../outbox.ts'
import type { CardLock } from './card-lock.ts'
import type { DefaultStore } from './default-ports.ts'
import { unlockKind } from './follow-overdue.ts'
import { arrearsOf, isCured } from './overdue.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment } from './settings.ts'
import { cure } from './suspend-contract.ts'

export interface CureStores {
  readonly contracts: Pick<ContractStore, 'find' | 'save' | 'note'>
  readonly bills: Pick<BillStore, 'outstanding'>
  readonly defaults: Pick<DefaultStore, 'saveLock' | 'locksOf'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

/**
 * 解除. In the transaction of whatever took the last overdue fen away (a payment, a credit, a dispute): the contract is in
 * force again and the card is unlocked at once (A-31, acc C-14). Also what the hourly sweep calls; repeating it changes
 * nothing.
 */
export async function cureArrears (stores: CureStores, ids: Ids, contractId: string, { now, today }: Moment): Promise<{ readonly isCured: boolean, readonly unlocks: number }> {
  const contract = await stores.contracts.find(contractId)
  if (contract === null) return { isCured: false, unlocks: 0 }
  const arrears = arrearsOf(await stores.bills.outstanding(contractId), today)
  if (arrears.overdueFen > 0) return { isCured: false, unlocks: 0 }
  const cured = isCured(contract, arrears)
  if (cured) {
    await stores.contracts.save(cure(contract))
    await stores.contracts.note({ id: ids.next(), contractId, what: 'cured', reason: null, by: null, at: now })
    await stores.outbox.add(noticeMessage({ template: 'contract_cured', patientId: contract.patientId, phone: contract.phone, params: {} }, { id: ids.next(), key: `cured:${contract.id}:${contract.suspendedAt?.toISOString() ?? ''}`, at: now }))
  }
  const locked = (await stores.defaults.locksOf(contractId)).filter(({ state }) => state === 'locked' || state === 'unlock_failed')
  for (const lock of locked) await requestUnlock(stores, ids, lock, now)
  return { isCured: cured, unlocks: locked.length }
}

/** A lock that is still on its way is unlocked when its answer has come (card-lock carriers). */
export async function requestUnlock ({ defaults, outbox }: { readonly defaults: Pick<DefaultStore, 'saveLock'>, readonly outbox: Pick<OutboxStore, 'add'> }, ids: Ids, lock: CardLock, at: Date): Promise<void> {
  const attempts = lock.attempts + 1
  await defaults.saveLock({ ...lock, state: 'unlock_requested', unlockRequestedAt: lock.unlockRequestedAt ?? at, attempts })
  await outbox.add({ id: ids.next(), kind: unlockKind, key: `unlock:${lock.id}:${attempts}`, payload: { lockId: lock.id }, createdAt: at })
}
