import type { Calendar } from '../core/clock.ts'
import { addDays, type StartOfDay } from '../core/days.ts'
import { remindOf, type BookingStores, type LookAfterAppointments } from '../core/appointments/index.ts'
import type { Job } from '../core/operations/index.ts'

/** 就诊提醒. The day before, at an hour of the day. */
export function appointmentReminders<Stores extends BookingStores> ({ calendar, startOfDay, remindAt, ...deps }: LookAfterAppointments<Stores> & { readonly calendar: Calendar, readonly startOfDay: StartOfDay, readonly remindAt: string }): Job {
  const [hour, minute] = remindAt.split(':').map(Number)
  return {
    name: 'appointment-reminders',
    schedule: `${minute ?? 0} ${hour ?? 10} * * *`,
    requirements: [],
    run: (dueAt) => {
      const today = calendar(dueAt)
      return remindOf(deps, { from: startOfDay(addDays(today, 1)), to: startOfDay(addDays(today, 2)) }, dueAt)
    }
  }
}
