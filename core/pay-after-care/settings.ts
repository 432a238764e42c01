import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { RuleSet } from './eligibility.ts'

/** 休假安排. Days off that are weekdays and days of work that fall on a weekend, by the State Council's yearly notice. */
export interface Holidays {
  readonly version: string
  readonly daysOff: ReadonlySet<string>
  readonly daysOfWork: ReadonlySet<string>
}

/** What a deployment decides (SITE_CONFIG payAfterCare). Defaults are the seed's where it says something. */
export interface PayAfterCareSettings {
  readonly ruleSet: RuleSet
  /** Days after the visit day; the deadline is the end (24:00) of the last one (D-1). */
  readonly termDays: number
  /** A deadline on a day off rolls to the next workday (Civil Code, article 203). */
  readonly rollsOverHolidays: boolean
  readonly holidays: Holidays
  /** Reminders are sent from, and before, these hours of the business zone, `HH:MM`. */
  readonly dunningFrom: string
  readonly dunningUntil: string
  /** Null: nothing is locked or reported, whatever else is set. */
  readonly legalBasis: string | null
  /** With a legal basis and a platform that offers it. */
  readonly locksCards: boolean
  readonly reports: boolean
  /** Up to so much overdue nothing follows (D-5). */
  readonly minimumOverdueFen: Fen
  readonly reportGraceDays: number
  readonly reportMinimumFen: Fen
  readonly reportNoticeDays: number
  /** A second person releases a batch of bad records before it is sent. */
  readonly releaseByTwo: boolean
  /** An outpatient visit that goes on without a charge for so many days counts as closed on the day of its last charge. */
  readonly leftAfterDays: number
  readonly holdMs: number
  /** Refunds above need a second person. */
  readonly refundByTwoAboveFen: Fen
}

/** A business day with the instant it is looked at. */
export interface Moment {
  readonly now: Date
  readonly today: CalendarDate
}
