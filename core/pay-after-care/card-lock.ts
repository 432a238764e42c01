import type { Fen } from '../money.ts'

/**
 * 医保卡锁定. One per contract and episode of arrears. Only with a configured legal basis (hard); without one it is not
 * asked for at all, and the suspended contract is all there is (soft).
 *
 * lock_requested → locked | lock_rejected; locked → unlock_requested → unlocked | unlock_failed → unlock_requested.
 * Unlock goes before lock: what is paid during lock_requested is unlocked after the answer; after an unlock of an
 * episode no lock of it is sent (I-26).
 */
export interface CardLock {
  readonly id: string
  readonly contractId: string
  /** The day from which the arrears count: an episode has one lock. */
  readonly episode: string
  readonly state: 'lock_requested' | 'locked' | 'lock_rejected' | 'unlock_requested' | 'unlocked' | 'unlock_failed'
  readonly legalBasis: string
  readonly overdueFen: Fen
  readonly requestedAt: Date
  readonly lockedAt: Date | null
  readonly receiptId: string | null
  readonly unlockRequestedAt: Date | null
  readonly unlockedAt: Date | null
  readonly attempts: number
}
