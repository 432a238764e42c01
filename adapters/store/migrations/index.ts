import { inbox } from './0001-inbox.ts'
import { records } from './0002-records.ts'
import { ledger } from './0003-ledger.ts'
import { people } from './0004-people.ts'
import { operations } from './0005-operations.ts'
import { access } from './0006-access.ts'
import type { Migration } from './migration.ts'

export type { Migration } from './migration.ts'

/** In the order they are applied. */
export const migrations: readonly Migration[] = [inbox, records, ledger, people, operations, access]
