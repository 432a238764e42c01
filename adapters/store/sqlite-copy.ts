import { once } from 'node:events'
import { closeSync, openSync, statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { DomainError } from '../../core/errors.ts'
import { takeCensus, type Census } from './census.ts'
import { driverPathOf, loadDriver, type SqliteDriver } from './libsql-client.ts'
import { watchGrowth } from './watch-growth.ts'

interface RawDatabase {
  readonly prepare: (text: string) => { readonly all: (params: readonly unknown[]) => unknown[], readonly run: (params: readonly unknown[]) => unknown }
  readonly close: () => void
}

/** The driver halts its thread while it works, so it gets one of its own. */
const vacuumInto = `
  const { workerData: { driver, from, to } } = require('node:worker_threads')
  const database = new (require(driver))(from)
  database.prepare('vacuum into ?').run([to])
  database.close()
`

/** VACUUM INTO: one snapshot, without halting whoever writes; the copy has no journal beside it. */
export async function copySqlite ({ filename, driver, to, grew }: { readonly filename: string, readonly driver: SqliteDriver, readonly to: string, readonly grew: (bytes: number) => void }): Promise<Census> {
  if ((statSync(filename, { throwIfNoEntry: false })?.size ?? 0) === 0) throw new DomainError('BACKUP_IMPOSSIBLE', 'There is no database in DATA_DIR.')
  closeSync(openSync(to, 'wx', 0o600))
  await watchGrowth(to, grew, async () => {
    const worker = new Worker(vacuumInto, { eval: true, workerData: { driver: driverPathOf(driver), from: filename, to } })
    await once(worker, 'exit').catch((error: unknown) => {
      throw new DomainError('BACKUP_IMPOSSIBLE', `SQLite did not copy the database: ${error instanceof Error ? error.message : 'it gave no reason'}.`)
    })
  })
  return await censusOfSqlite(to, driver)
}

export async function censusOfSqlite (filename: string, driver: SqliteDriver): Promise<Census> {
  return await readingSqlite(filename, driver, (rows) => takeCensus(async (text) => rows(text)))
}

/** Whoever held a lease when the copy was made is not there any more. */
export async function freeLeases (filename: string, driver: SqliteDriver): Promise<void> {
  const database = opened(filename, driver, { readonly: false })
  database.prepare('delete from leases').run([])
  database.close()
}

/** Reads a file beside whoever has it open. */
export async function readingSqlite<Result> (filename: string, driver: SqliteDriver, work: (rows: (text: string) => readonly unknown[]) => Promise<Result>): Promise<Result> {
  const database = opened(filename, driver, { readonly: true })
  try {
    return await work((text) => database.prepare(text).all([]))
  } finally {
    database.close()
  }
}

function opened (filename: string, driver: SqliteDriver, options: { readonly readonly: boolean }): RawDatabase {
  return new (loadDriver(driver) as new (filename: string, options: object) => RawDatabase)(filename, options)
}
