import type { CalendarDate } from '../clock.ts'
import type { CreditAccount, Episode, EpisodeState } from './episode.ts'
import type { FeedAck, FeedFile, FeedFileHead, FeedRecord, SealedSubject, SignatureAlgorithm, WaitingRecord } from './feed.ts'

type Page = { readonly limit: number, readonly offset: number }
type After<Key> = { readonly limit: number, readonly after: Key | null }

export interface CreditFeedStore {
  readonly account: (contractId: string, creditor: string) => Promise<CreditAccount | null>
  readonly accountsOfContracts: (contractIds: readonly string[]) => Promise<readonly CreditAccount[]>
  /** Inserts; the first one stays. */
  readonly addAccount: (account: CreditAccount) => Promise<CreditAccount>
  /** Of all accounts of a contract, by creditor and number. */
  readonly episodesOfContract: (contractId: string) => Promise<readonly Episode[]>
  /**
   * Of these contracts, by creditor and number, those about which something may still have to be told: live, held, or with a
   * record that waits, is on its way or was rejected; cured or withdrawn ones also until the bureau has accepted that end,
   * cured ones as long as the contract has disputes. What is over stays, and is no work any more.
   */
  readonly episodesToTell: (contractIds: readonly string[]) => Promise<readonly Episode[]>
  /** The highest number of an episode, of each account that has one. */
  readonly lastEpisodeNumbers: (accountNumbers: readonly string[]) => Promise<ReadonlyMap<string, number>>
  readonly findEpisode: (id: string) => Promise<Episode | null>
  /** Inserts or replaces by id; a second episode of the same number is refused with STORE_WRITE_CONFLICT. */
  readonly saveEpisode: (episode: Episode) => Promise<void>
  /** In these states, of these creditors (null: all), by id after `after`. */
  readonly episodesIn: (filter: { readonly states: readonly EpisodeState[], readonly creditors: readonly string[] | null }, page: After<string>) => Promise<readonly Episode[]>
  /** Held by a dispute, by id after `after`. */
  readonly held: (page: After<string>) => Promise<readonly Episode[]>
  /** Cured on or before a day, so that their records must go; deletions that were sent and are not confirmed are among them. */
  readonly toDelete: (curedUntil: CalendarDate, page: After<string>) => Promise<readonly Episode[]>
  /** Keeps the order in which they are added. */
  readonly addRecord: (record: FeedRecord) => Promise<void>
  readonly saveRecord: (record: FeedRecord) => Promise<void>
  /** In their order. */
  readonly recordsOfEpisode: (episodeId: string) => Promise<readonly FeedRecord[]>
  /** Oldest first. */
  readonly recordsOfEpisodes: (episodeIds: readonly string[]) => Promise<readonly FeedRecord[]>
  readonly recordAt: (creditor: string, seq: number, recSeq: number) => Promise<FeedRecord | null>
  readonly recordsOfFile: (creditor: string, seq: number) => Promise<readonly FeedRecord[]>
  /** Rejected and neither replaced nor done with, by id after `after`. */
  readonly rejectedRecords: (page: After<string>) => Promise<readonly FeedRecord[]>
  /** For the next file of a creditor, in their order. */
  readonly waiting: (creditor: string, limit: number) => Promise<readonly WaitingRecord[]>
  readonly unsealed: (creditor: string, limit: number) => Promise<readonly FeedRecord[]>
  readonly saveSubjects: (sealed: ReadonlyArray<{ readonly id: string, readonly subject: SealedSubject }>) => Promise<void>
  /** The hash of the newest line of each account that has one. */
  readonly lastHashes: (accountNumbers: readonly string[]) => Promise<ReadonlyMap<string, string>>
  /** Into a file; the account's newest line is told with it. */
  readonly submitRecords: (submitted: ReadonlyArray<{ readonly id: string, readonly accountNumber: string, readonly seq: number, readonly recSeq: number, readonly hash: string }>) => Promise<void>
  /** Episodes whose opening went into a file: released or rejected → submitted; others stay as they are. */
  readonly submitEpisodes: (ids: readonly string[]) => Promise<void>
  /** One writer for a creditor: others wait until the transaction ends. */
  readonly lockSequence: (creditor: string) => Promise<void>
  readonly lastFile: (creditor: string) => Promise<FeedFileHead | null>
  /** Refused with STORE_WRITE_CONFLICT where the sequence number is taken: bytes of a number never change (I-30). */
  readonly addFile: (file: FeedFile) => Promise<void>
  readonly fileHead: (creditor: string, seq: number) => Promise<FeedFileHead | null>
  readonly file: (creditor: string, seq: number) => Promise<FeedFile | null>
  readonly files: (creditor: string, page: After<number>) => Promise<readonly FeedFileHead[]>
  /** Older than `before` and not accepted as a file, the oldest first. */
  readonly unacknowledged: (before: Date, limit: number) => Promise<readonly FeedFileHead[]>
  /** Answers false where the same acknowledgement was taken before. */
  readonly addAck: (ack: FeedAck) => Promise<boolean>
  readonly acks: (creditor: string, seq: number, page: Page) => Promise<readonly FeedAck[]>
}

/** Encrypts to the key of a creditor's bureau; whoever has no such key gets a refusal at start, not here. */
export type SealForBureau = (creditor: string, text: string) => Promise<string>

/** Signs what it is given; verified with the public key of /.well-known/yiqiao-keys.json. */
export interface FeedSigner {
  readonly keyId: string
  readonly algorithm: SignatureAlgorithm
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** SHA-256, hex. */
export type HashBytes = (bytes: Uint8Array) => string

/** Whether a patient record says that the person has died: nobody is reported after that. */
export type IsDeceased<Stores> = (stores: Stores, patientId: string) => Promise<boolean>
