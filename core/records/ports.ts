import type { RecordVersion } from './record.ts'

/** One searchable value of a record, extracted by the search parameter table. */
export interface SearchValue {
  readonly param: string
  /** Token code, lower-cased string, reference `Type/id`, or uri. Null for pure dates. */
  readonly value: string | null
  /** Token system. */
  readonly system: string | null
  /** Instant range in ms for dates; a day is the range from its first to its last ms. */
  readonly from: number | null
  readonly to: number | null
  /** Of a quantity; its unit is the value, the system of the unit the system. */
  readonly number?: number
}

export interface RecordToSave extends RecordVersion {
  readonly searchValues: readonly SearchValue[]
}

/** Instants in ms; null = no end on that side. */
export interface SearchRange {
  readonly from: number | null
  readonly to: number | null
  readonly overlap: 'within' | 'overlaps'
}

/** Numbers; null = no end on that side. `isOpen…`: the end itself does not belong to it. */
export interface NumberRange {
  readonly from: number | null
  readonly to: number | null
  readonly isOpenFrom: boolean
  readonly isOpenTo: boolean
  /** undefined: any; null: without one. */
  readonly system: string | null | undefined
  readonly unit: string | null
}

/** All clauses must hold; within one clause any value may. */
export type SearchClause =
  | { readonly kind: 'token', readonly param: string, readonly values: ReadonlyArray<{ readonly system: string | null | undefined, readonly code: string | null }>, readonly not?: boolean }
  | { readonly kind: 'string', readonly param: string, readonly values: readonly string[], readonly match: 'starts' | 'exact' | 'contains' }
  | { readonly kind: 'reference', readonly param: string, readonly values: readonly string[] }
  | SearchRange & { readonly kind: 'date', readonly param: string, readonly or?: readonly SearchRange[], readonly not?: boolean }
  | { readonly kind: 'quantity', readonly param: string, readonly values: readonly NumberRange[], readonly not?: boolean }
  | { readonly kind: 'missing', readonly param: string, readonly missing: boolean }
  | { readonly kind: 'id', readonly values: readonly string[] }
  | { readonly kind: 'lastUpdated', readonly from: number | null, readonly to: number | null }

export interface RecordSearch {
  readonly type: string
  readonly clauses: readonly SearchClause[]
  /** Only records in these patients' compartments; null = no limit. An empty list finds nothing. */
  readonly patientIds: readonly string[] | null
  /** Only records of this hospital; null = no limit. */
  readonly hospitalId: string | null
  /** `_lastUpdated`, `_id` or a search parameter. */
  readonly sort: ReadonlyArray<{ readonly param: string, readonly descending: boolean }>
  readonly limit: number
  readonly offset: number
}

/** Everything that is filed under some patients, of the types named: the patients first, then by type and id. */
export interface CompartmentSearch {
  readonly types: readonly string[]
  readonly patientIds: readonly string[]
  /** Only records of this hospital; null = no limit. */
  readonly hospitalId: string | null
  /** Changed at this instant (ms) or later; null = no limit. */
  readonly since: number | null
  readonly limit: number
  readonly offset: number
}

export interface RecordStore {
  readonly current: (keys: ReadonlyArray<{ readonly type: string, readonly id: string }>) => Promise<readonly RecordVersion[]>
  /**
   * Appends versions and replaces the search values. A version that is not the next one is refused with
   * STORE_WRITE_CONFLICT: somebody else saved in between, so load and decide again.
   */
  readonly save: (versions: readonly RecordToSave[]) => Promise<void>
  /**
   * Keeps newer `elementTimes` of versions that stand: a message said the same again, later. No new version, nothing
   * else is written. Refused with STORE_WRITE_CONFLICT where the version is not the current one any more.
   */
  readonly confirm: (versions: readonly RecordVersion[]) => Promise<void>
  /**
   * Takes binaries away for good, in every version: somebody's right to have a picture deleted goes before the history. Other
   * types are refused; what refers to them is the caller's to mend. Answers the ids that were there.
   */
  readonly purgeBinaries: (ids: readonly string[]) => Promise<readonly string[]>
  readonly version: (key: { readonly type: string, readonly id: string, readonly version: number }) => Promise<RecordVersion | null>
  /** Newest first. */
  readonly history: (key: { readonly type: string, readonly id: string }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly RecordVersion[]>
  readonly search: (search: RecordSearch) => Promise<{ readonly records: readonly RecordVersion[], readonly total: number }>
  readonly compartment: (search: CompartmentSearch) => Promise<{ readonly records: readonly RecordVersion[], readonly total: number }>
}
