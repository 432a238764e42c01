import type { Calendar } from '../core/clock.ts'
import type { Job } from '../core/operations/index.ts'
import { endDay, type DayEndDeps, type KeepStores } from '../core/pay-after-care/index.ts'

/** 日终: visits that were left open are closed, and what was not settled is owing or overdue from now on. */
export function dayEnd<Stores extends KeepStores> (deps: DayEndDeps<Stores> & { readonly calendar: Calendar }): Job {
  return {
    name: 'day-end',
    schedule: '10 0 * * *',
    requirements: ['A-27', 'A-28'],
    run: (dueAt) => endDay(deps, { now: dueAt, today: deps.calendar(dueAt) })
  }
}
