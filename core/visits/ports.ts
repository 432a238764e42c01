import type { VisitStep } from './visit-step.ts'
import type { Visit, VisitState } from './visit.ts'

export interface VisitStore {
  readonly find: (id: string) => Promise<Visit | null>
  readonly save: (visit: Visit) => Promise<void>
  /**
   * Newest first by start, visits without a start last; those that go on as another are left out. A null filter sets
   * no limit.
   */
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly hospitalId: string | null, readonly state: VisitState | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly Visit[]>
  /** Answers false where the visit has this step already; then nothing is written. */
  readonly addStep: (step: VisitStep) => Promise<boolean>
  /** Of the visit and of those that go on as it, by time, at most so many. */
  readonly steps: (visitId: string, limit: number) => Promise<readonly VisitStep[]>
}
