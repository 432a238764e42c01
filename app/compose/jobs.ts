import type { Compared } from '../../adapters/his-views/index.ts'
import type { Stores } from '../../adapters/store/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { Job, OnCall } from '../../core/operations/index.ts'
import { outboxKindOf } from '../../core/outbound/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { proveLedger } from '../../jobs/prove-ledger.ts'
import { pruneInbox } from '../../jobs/prune-inbox.ts'
import { pruneOutbound } from '../../jobs/prune-outbound.ts'
import { pruneOutbox } from '../../jobs/prune-outbox.ts'
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
  readonly retainOutboxDays: number
  readonly site: Pick<SiteConfig, 'sources'>
  readonly areas: Pick<Area, 'jobs' | 'forgettable'>
  /** Compares all rows of a source's views with what was taken in. */
  readonly compare: (source: string, dueAt: Date) => Promise<Compared>
}

/** Every scheduled job of the product. */
export function composeJobs (deps: JobDeps): readonly Job[] {
  return [proveLedger(deps), pruneInbox(deps), pruneOutbound(deps), pruneOutbox(outboxRetention(deps)), pruneRequestKeys(deps), unmatchedCredits(deps), ...compareViewJobs(deps.site, deps), ...deps.areas.jobs]
}

/** A code or an alert is told under an id that comes once; what goes to a hospital is prune-outbound's. */
function outboxRetention ({ inTransaction, retainOutboxDays, areas }: JobDeps): Parameters<typeof pruneOutbox>[0] {
  return { inTransaction, retainDays: retainOutboxDays, forgettable: ['sms', ...areas.forgettable], leavesAlone: (kind) => kind.startsWith(outboxKindOf('')) }
}
