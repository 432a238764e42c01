import type { Clock } from '../../../core/clock.ts'
import type { Resource } from '../../../core/records/index.ts'
import type { Journal } from '../journal.ts'
import type { KeptResources } from './kept-resources.ts'

/**
 * unavailable and busy answer 503 and 429 with Retry-After; silent never answers; dropped closes the connection; refused
 * answers 422; expired forgets all tokens. late_commit hides a write until the type was searched twice; same_instant
 * gives it the time stamp of the write before. unsorted and unfiltered pay no heed to _sort and _lastUpdated.
 */
export type FhirFaultKind = 'unavailable' | 'busy' | 'silent' | 'dropped' | 'refused' | 'expired' | 'late_commit' | 'same_instant' | 'unsorted' | 'unfiltered'

export interface ServerState {
  readonly url: string
  readonly resources: KeptResources
  readonly journal: Journal
  readonly clock: Clock
  /** Hears of what clients write, once the answer stands. */
  readonly heard: (resource: Resource & { readonly id: string }) => void
  /** Writes that a fault holds back, with how many searches of their type they still miss. */
  readonly held: Array<{ readonly type: string, searches: number, readonly commit: () => void }>
}
