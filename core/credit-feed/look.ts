import type { Calendar } from '../clock.ts'
import type { Ids, StableId } from '../ids.ts'
import type { NoticeRecord } from '../notice.ts'
import type { Bill, Contract, Dispute, Moment } from '../pay-after-care/index.ts'
import type { Creditor } from './creditor.ts'
import type { CreditAccount, Episode } from './episode.ts'
import type { FeedRecord } from './feed.ts'
import type { FeedSettings } from './gates.ts'

/** All that decides about one contract at one creditor, as it stands at this moment. */
export interface Look {
  readonly contract: Contract
  readonly creditor: Creditor
  readonly account: CreditAccount
  readonly isNewAccount: boolean
  /** That may still have something to tell. */
  readonly episodes: readonly Episode[]
  /** Of the account, with those that are over; 0: none. */
  readonly lastEpisodeNumber: number
  /** By episode, for those that have some; also of other looks. */
  readonly records: ReadonlyMap<string, readonly FeedRecord[]>
  /** Of this creditor's hospitals: with something outstanding, or in an episode. */
  readonly bills: ReadonlyMap<string, Bill>
  /** Of the contract, the newest first. */
  readonly disputes: readonly Dispute[]
  /** By key; also of other looks. */
  readonly notices: ReadonlyMap<string, NoticeRecord>
  /** Null: not asked, since nothing is past its deadline or nothing may be opened. */
  readonly proofs: Proofs | null
}

/** What holds for the person and the days, asked only where somebody may come to be reported. */
export interface Proofs {
  readonly isReconciled: boolean
  readonly isPaymentPending: boolean
  readonly isMinor: boolean
  readonly isDeceased: boolean
  readonly isNamed: boolean
}

export interface DecideTools {
  readonly settings: FeedSettings
  readonly ids: Ids
  readonly stableId: StableId
  readonly calendar: Calendar
  readonly moment: Moment
  /** Names of departments, people and items: a statement that holds one of them does not go out. */
  readonly terms: ReadonlySet<string>
}

/** What is to be written about one episode. */
export interface Change {
  readonly episode: Episode
  readonly newRecords: readonly FeedRecord[]
  /** Records that are dropped, or rejected ones that are done with. */
  readonly settledRecords: readonly FeedRecord[]
  /** The bills that the person is to be told of before they are reported. */
  readonly notice: { readonly key: string, readonly bills: readonly Bill[] } | null
}
