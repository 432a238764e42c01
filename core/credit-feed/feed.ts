import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { NoticeProof } from './episode.ts'

export type FeedOperation = 'open_episode' | 'update' | 'cure' | 'correct' | 'withdraw' | 'dispute_set' | 'dispute_clear' | 'statement' | 'delete_expired' | 'snapshot'

export type ReportedStatus = 'current' | 'overdue' | 'cured' | 'written_off' | 'withdrawn'

/** What of an episode changes at the bureau from record to record. */
export interface ReportedFacts {
  readonly originalAmountFen: Fen
  readonly balanceFen: Fen
  readonly overdueFen: Fen
  readonly status: ReportedStatus
  readonly curedOn: CalendarDate | null
  readonly isDisputed: boolean
  readonly statement: string | null
}

/** Everything of a line that is known when it is written, so that a file is built from records alone. */
export interface RecordFacts extends ReportedFacts {
  readonly openedOn: CalendarDate
  readonly firstDelinquencyOn: CalendarDate
  readonly dueOn: CalendarDate
  readonly overdueDays: number
  readonly notice: NoticeProof
  readonly legalBasis: string
  readonly consentId: string
  /** The bills behind it: stay here, never on the line. */
  readonly billIds: readonly string[]
}

/**
 * One line to be of a file; `seq` and `recSeq` are given when the file is built.
 *
 * waiting → submitted → accepted | rejected; waiting → dropped (paid before it was sent); rejected → fixed (a new record
 * took its place, or there was nothing left to say). An acceptance goes before a rejection, in whichever order they come.
 */
export interface FeedRecord {
  readonly id: string
  readonly creditor: string
  readonly accountNumber: string
  readonly contractId: string
  readonly episodeId: string
  readonly episodeNumber: number
  readonly operation: FeedOperation
  readonly asOf: CalendarDate
  readonly facts: RecordFacts
  /** The rejected record that this one puts right. */
  readonly replaces: string | null
  readonly state: RecordState
  readonly seq: number | null
  readonly recSeq: number | null
  readonly rejectedBecause: string | null
  readonly createdAt: Date
}

export type RecordState = 'waiting' | 'submitted' | 'accepted' | 'rejected' | 'fixed' | 'dropped'

/** Who a line is about, as it goes out: number and name encrypted to the bureau's key (JWE, RFC 7516). */
export interface SealedSubject {
  readonly idType: 'resident_id'
  readonly idNo: string
  readonly name: string
}

export interface WaitingRecord extends FeedRecord {
  /** Null while it is not encrypted yet. */
  readonly subject: SealedSubject | null
}

/** A file of the feed without its content. Its bytes never change once it has a number (I-30). */
export interface FeedFileHead {
  readonly creditor: string
  /** Gap-free from 1. */
  readonly seq: number
  readonly manifest: Uint8Array
  /** Detached, over the manifest's bytes. */
  readonly signature: Uint8Array
  readonly algorithm: SignatureAlgorithm
  readonly keyId: string
  readonly sha256: string
  readonly manifestSha256: string
  readonly count: number
  readonly createdAt: Date
}

export interface FeedFile extends FeedFileHead {
  /** JSON Lines, UTF-8, as they are signed for. */
  readonly content: Uint8Array
}

export type SignatureAlgorithm = 'Ed25519' | 'SM2-SM3'

export const ackLevels = ['transport', 'file', 'record'] as const
export const ackResults = ['accepted', 'rejected', 'parked'] as const

/** 回执. What the bureau answers to a file, at three levels. */
export interface FeedAck {
  readonly creditor: string
  readonly seq: number
  readonly level: typeof ackLevels[number]
  /** Of a record. */
  readonly recSeq: number | null
  readonly result: typeof ackResults[number]
  readonly code: string | null
  readonly field: string | null
  readonly at: Date
}
