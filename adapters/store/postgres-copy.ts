import { closeSync, openSync } from 'node:fs'
import { DomainError } from '../../core/errors.ts'
import { takeCensus } from './census.ts'
import type { Copied, CopyOptions, PostgresPlace } from './copied.ts'
import type { Pool } from './engine.ts'
import { connectionOf, programVersion, run } from './pg-programs.ts'
import type { Connection } from './sql.ts'
import { watchGrowth } from './watch-growth.ts'

interface CopyPostgres extends CopyOptions {
  readonly databaseUrl: string
  readonly to: string
}

async function placeOf (connection: Pick<Connection, 'once'>): Promise<PostgresPlace> {
  const [{ schema, version }] = await connection.once("select current_schema() as schema, current_setting('server_version_num')::int / 10000 as version", []) as readonly [{ readonly schema: string | null, readonly version: number }]
  if (schema === null) throw new DomainError('BACKUP_IMPOSSIBLE', 'The schema of our tables is not there. Check DATABASE_URL.')
  return { schema, serverVersion: version }
}

/** pg_dump of our schema, in the very snapshot that is counted; whoever writes goes on meanwhile. */
export async function copyPostgres (acquire: Pool['acquire'], { databaseUrl, environment, to, grew }: CopyPostgres): Promise<Copied> {
  const connection = await acquire()
  try {
    const place = await placeOf(connection)
    await programVersion('pg_dump', place.serverVersion, environment)
    await connection.once('begin isolation level repeatable read, read only', [])
    await connection.once('set local idle_in_transaction_session_timeout = 0', [])
    const census = await takeCensus((text) => connection.once(text, []))
    const [exported] = await connection.once('select pg_export_snapshot() as snapshot', []) as ReadonlyArray<{ readonly snapshot: string }>
    closeSync(openSync(to, 'wx', 0o600))
    const through = connectionOf(databaseUrl, environment)
    await watchGrowth(to, grew, () => run('pg_dump', ['--format=custom', '--no-owner', '--no-privileges', `--schema="${place.schema.replaceAll('"', '""')}"`, `--snapshot=${exported?.snapshot ?? ''}`, `--file=${to}`, `--dbname=${through.url}`], through.environment))
    return { census, postgres: place }
  } finally {
    // With its transaction, which only read.
    connection.release(true)
  }
}
