import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { CardLock } from './card-lock.ts'
import type { Dispute } from './dispute.ts'

type Page = { readonly limit: number, readonly offset: number }

/** What was done about a contract's arrears on one day. */
export interface Dunning {
  readonly contractId: string
  readonly on: CalendarDate
  /** Key of the notice; null where it was decided to send none. */
  readonly noticeKey: string | null
  readonly suppressedBecause: string | null
  readonly owedFen: Fen
  readonly at: Date
}

/** 违约管理. Unique rows by (contract, day) and (contract, episode), so that a job may run any number of times. */
export interface DefaultStore {
  /** Takes the day's reminder; false where it is taken (I-24). */
  readonly takeDunning: (dunning: Dunning) => Promise<boolean>
  /** The newest first. */
  readonly dunnings: (contractId: string, page: Page) => Promise<readonly Dunning[]>
  /** Inserts or replaces by id. A second lock of a contract's episode is refused with STORE_WRITE_CONFLICT. */
  readonly saveLock: (lock: CardLock) => Promise<void>
  readonly findLock: (id: string) => Promise<CardLock | null>
  /** The newest first. */
  readonly locksOf: (contractId: string) => Promise<readonly CardLock[]>
  /** Locked, or under way in either direction; by id after `after`. */
  readonly locksToWatch: (page: { readonly limit: number, readonly after: string | null }) => Promise<readonly CardLock[]>
  readonly saveDispute: (dispute: Dispute) => Promise<void>
  readonly findDispute: (id: string) => Promise<Dispute | null>
  /** The newest first. A null filter sets no limit. */
  readonly disputes: (filter: { readonly contractId: string | null, readonly isOpen: boolean | null, readonly hospitalId: string | null }, page: Page) => Promise<readonly Dispute[]>
  /** Of each of these contracts so many at most, the newest first. */
  readonly disputesOf: (contractIds: readonly string[], mostOfEach: number) => Promise<readonly Dispute[]>
}
