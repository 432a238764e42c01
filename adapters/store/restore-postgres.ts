import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainError } from '../../core/errors.ts'
import { takeCensus } from './census.ts'
import { connectionOf, programVersion, run } from './pg-programs.ts'
import type { PostgresPlace } from './copied.ts'
import { postgresEngine } from './postgres-engine.ts'
import { refuseOtherCensus, stampOf, standsThere, stillRuns, type Restored, type Restoring } from './restoring.ts'

interface RestoringPostgres extends Restoring {
  readonly databaseUrl: string
  readonly postgres: PostgresPlace
}

type Once = (text: string) => Promise<readonly unknown[]>

/** The schema that stands is renamed, so that it can come back; pg_restore fills a new one in one transaction. */
export async function restorePostgres (restoring: RestoringPostgres): Promise<Restored> {
  const { databaseUrl, postgres: { schema }, at, replaces, census } = restoring
  const engine = postgresEngine({ databaseUrl, schema: restoring.store.schema ?? null, poolSize: 1 })
  const connection = await engine.writing.acquire()
  const once: Once = (text) => connection.once(text, [])
  try {
    await refuseOtherPlace(once, restoring)
    const stands = await countIn(once, 'select count(*) as n from pg_class where relnamespace = to_regnamespace($$SCHEMA$$)', schema) > 0
    if (stands && !replaces) throw standsThere()
    if (stands) await refuseWhileRunning(once, { schema, at })
    const putAside = stands ? `${schema.slice(0, 38)}_before_${stampOf(at).toLowerCase()}` : null
    if (putAside !== null) await once(`alter schema ${quoted(schema)} rename to ${quoted(putAside)}`)
    try {
      await once(`create schema if not exists ${quoted(schema)}`)
      await fill(restoring)
      refuseOtherCensus(census, await takeCensus(once))
      // Whoever held a lease when the copy was made is not there any more.
      await once('delete from leases')
      await once('analyze')
      return { putAside: putAside === null ? null : `schema ${putAside}` }
    } catch (error) {
      if (putAside !== null) {
        await once(`drop schema if exists ${quoted(schema)} cascade`)
        await once(`alter schema ${quoted(putAside)} rename to ${quoted(schema)}`)
      }
      throw error
    }
  } finally {
    connection.release(false)
    await engine.close()
  }
}

/** Objects of a dump stand under the name of their schema, and a dump of a newer server may say what an older one does not know. */
async function refuseOtherPlace (once: Once, { store, environment, postgres: { schema, serverVersion } }: RestoringPostgres): Promise<void> {
  const [row] = await once("select coalesce(current_schema(), '') as schema, current_setting('server_version_num')::int / 10000 as version") as ReadonlyArray<{ readonly schema: string, readonly version: number }>
  const own = store.schema ?? row?.schema ?? ''
  if (own !== schema) throw new DomainError('BACKUP_INVALID', `The backup is of schema ${schema}, and the database that DATABASE_URL names works in ${own === '' ? 'none' : own}. Set its search_path to ${schema}.`)
  if ((row?.version ?? 0) < serverVersion) throw new DomainError('BACKUP_INVALID', `The backup is of PostgreSQL ${serverVersion}, and this server is of version ${row?.version ?? 0}. Restore to the same version or a newer one.`)
  await programVersion('pg_restore', serverVersion, environment)
}

async function refuseWhileRunning (once: Once, { schema, at }: { readonly schema: string, readonly at: Date }): Promise<void> {
  const hasLeases = await countIn(once, "select count(*) as n from pg_class where relnamespace = to_regnamespace($$SCHEMA$$) and relname = 'leases'", schema) > 0
  if (hasLeases && await countIn(once, `select count(*) as n from SCHEMA.leases where until_ms > ${at.getTime()}`, schema) > 0) throw stillRuns()
}

async function countIn (once: Once, text: string, schema: string): Promise<number> {
  const [row] = await once(text.replace('SCHEMA', quoted(schema))) as ReadonlyArray<{ readonly n: number }>
  return Number(row?.n ?? 0)
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The schema is there already, so its own line is left out of what is restored. */
async function fill ({ databaseUrl, file, environment }: RestoringPostgres): Promise<void> {
  const contents = (await run('pg_restore', ['--list', file], environment)).split('\n').filter((line) => !/^\d+; \d+ \d+ (SCHEMA|COMMENT - SCHEMA|ACL - SCHEMA) /.test(line))
  const folder = await mkdtemp(join(tmpdir(), 'yiqiao-restore-'))
  try {
    const listFile = join(folder, 'contents')
    await writeFile(listFile, contents.join('\n'))
    const through = connectionOf(databaseUrl, environment)
    await run('pg_restore', ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', `--use-list=${listFile}`, `--dbname=${through.url}`, file], through.environment)
  } finally {
    await rm(folder, { recursive: true })
  }
}
