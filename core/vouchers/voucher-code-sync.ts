import type { Calendar, CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { readVoucherCode, type CodeRead, type ReadCode, type VerifySignature } from './voucher-code.ts'
import { clockSkewMs } from './voucher-code-offline.ts'
import type { VoucherBatchStore } from './office-ports.ts'
import type { VoucherStore } from './ports.ts'
import type { DenyListStore, OfflineOutcome, OfflineRefusal, OfflineSettlement, OfflineUse, OfflineUseStore } from './voucher-code-ports.ts'
import type { Voucher, VoucherBatch, VoucherState } from './voucher.ts'

/** A use as a hospital's module noted it with no line. */
export interface OfflineEntry {
  readonly entryId: string
  readonly code: string
  readonly usedAt: Date
  /** The list that the module went by. */
  readonly listSequence: number
  /** As it was read from the person's phone then; it is checked against its time now. */
  readonly personalCode: string | null
  /** Without a phone: the hospital's record of the person, whose document it read. */
  readonly patientId: string | null
}

export const offlineLimits = { entries: 200, syncedWithinMs: 7 * 86_400_000 } as const

export interface OfflineTaking {
  readonly voucher: Voucher
  readonly batch: VoucherBatch
  readonly hospitalId: string
  /** A record of whoever was there. */
  readonly patientId: string
  readonly usedAt: Date
  readonly by: string
}

/** The use of a voucher as the vouchers themselves decide it, in the same transaction. */
type TakeOfflineUse<Stores> = (stores: Stores, use: OfflineTaking) => Promise<OfflineOutcome>

export interface SyncStores {
  readonly vouchers: Pick<VoucherStore, 'find'>
  readonly voucherBatches: Pick<VoucherBatchStore, 'byNumber'>
  readonly denyLists: Pick<DenyListStore, 'head'>
  readonly offlineUses: OfflineUseStore
}

export interface SyncDeps<Stores extends SyncStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly ids: Ids
  readonly calendar: Calendar
  readonly verify: VerifySignature
  /** Keyed hash in hex. */
  readonly keyOf: (text: string) => string
  /** Who showed a personal code about `at`; null: nobody of ours, or at another time. Business time. */
  readonly personBehind: (personalCode: string, at: Date) => string | null
  /** Whether two records are of one person, the first of this hospital if one is named. */
  readonly isSamePerson: (stores: Stores, patientId: string, other: { readonly patientId: string, readonly ofHospital: string | null }) => Promise<boolean>
  readonly takeOfflineUse: TakeOfflineUse<Stores>
}

interface SyncContext {
  readonly hospitalId: string
  readonly by: string
  readonly now: Date
}

/** entry_reused: the module's id stood for another use before; nothing was done. */
export type SyncedEntry = { readonly entryId: string, readonly id: string, readonly outcome: OfflineOutcome } | { readonly entryId: string, readonly id: null, readonly outcome: { readonly kind: 'entry_reused' } }

/**
 * 离线核验补传. Each entry by itself, the earliest use first: the first that is accepted stands, a later one of the same
 * voucher is refused and shown to the back office, whichever hospital it comes from and whatever time it tells. An
 * entry that comes again gets its first answer.
 */
export async function syncOfflineUses<Stores extends SyncStores> (deps: SyncDeps<Stores>, entries: readonly OfflineEntry[], context: SyncContext): Promise<readonly SyncedEntry[]> {
  const answers = new Map<OfflineEntry, SyncedEntry>()
  const inOrder = [...entries].sort((one, other) => one.usedAt.getTime() - other.usedAt.getTime() || (one.entryId < other.entryId ? -1 : 1))
  for (const entry of inOrder) answers.set(entry, await syncedAlone(deps, entry, context))
  return entries.flatMap((entry) => answers.get(entry) ?? [])
}

const usedStates: readonly VoucherState[] = ['used', 'examined', 'redeemed']
const mostTries = 4

/** Of two that write one voucher or one proof at the same moment, the second decides anew. */
async function syncedAlone<Stores extends SyncStores> (deps: SyncDeps<Stores>, entry: OfflineEntry, context: SyncContext): Promise<SyncedEntry> {
  for (let tries = 1; ; tries++) {
    try {
      return await deps.inTransaction((stores) => syncOne(stores, deps, entry, context))
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'STORE_WRITE_CONFLICT' || tries === mostTries) throw error
    }
  }
}

async function syncOne<Stores extends SyncStores> (stores: Stores, deps: SyncDeps<Stores>, entry: OfflineEntry, context: SyncContext): Promise<SyncedEntry> {
  const { offlineUses } = stores
  const { entryId, usedAt, listSequence } = entry
  const read = readVoucherCode(entry.code, deps.verify)
  const contentKey = deps.keyOf(JSON.stringify([entry.code, usedAt.getTime(), listSequence, entry.personalCode, entry.patientId]))
  const id = deps.ids.next()
  const isNew = await offlineUses.claim({ id, hospitalId: context.hospitalId, entryId, contentKey, voucherId: read.kind === 'genuine' ? read.code.voucherId : null, usedAt, listSequence, syncedAt: context.now })
  if (!isNew) return answerOfBefore(await offlineUses.find(context.hospitalId, entryId), entryId, contentKey)
  const outcome = await decide(stores, deps, { entry, read, id }, context)
  await offlineUses.decide(id, outcome)
  return { entryId, id, outcome }
}

