import type { Compared } from '../../adapters/his-views/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { Job, OnCall } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { proveLedger } from '../../jobs/prove-ledger.ts'
import { pruneInbox } from '../../jobs/prune-inbox.ts'
import { pruneOutbound } from '../../jobs/prune-outbound.ts'
import { pruneRequestKeys } from '../../jobs/prune-request-keys.ts'
import { unmatchedCredits } from '../../jobs/unmatched-credits.ts'
import type { SiteConfig } from '../site-config.ts'
import type { Area } from './area.ts'
import { compareViewJobs } from './view-sources.ts'

export interface JobDeps {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly ids: Ids
  readonly onCall: OnCall
  readonly retainDays: number
  readonly site: Pick<SiteConfig, 'sources'>
  readonly areas: Pick<Area, 'jobs'>
  /** Compares all rows of a source's views with what was taken in. */
  readonly compare: (source: string, dueAt: Date) => Promise<Compared>
}

/** Every scheduled job of the product. */
export function composeJobs (deps: JobDeps): readonly Job[] {
  return [proveLedger(deps), pruneInbox(deps), pruneOutbound(deps), pruneRequestKeys(deps), unmatchedCredits(deps), ...compareViewJobs(deps.site, deps), ...deps.areas.jobs]
}
