import type { CalendarDate } from '../../../core/clock.ts'
import { addDays } from '../../../core/days.ts'
import type { Unit } from '../sql.ts'

/** The last day up to which all of a hospital's days are closed: a reopened one opens what comes after it too. */
export async function closedUntil ({ sql }: Pick<Unit, 'sql'>, hospitalId: string): Promise<CalendarDate | null> {
  const row = await sql.first<{ readonly reopened: string | null, readonly last: string | null }>(
    `select (select min(day) from closed_days where hospital_id = ? and state = 'reopened') as reopened,
       (select max(day) from closed_days where hospital_id = ?) as last`, [hospitalId, hospitalId])
  const reopened = row?.reopened ?? null
  return reopened === null ? (row?.last ?? null) as CalendarDate | null : addDays(reopened as CalendarDate, -1)
}