function answerOfBefore (before: OfflineUse | null, entryId: string, contentKey: string): SyncedEntry {
  if (before === null) throw new Error('an entry that could not be claimed is there')
  return before.contentKey === contentKey ? { entryId, id: before.id, outcome: before.outcome } : { entryId, id: null, outcome: { kind: 'entry_reused' } }
}

async function decide<Stores extends SyncStores> (stores: Stores, deps: SyncDeps<Stores>, { entry, read, id }: { readonly entry: OfflineEntry, readonly read: CodeRead, readonly id: string }, context: SyncContext): Promise<OfflineOutcome> {
  if (read.kind !== 'genuine') return refused(read.kind)
  const early = refusalOfTimes(entry, await stores.denyLists.head(entry.listSequence), context.now) ?? refusalOfDays(read.code, deps.calendar(entry.usedAt))
  if (early !== null) return refused(early)
  const voucher = await stores.vouchers.find(read.code.voucherId)
  const batch = voucher === null ? null : await stores.voucherBatches.byNumber(voucher.batch)
  if (voucher === null || batch === null) return refused('unknown')
  if (!batch.hospitalIds.includes(context.hospitalId)) return refused('other_hospital')
  const person = await personOf(stores, deps, entry, { voucher, hospitalId: context.hospitalId })
  if (person.refusal !== null) return refused(person.refusal)
  const proof = entry.personalCode
  if (proof !== null && !await stores.offlineUses.takeProof(id, deps.keyOf(`proof:${voucher.id}:${proof}`))) return refused(usedStates.includes(voucher.state) ? 'spent' : 'proof_used')
  return await deps.takeOfflineUse(stores, { voucher, batch, hospitalId: context.hospitalId, patientId: person.patientId, usedAt: entry.usedAt, by: context.by })
}

function refusalOfTimes ({ usedAt }: OfflineEntry, list: { readonly issuedAt: Date, readonly validUntil: Date } | null, now: Date): OfflineRefusal | null {
  if (usedAt.getTime() > now.getTime() + clockSkewMs) return 'clock_wrong'
  if (now.getTime() - usedAt.getTime() > offlineLimits.syncedWithinMs) return 'too_late'
  if (list === null) return 'list_unknown'
  return usedAt.getTime() < list.issuedAt.getTime() - clockSkewMs || usedAt.getTime() > list.validUntil.getTime() + clockSkewMs ? 'list_stale' : null
}

function refusalOfDays ({ validFrom, validUntil }: ReadCode, usedOn: CalendarDate): OfflineRefusal | null {
  if (usedOn < validFrom) return 'not_yet_valid'
  return usedOn > validUntil ? 'expired' : null
}

type Presence = { readonly refusal: OfflineRefusal } | { readonly refusal: null, readonly patientId: string }

/** Who was there, and that it is who holds the voucher. */
async function personOf<Stores extends SyncStores> (stores: Stores, deps: SyncDeps<Stores>, entry: OfflineEntry, { voucher, hospitalId }: { readonly voucher: Voucher, readonly hospitalId: string }): Promise<Presence> {
  const shown = entry.personalCode === null ? null : deps.personBehind(entry.personalCode, entry.usedAt)
  const there = entry.personalCode === null ? entry.patientId : shown
  if (there === null) return { refusal: 'person_unproven' }
  const isHolder = voucher.patientId !== null && await deps.isSamePerson(stores, there, { patientId: voucher.patientId, ofHospital: shown === null ? hospitalId : null })
  return isHolder ? { refusal: null, patientId: there } : { refusal: 'other_person' }
}

function refused (reason: OfflineRefusal): OfflineOutcome {
  return { kind: 'refused', reason }
}

/** The back office says who bears what a refused use has cost; once. */
export async function settleOfflineUse ({ offlineUses }: { readonly offlineUses: OfflineUseStore }, { id, how, by }: { readonly id: string, readonly how: OfflineSettlement, readonly by: string }, now: Date): Promise<OfflineUse> {
  const use = await offlineUses.findById(id)
  if (use?.outcome.kind !== 'refused') throw noOfflineUse()
  const settled = { at: now, by, how }
  if (!await offlineUses.settle(id, settled)) throw new DomainError('OFFLINE_USE_SETTLED', 'This offline use is settled already. Read it again.')
  return { ...use, settled }
}

function noOfflineUse (): DomainError {
  return new DomainError('OFFLINE_USE_NOT_FOUND', 'There is no such offline use that was refused. List them with GET /v1/voucher-offline-uses.')
}
