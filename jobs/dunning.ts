import type { Calendar } from '../core/clock.ts'
import type { Job } from '../core/operations/index.ts'
import { dunOwing, type DunningDeps, type DunningStores } from '../core/pay-after-care/index.ts'

/** 每日催款: one reminder per person and day, at the hour at which reminders may begin. */
export function dunning<Stores extends DunningStores> ({ calendar, dunningFrom, ...deps }: DunningDeps<Stores> & { readonly calendar: Calendar, readonly dunningFrom: string }): Job {
  const [hour, minute] = dunningFrom.split(':').map(Number)
  return {
    name: 'dunning',
    schedule: `${minute ?? 0} ${hour ?? 9} * * *`,
    requirements: ['A-30', 'A-38'],
    run: (dueAt) => dunOwing(deps, { now: dueAt, today: calendar(dueAt) })
  }
}
