import { DomainError } from '../../core/errors.ts'
import { migrations } from './migrations/index.ts'
import { restorePostgres } from './restore-postgres.ts'
import { restoreSqlite } from './restore-sqlite.ts'
import type { Restored, Restoring } from './restoring.ts'

/**
 * Puts a copy in place, for a service that is stopped. What was there is put aside and comes back where anything fails;
 * what was restored is counted and has to equal the copy. Refuses with RESTORE_REFUSED, BACKUP_INVALID or
 * BACKUP_IMPOSSIBLE.
 */
export async function restoreStore (restoring: Restoring): Promise<Restored> {
  const { store: { databaseUrl }, postgres, census: { newestMigration } } = restoring
  if (!migrations.some(({ name }) => name === newestMigration)) throw new DomainError('BACKUP_INVALID', `The backup was made by a newer program (${newestMigration}). Install the version that its manifest names.`)
  if ((databaseUrl === undefined) !== (postgres === null)) throw new DomainError('BACKUP_INVALID', `The backup is one of ${postgres === null ? 'SQLite' : 'PostgreSQL'}, and ${postgres === null ? 'DATABASE_URL is set' : 'no DATABASE_URL is set'}.`)
  return databaseUrl === undefined || postgres === null ? await restoreSqlite(restoring) : await restorePostgres({ ...restoring, databaseUrl, postgres })
}
