import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'

export const feedOperations = ['open_episode', 'update', 'cure', 'correct', 'withdraw', 'dispute_set', 'dispute_clear', 'statement', 'delete_expired', 'snapshot'] as const
export type FeedOperation = typeof feedOperations[number]

/** One line to be of a file; `seq` and `recSeq` are given when the file is built. */
export interface FeedRecord {
  readonly id: string
  readonly creditor: string
  readonly accountNumber: string
  readonly episodeId: string
  readonly operation: FeedOperation
  readonly asOf: CalendarDate
  /** The amounts and dates as they were when it was written. */
  readonly facts: { readonly balanceFen: Fen, readonly overdueFen: Fen, readonly overdueDays: number, readonly status: 'current' | 'overdue' | 'cured' | 'written_off' | 'withdrawn', readonly curedOn: CalendarDate | null, readonly isDisputed: boolean, readonly statement: string | null }
  readonly replaces: string | null
  readonly state: 'waiting' | 'submitted' | 'accepted' | 'rejected'
  readonly seq: number | null
  readonly recSeq: number | null
  readonly rejectedBecause: string | null
  readonly createdAt: Date
}

/** A file of the feed. Its bytes never change once it has a number (I-30). */
export interface FeedFile {
  readonly creditor: string
  /** Gap-free from 1. */
  readonly seq: number
  /** JSON Lines, UTF-8, as they are signed for. */
  readonly content: Uint8Array
  readonly manifest: Uint8Array
  /** Detached, over the manifest's bytes. */
  readonly signature: Uint8Array
  readonly keyId: string
  readonly sha256: string
  readonly manifestSha256: string
  readonly count: number
  readonly createdAt: Date
}

export interface FeedAck {
  readonly creditor: string
  readonly seq: number
  readonly level: 'transport' | 'file' | 'record'
  /** Of a record. */
  readonly recSeq: number | null
  readonly result: 'accepted' | 'rejected' | 'parked'
  readonly code: string | null
  readonly field: string | null
  readonly at: Date
}
