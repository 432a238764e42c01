import { randomUUID } from 'node:crypto'
import type { Stores } from '../../adapters/store/index.ts'
import type { AppointmentPurpose } from '../../core/appointments/index.ts'
import { calendarIn } from '../../core/clock.ts'
import { startOfDayIn } from '../../core/days.ts'
import { voucherPurpose } from '../../core/vouchers/index.ts'
import type { Config } from '../config.ts'

/** What a voucher says to an appointment, and hears of it; also where hospitals tell of appointments. */
export function voucherPurposeOf ({ site, zone }: Pick<Config, 'site' | 'zone'>): AppointmentPurpose<Stores> {
  return voucherPurpose<Stores>({ ids: { next: randomUUID }, calendar: calendarIn(zone), startOfDay: startOfDayIn(zone), settings: site.vouchers })
}
