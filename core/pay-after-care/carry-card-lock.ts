import type { Calendar, Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { namedPersonOf, type NamedPerson, type PatientStore } from '../identity/index.ts'
import type { Ids } from '../ids.ts'
import { noticeMessage } from '../notice.ts'
import type { CarryOut, OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { CardLock } from './card-lock.ts'
import type { Contract } from './contract.ts'
import { requestUnlock } from './cure-arrears.ts'
import type { DefaultStore } from './default-ports.ts'
import { arrearsOf } from './overdue.ts'
import type { BillStore, ContractStore, InsuranceGateway } from './ports.ts'

export interface LockStores {
  readonly contracts: Pick<ContractStore, 'find'>
  readonly bills: Pick<BillStore, 'outstanding'>
  readonly defaults: Pick<DefaultStore, 'findLock' | 'saveLock'>
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface LockDeps {
  readonly inTransaction: InTransaction<LockStores>
  readonly insurance: Pick<InsuranceGateway, 'lock' | 'unlock'> | null
  readonly ids: Ids
  readonly clock: Clock
  readonly calendar: Calendar
}

interface Asked {
  readonly lock: CardLock
  readonly contract: Contract
  readonly person: NamedPerson | null
}

/**
 * Asks the local insurance platform for a lock. What was paid since is looked at again right before (I-25): then nothing
 * is sent and the lock counts as undone. The platform carries one key out once, so an answer that was lost is asked for
 * again by the outbox.
 */
export function carryCardLock (deps: LockDeps): CarryOut {
  return async ({ payload }) => {
    const asked = await deps.inTransaction((stores) => toLock(deps, stores, lockIdOf(payload)))
    if (asked === null) return
    const { lock, person } = asked
    const lockCard = deps.insurance?.lock ?? null
    if (lockCard === null || person === null) return await settle(deps, asked, { ...lock, state: 'lock_rejected' }, null)
    const outcome = await lockCard({ key: `lock:${lock.id}`, person, legalBasis: lock.legalBasis })
    if (outcome.kind === 'unknown') throw unanswered()
    if (outcome.kind === 'rejected') return await settle(deps, asked, { ...lock, state: 'lock_rejected' }, null)
    await settle(deps, asked, { ...lock, state: 'locked', lockedAt: deps.clock.now(), receiptId: outcome.value.receiptId }, 'card_locked')
  }
}

/** 解锁. Goes before any lock; a refusal is tried again by the hourly sweep, with an alert (I-26). */
export function carryCardUnlock (deps: LockDeps): CarryOut {
  return async ({ payload }) => {
    const asked = await deps.inTransaction((stores) => load(stores, lockIdOf(payload), 'unlock_requested'))
    if (asked === null) return
    const { lock, person } = asked
    const unlockCard = deps.insurance?.unlock ?? null
    if (unlockCard === null || person === null) return await settle(deps, asked, { ...lock, state: 'unlock_failed' }, null)
    const outcome = await unlockCard({ key: `unlock:${lock.id}`, person })
    if (outcome.kind === 'unknown') throw unanswered()
    if (outcome.kind === 'rejected') return await settle(deps, asked, { ...lock, state: 'unlock_failed' }, null)
    await settle(deps, asked, { ...lock, state: 'unlocked', unlockedAt: deps.clock.now() }, 'card_unlocked')
  }
}

const unanswered = (): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', 'The insurance platform did not tell whether the card was locked or unlocked. It is asked again with the same key.')

function lockIdOf ({ lockId }: Readonly<Record<string, unknown>>): string {
  if (typeof lockId !== 'string') throw new DomainError('REQUEST_INVALID', 'The message names no lock. Correct what wrote it.')
  return lockId
}

async function load ({ defaults, contracts, patients }: LockStores, lockId: string, state: CardLock['state']): Promise<Asked | null> {
  const lock = await defaults.findLock(lockId)
  if (lock === null || lock.state !== state) return null
  const contract = await contracts.find(lock.contractId)
  return contract && { lock, contract, person: await namedPersonOf({ patients }, contract.patientId) }
}

async function toLock ({ clock, calendar }: Pick<LockDeps, 'clock' | 'calendar'>, stores: LockStores, lockId: string): Promise<Asked | null> {
  const asked = await load(stores, lockId, 'lock_requested')
  if (asked === null) return null
  const { overdueFen } = arrearsOf(await stores.bills.outstanding(asked.contract.id), calendar(clock.now()))
  if (overdueFen > 0) return asked
  await stores.defaults.saveLock({ ...asked.lock, state: 'unlocked', unlockedAt: clock.now() })
  return null
}

/** Records the answer; what was paid while a lock was on its way is unlocked now. */
async function settle ({ inTransaction, ids, clock, calendar }: LockDeps, { contract }: Asked, lock: CardLock, template: 'card_locked' | 'card_unlocked' | null): Promise<void> {
  const at = clock.now()
  await inTransaction(async (stores) => {
    await stores.defaults.saveLock(lock)
    if (template !== null) {
      await stores.outbox.add(noticeMessage({ template, patientId: contract.patientId, phone: contract.phone, params: {} }, { id: ids.next(), key: `${template}:${lock.id}`, at }))
    }
    if (lock.state !== 'locked') return
    const { overdueFen } = arrearsOf(await stores.bills.outstanding(contract.id), calendar(at))
    if (overdueFen === 0) await requestUnlock(stores, ids, lock, at)
  })
}
