import type { CalendarDate } from '../clock.ts'
import type { FeedAck, FeedFile, FeedRecord } from './feed.ts'
import type { CreditAccount, Episode } from './episode.ts'

type Page = { readonly limit: number, readonly offset: number }

export interface CreditFeedStore {
  readonly account: (contractId: string, creditor: string) => Promise<CreditAccount | null>
  readonly accountByNumber: (accountNumber: string) => Promise<CreditAccount | null>
  /** Inserts; the first one stays. */
  readonly addAccount: (account: CreditAccount) => Promise<CreditAccount>
  readonly episodes: (accountNumber: string) => Promise<readonly Episode[]>
  readonly findEpisode: (id: string) => Promise<Episode | null>
  readonly saveEpisode: (episode: Episode) => Promise<void>
  /** In these states, by id after `after`. */
  readonly episodesIn: (states: readonly Episode['state'][], page: { readonly limit: number, readonly after: string | null }) => Promise<readonly Episode[]>
  /** Cured so long ago that their records must go. */
  readonly toDelete: (curedBefore: CalendarDate, limit: number) => Promise<readonly Episode[]>
  /** Waiting for the next file of a creditor, in their order. */
  readonly addRecord: (record: FeedRecord) => Promise<void>
  readonly waiting: (creditor: string, limit: number) => Promise<readonly FeedRecord[]>
  readonly findRecord: (id: string) => Promise<FeedRecord | null>
  readonly saveRecord: (record: FeedRecord) => Promise<void>
  readonly recordsOfAccount: (accountNumber: string) => Promise<readonly FeedRecord[]>
  readonly recordsOfFile: (creditor: string, seq: number) => Promise<readonly FeedRecord[]>
  /** One writer for a creditor: others wait until the transaction ends. */
  readonly lastFile: (creditor: string) => Promise<FeedFile | null>
  /** Refused with STORE_WRITE_CONFLICT where the sequence number is taken: bytes of a number never change (I-30). */
  readonly addFile: (file: FeedFile) => Promise<void>
  readonly file: (creditor: string, seq: number) => Promise<FeedFile | null>
  readonly files: (creditor: string, page: { readonly limit: number, readonly after: number | null }) => Promise<readonly FeedFile[]>
  /** Answers false where the same acknowledgement was taken before. */
  readonly addAck: (ack: FeedAck) => Promise<boolean>
  readonly acks: (creditor: string, seq: number, page: Page) => Promise<readonly FeedAck[]>
}
