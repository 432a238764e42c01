import type { Calendar } from '../clock.ts'
import { addDays, type StartOfDay } from '../days.ts'
import type { Ids } from '../ids.ts'
import type { VoucherCodes } from './ports.ts'

/** What the deployment decides of vouchers (SITE_CONFIG vouchers). */
export interface VoucherSettings {
  /** How often an appointment may be given up or missed before no other one is made (D-13). */
  readonly mostRebookings: number
  /** How far after the last day of the voucher an appointment may lie that is booked in time (D-14). */
  readonly honourDays: number
  /** The person is reminded so many days before the end. */
  readonly remindDays: number
  /** Whose examination is done and whom nobody redeems is redeemed after so long (V-24). */
  readonly redeemAfterMinutes: number
}

export interface VoucherTools {
  readonly ids: Ids
  readonly calendar: Calendar
  readonly startOfDay: StartOfDay
  readonly settings: VoucherSettings
  readonly codes: VoucherCodes
}

/** `2027-03` in the business zone. */
export const monthOf = (at: Date, calendar: Calendar): string => calendar(at).slice(0, 7)

export const dayAfter = (at: Date, { calendar, startOfDay }: Pick<VoucherTools, 'calendar' | 'startOfDay'>): Date => startOfDay(addDays(calendar(at), 1))
