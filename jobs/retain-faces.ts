import type { CalendarDate } from '../core/clock.ts'
import type { Swept } from '../core/faces/index.ts'
import type { Job } from '../core/operations/index.ts'

interface RetainFacesDeps {
  readonly sweep: (at: { readonly now: Date, readonly today: CalendarDate }) => Promise<Swept>
  readonly calendar: (at: Date) => CalendarDate
}

/** 人脸保存期限. Templates that nobody was known by for long, or that the rules do not bear any more, go; the run record counts them. */
export function retainFaces ({ sweep, calendar }: RetainFacesDeps): Job {
  return {
    name: 'retain-faces',
    schedule: '40 3 * * *',
    requirements: ['T1'],
    run: async (dueAt) => ({ ...await sweep({ now: dueAt, today: calendar(dueAt) }) })
  }
}
