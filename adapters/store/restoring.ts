import { DomainError } from '../../core/errors.ts'
import { censusDifferences, type Census } from './census.ts'
import type { Copied, CopyOptions } from './copied.ts'
import type { StoreOptions } from './open-store.ts'

export interface Restoring extends CopyOptions, Copied {
  readonly store: StoreOptions
  /** What `backUp` wrote. */
  readonly file: string
  /** A database that is there is put aside; without it that is a refusal. */
  readonly replaces: boolean
  /** Real time: for leases of a service that still runs, and for the name of what is put aside. */
  readonly at: Date
}

/** What became of the database that was there before. */
export interface Restored {
  readonly putAside: string | null
}

export function refuseOtherCensus (backup: Census, restored: Census): void {
  const differing = censusDifferences(backup, restored)
  if (differing.length > 0) throw new DomainError('BACKUP_INVALID', `What was restored is not what the manifest says: ${differing.join(', ')} differ.`)
}

export const standsThere = (): DomainError => new DomainError('RESTORE_REFUSED', 'There is a database already. Stop the service; --force puts what is there aside and keeps it.')
export const stillRuns = (): DomainError => new DomainError('RESTORE_REFUSED', 'The service runs on this database, or ended within the last seconds. Stop it, wait 15 seconds and repeat.')

/** 20270301T010000Z: sorts, and is a part of a name everywhere. */
export const stampOf = (at: Date): string => at.toISOString().replace(/[-:]|\.\d+/g, '')
