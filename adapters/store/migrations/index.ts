import { inbox } from './0001-inbox.ts'
import { records } from './0002-records.ts'
import { ledger } from './0003-ledger.ts'
import { people } from './0004-people.ts'
import { operations } from './0005-operations.ts'
import { access } from './0006-access.ts'
import { mapping } from './0007-mapping.ts'
import { search } from './0008-search.ts'
import { remoteIds } from './0009-remote-ids.ts'
import { viewRows } from './0010-view-rows.ts'
import { outbound } from './0011-outbound.ts'
import { accessForAll } from './0012-access.ts'
import { operators } from './0013-operators.ts'
import { entryKinds } from './0014-entry-kinds.ts'
import { identityReadings } from './0015-identity-readings.ts'
import { defaults } from './0023-default.ts'
import { contracts } from './0016-contracts.ts'
import { visitProgress } from './0022-visit-progress.ts'
import { seals } from './0024-seals.ts'
import { bills } from './0017-bills.ts'
import { payments } from './0018-payments.ts'
import { reconciliation } from './0019-reconciliation.ts'
import { notices } from './0020-notices.ts'
import { creditFeed } from './0021-credit-feed.ts'
import type { Migration } from './migration.ts'

export type { Migration } from './migration.ts'

/** In the order they are applied. */
export const migrations: readonly Migration[] = [
  inbox, records, ledger, people, operations, access, mapping, search, remoteIds, viewRows, outbound, accessForAll, operators, entryKinds, identityReadings, contracts, bills, payments, reconciliation, notices, creditFeed, visitProgress, defaults, seals
]
