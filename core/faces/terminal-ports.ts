import type { Challenge } from './challenge.ts'
import type { FaceReview } from './face-review.ts'
import type { Identification } from './identification.ts'
import type { TerminalSession } from './terminal.ts'

export interface TerminalStore {
  readonly openSession: (session: TerminalSession) => Promise<void>
  readonly findSession: (id: string) => Promise<TerminalSession | null>
  /** Of one terminal, not ended. */
  readonly openSessions: (terminal: { readonly tokenId: string, readonly terminalId: string }) => Promise<readonly TerminalSession[]>
  /** Not ended and silent since before, the longest first; null: of all. At most so many. */
  readonly silentSessions: (seenBefore: Date | null, limit: number) => Promise<readonly TerminalSession[]>
  readonly seen: (id: string, at: Date) => Promise<void>
  /** The instant at which it first ended stays. */
  readonly endSession: (id: string, at: Date) => Promise<void>
  readonly addChallenge: (challenge: Challenge) => Promise<void>
  /** Uses it up; null where it is used or unknown. */
  readonly takeChallenge: (id: string) => Promise<Challenge | null>
  readonly addIdentification: (identification: Identification) => Promise<void>
  readonly findIdentification: (id: string) => Promise<Identification | null>
  /** Oldest first. */
  readonly identificationsOf: (sessionId: string) => Promise<readonly Identification[]>
  /** Answers false where it is in another state by now. */
  readonly changeIdentification: (identification: Pick<Identification, 'id' | 'result' | 'state' | 'patientId' | 'readingId'>, from: Identification['state']) => Promise<boolean>
  /** Answers false where the tries are used up. */
  readonly countDigits: (identificationId: string, most: number) => Promise<boolean>
  readonly noteReading: (sessionId: string, readingId: string) => Promise<void>
  readonly readingsOf: (sessionId: string) => Promise<readonly string[]>
  /** Whoever enrols at the same hospital waits until this transaction ends. */
  readonly inTurn: (hospitalId: string) => Promise<void>
  /** Sessions opened before, with all that hangs on them. */
  readonly dropBefore: (before: Date) => Promise<void>
}

export interface FaceReviewStore {
  /** Answers false where the two are in review, or were decided about. */
  readonly open: (review: FaceReview) => Promise<boolean>
  readonly find: (id: string) => Promise<FaceReview | null>
  /** Newest first; a null filter sets no limit. */
  readonly list: (filter: { readonly hospitalId: string | null, readonly state: FaceReview['state'] | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly FaceReview[]>
  /** Open ones of a session in which nobody was known. */
  readonly nameless: (sessionId: string) => Promise<readonly FaceReview[]>
  /** Answers false where the two are in review already: then this one says nothing more and goes. */
  readonly name: (id: string, pair: { readonly patientId: string, readonly otherId: string }) => Promise<boolean>
  /** Answers false where it is decided already. */
  readonly decide: (review: Pick<FaceReview, 'id' | 'state' | 'decidedBy' | 'decidedAt'>) => Promise<boolean>
}
