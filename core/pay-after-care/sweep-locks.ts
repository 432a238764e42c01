import { groupedBy } from '../grouped-by.ts'
import type { Ids } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { CardLock } from './card-lock.ts'
import { cureArrears, requestUnlock, type CureStores } from './cure-arrears.ts'
import type { DefaultStore } from './default-ports.ts'
import { lockKind } from './follow-overdue.ts'
import { arrearsOf } from './overdue.ts'
import type { BillStore, ContractStore } from './ports.ts'
import type { Moment } from './settings.ts'

export interface SweepStores extends CureStores {
  readonly bills: CureStores['bills'] & Pick<BillStore, 'outstandingOf'>
  readonly contracts: CureStores['contracts'] & Pick<ContractStore, 'suspended'>
  readonly defaults: CureStores['defaults'] & Pick<DefaultStore, 'locksToWatch'>
}

export interface SweepDeps<Stores extends SweepStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly breathe: () => Promise<unknown>
  readonly ids: Ids
}

const perPage = 200
/** So long after it was asked for, an answer that did not come is asked for anew, under a key of its own. */
const patienceMs = 2 * 3_600_000

/**
 * 巡检. Closes what got stuck: contracts and cards whose arrears are gone but which were not set free, unlocks that
 * failed, requests whose outbox message was given up (I-26). `failed` is what an alert is for.
 */
export async function sweepLocks <Stores extends SweepStores> (deps: SweepDeps<Stores>, moment: Moment): Promise<{ readonly watched: number, readonly unlocks: number, readonly cured: number, readonly failed: number }> {
  const counts = { watched: 0, unlocks: 0, cured: 0, failed: 0 }
  const swept = new Set<string>()
  const sweep = async (contractIds: readonly string[]): Promise<void> => {
    const fresh = [...new Set(contractIds.filter((contractId) => !swept.has(contractId)))]
    for (const contractId of fresh) swept.add(contractId)
    for (const contractId of await withoutArrears(deps, fresh, moment)) {
      const { isCured, unlocks } = await deps.inTransaction((stores) => cureArrears(stores, deps.ids, contractId, moment))
      if (isCured) counts.cured += 1
      counts.unlocks += unlocks
    }
  }
  for (let after: string | null = null; ;) {
    const page: readonly CardLock[] = await deps.inReading(({ defaults }) => defaults.locksToWatch({ limit: perPage, after }))
    for (const lock of page) {
      counts.watched += 1
      if (lock.state === 'unlock_failed') counts.failed += 1
      if (isStuck(lock, moment.now)) await deps.inTransaction((stores) => askAnew(stores, deps.ids, lock, moment.now))
    }
    await sweep(page.map(({ contractId }) => contractId))
    await deps.breathe()
    const last = page.at(-1)
    if (last === undefined || page.length < perPage) break
    after = last.id
  }
  for (let after: string | null = null; ;) {
    const page = await deps.inReading(({ contracts }) => contracts.suspended({ limit: perPage, after }))
    await sweep(page.filter(({ suspendedBecause }) => suspendedBecause === 'overdue').map(({ id }) => id))
    await deps.breathe()
    const last = page.at(-1)
    if (last === undefined || page.length < perPage) return counts
    after = last.id
  }
}

/** Nothing is overdue, so that they may have to be set free; read together, without a write. */
async function withoutArrears <Stores extends SweepStores> ({ inReading }: SweepDeps<Stores>, contractIds: readonly string[], { today }: Moment): Promise<readonly string[]> {
  if (contractIds.length === 0) return []
  const bills = groupedBy(await inReading((stores) => stores.bills.outstandingOf(contractIds)), ({ contractId }) => contractId)
  return contractIds.filter((contractId) => arrearsOf(bills.get(contractId) ?? [], today).overdueFen === 0)
}

function isStuck ({ state, requestedAt, unlockRequestedAt }: CardLock, now: Date): boolean {
  const since = state === 'lock_requested' ? requestedAt : state === 'unlock_requested' ? unlockRequestedAt : null
  return since !== null && now.getTime() - since.getTime() >= patienceMs
}

async function askAnew (stores: SweepStores, ids: Ids, lock: CardLock, at: Date): Promise<void> {
  if (lock.state === 'unlock_requested') return requestUnlock(stores, ids, lock, at)
  const attempts = lock.attempts + 1
  await stores.defaults.saveLock({ ...lock, attempts })
  await stores.outbox.add({ id: ids.next(), kind: lockKind, key: `lock:${lock.id}:${attempts}`, payload: { lockId: lock.id }, createdAt: at })
}
