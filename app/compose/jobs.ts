import type { Stores } from '../../adapters/store/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { Job, OnCall } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { proveLedger } from '../../jobs/prove-ledger.ts'
import { pruneInbox } from '../../jobs/prune-inbox.ts'
import { unmatchedCredits } from '../../jobs/unmatched-credits.ts'

export interface JobDeps {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly ids: Ids
  readonly onCall: OnCall
  readonly retainDays: number
}

/** Every scheduled job of the product. */
export function composeJobs (deps: JobDeps): readonly Job[] {
  return [proveLedger(deps), pruneInbox(deps), unmatchedCredits(deps)]
}
