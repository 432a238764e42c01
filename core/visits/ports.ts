import type { Visit, VisitState } from './visit.ts'

export interface VisitStore {
  readonly find: (id: string) => Promise<Visit | null>
  readonly save: (visit: Visit) => Promise<void>
  /** Newest first by start, visits without a start last. A null filter sets no limit. */
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly hospitalId: string | null, readonly state: VisitState | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly Visit[]>
}
