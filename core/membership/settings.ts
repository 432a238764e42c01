import type { Calendar } from '../clock.ts'
import type { Ids } from '../ids.ts'

/** What the deployment decides of memberships (SITE_CONFIG memberships). */
export interface MembershipSettings {
  /** An order that is not paid by then lapses. */
  readonly payMinutes: number
  /** The member is reminded so many days before the end. */
  readonly remindDays: number
  /** So long after it began a membership can be given back. */
  readonly refundDays: number
}

export interface MembershipTools {
  readonly ids: Ids
  readonly calendar: Calendar
  readonly settings: MembershipSettings
}
