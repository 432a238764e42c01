import type { Calendar } from '../core/clock.ts'

export interface FactsContext {
  readonly hospitalId: string
  /** Business days of instants, e.g. of a charge. */
  readonly calendar: Calendar
}
