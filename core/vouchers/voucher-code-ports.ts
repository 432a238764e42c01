import type { ListedBatch, SignedDenyList } from './deny-list.ts'
import type { CodeRead } from './voucher-code.ts'

/** Which keys have signed, and until when codes of theirs may be used. Public facts only: no key is in the database. */
export interface CodeKeyStore {
  /** This key signs from now on; whichever did until now has stopped. Idempotent. */
  readonly noteSigning: (keyId: string, at: Date) => Promise<void>
  /** Ids of keys that may have signed a code of a batch that is not over at `at`. */
  readonly needed: (at: Date) => Promise<readonly string[]>
}

interface DenyListHead {
  readonly sequence: number
  readonly issuedAt: Date
  readonly validUntil: Date
}

export interface DenyListStore {
  /** Batches that are neither over at `at` nor recalled, in the order of their numbers. */
  readonly liveBatches: (at: Date, limit: number) => Promise<readonly ListedBatch[]>
  /** Vouchers of a batch that may not be used now: in use, spent, void, run out. In the order of their places. */
  readonly denied: (page: { readonly batch: number, readonly afterSeq: number, readonly limit: number }) => Promise<ReadonlyArray<{ readonly id: string, readonly seq: number }>>
  readonly lastHead: () => Promise<DenyListHead | null>
  readonly head: (sequence: number) => Promise<DenyListHead | null>
  /** Null: unknown, or its bytes were dropped. */
  readonly signed: (sequence: number) => Promise<SignedDenyList | null>
  /** Answers false where the number is taken. The bytes of earlier ones are dropped: their heads are enough. */
  readonly add: (list: SignedDenyList & DenyListHead) => Promise<boolean>
  readonly dropHeads: (validBefore: Date) => Promise<void>
}

/** One use that a hospital noted while its line was down, and what became of it. */
export interface OfflineUse {
  readonly id: string
  readonly hospitalId: string
  /** The hospital module's own id of it. */
  readonly entryId: string
  /** Keyed hash of what was sent: the same id with other content is another thing. */
  readonly contentKey: string
  readonly voucherId: string | null
  /** The module's clock. */
  readonly usedAt: Date
  readonly listSequence: number
  readonly syncedAt: Date
  readonly outcome: OfflineOutcome
  /** How the back office settled a refused one. */
  readonly settled: { readonly at: Date, readonly by: string, readonly how: OfflineSettlement } | null
}

/**
 * What the use is not counted for. clock_wrong: it lies in the future. too_late: told after more than a week. list_unknown,
 * list_stale: not decided by a list that was good then. person_unproven, other_person: nothing proves that the holder was
 * there, or it was somebody else. proof_used: the same personal code stood for a use of this voucher before. spent: used
 * elsewhere meanwhile, so the first that was accepted stands. expired_meanwhile: used in time, but told only when the
 * voucher had been counted as run out. booked_elsewhere: it has an appointment at another hospital.
 * not_issued_then: it was handed out only later. hospital_inactive: the hospital does not take part.
 */
export type OfflineRefusal = Exclude<CodeRead['kind'], 'genuine'> | 'clock_wrong' | 'too_late' | 'list_unknown' | 'list_stale' | 'not_yet_valid' | 'expired'
  | 'unknown' | 'other_hospital' | 'person_unproven' | 'other_person' | 'proof_used' | 'spent' | 'void' | 'expired_meanwhile' | 'booked_elsewhere' | 'not_issued_then' | 'hospital_inactive'

export type OfflineOutcome = { readonly kind: 'taken', readonly useId: string } | { readonly kind: 'refused', readonly reason: OfflineRefusal }

/** Who pays for a service that was given on a voucher that did not count. Nothing is taken from the person. */
export const offlineSettlements = ['programme_pays', 'hospital_bears', 'was_a_mistake'] as const
export type OfflineSettlement = typeof offlineSettlements[number]

export interface OfflineUseStore {
  readonly find: (hospitalId: string, entryId: string) => Promise<OfflineUse | null>
  readonly findById: (id: string) => Promise<OfflineUse | null>
  /** Answers false where this hospital's entry is there already; waits for another transaction that writes it. */
  readonly claim: (use: Omit<OfflineUse, 'outcome' | 'settled'>) => Promise<boolean>
  /** A refused one gives its proof back. */
  readonly decide: (id: string, outcome: OfflineOutcome) => Promise<void>
  /** A proof of presence counts once for a voucher; answers false where it was used. */
  readonly takeProof: (id: string, proofKey: string) => Promise<boolean>
  /** Answers false where somebody settled it first. */
  readonly settle: (id: string, settled: NonNullable<OfflineUse['settled']>) => Promise<boolean>
  readonly list: (filter: { readonly hospitalId: string | null, readonly outcome: OfflineOutcome['kind'] | null, readonly isOpen: boolean | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly OfflineUse[]>
}
