import type { Calendar } from '../clock.ts'
import type { Hospital } from '../directory/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { RecordChange } from '../records/index.ts'

/** What the deployment decides of the marketplace (SITE_CONFIG marketplace). */
export interface MarketSettings {
  /** Whoever takes an audit up does not decide on it. */
  readonly auditByTwo: boolean
  /** How long a declared admission counts. */
  readonly declaredDays: number
}

export interface MarketTools<Stores> {
  readonly ids: Ids
  readonly stableId: StableId
  readonly calendar: Calendar
  readonly settings: MarketSettings
  /** Of SITE_CONFIG: known without an audit. */
  readonly hospitals: readonly Hospital[]
  /** Those of them whose own system tells who lies in. */
  readonly connectedIds: readonly string[]
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}
