import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import type { Parameter } from './dialect.ts'
import type { Engine, Pool } from './engine.ts'
import { BetterSqliteClient, LibsqlClient, type SqliteDriver } from './libsql-client.ts'
import type { Connection } from './sql.ts'
import { copySqlite } from './sqlite-copy.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

interface Statement {
  readonly all: (params: readonly Parameter[]) => unknown[]
  readonly get: (params: readonly Parameter[]) => unknown
  readonly raw: (isRaw: boolean) => unknown
  readonly columns: () => ReadonlyArray<{ readonly name: string }>
  readonly run: (params: readonly Parameter[]) => { readonly changes: number }
}

interface RawDatabase {
  readonly prepare: (text: string) => Statement
  readonly pragma: (text: string) => unknown
}

/** FULL: an acknowledged message and a posted entry survive a power cut (decision 2; WAL with NORMAL may lose the last commits). */
const pragmas = ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on', 'cache_size = -65536', 'temp_store = memory',
  // 16 MiB of journal: less is written back after every few commits, more halts one commit for tens of ms.
  'wal_autocheckpoint = 4000', 'journal_size_limit = 67108864']

/**
 * One connection writes; some others read, each a snapshot of its own (WAL), so that a read waits for no transaction.
 */
interface SqliteOptions {
  readonly dataDir: string
  readonly driver: SqliteDriver
  readonly readers: number
  readonly busyTimeoutMs: number
}

export const sqliteFileIn = (dataDir: string): string => join(dataDir, 'yiqiao.sqlite')

export function sqliteEngine ({ dataDir, driver, readers, busyTimeoutMs }: SqliteOptions): Engine {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const filename = sqliteFileIn(dataDir)
  createFile(filename)
  const connections = new WeakMap<RawDatabase, Connection>()
  const open = (max: number, extra: readonly string[]): Knex => knex({
    client: (driver === 'libsql' ? LibsqlClient : BetterSqliteClient) as unknown as typeof Knex.Client,
    connection: { filename },
    useNullAsDefault: true,
    pool: {
      min: 0,
      max,
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: (database: RawDatabase, done: (error: Error | null, database: RawDatabase) => void) => {
        for (const pragma of [`busy_timeout = ${busyTimeoutMs}`, ...pragmas, ...extra]) database.pragma(pragma)
        connections.set(database, sqliteConnection(database))
        done(null, database)
      }
    }
  })
  const writer = open(1, [])
  const reader = open(readers, ['query_only = on'])
  const poolOf = (source: Knex, begin: string): Pool => ({
    begin: (connection) => connection.run(begin, []),
    acquire: async () => {
      const database = await (source.client as Knex.Client).acquireConnection() as RawDatabase
      const connection = connections.get(database)
      if (connection === undefined) throw new Error('a connection that the pool did not make')
      return { ...connection, release: () => { void (source.client as Knex.Client).releaseConnection(database) } }
    }
  })
  return {
    dialect: sqliteDialect,
    knex: writer,
    writing: poolOf(writer, 'begin immediate'),
    reading: poolOf(reader, 'begin'),
    alone: (work) => work(),
    copyTo: async (to, { grew }) => ({ census: await copySqlite({ filename, driver, to, grew }), postgres: null }),
    close: async () => {
      await reader.destroy()
      await writer.destroy()
    }
  }
}

/**
 * SQLite gives its -wal and -shm files the mode of the database file. One that is there is left alone: to close any handle of
 * a file gives up every lock that the process holds on it (POSIX), and another process could then take the journal away.
 */
function createFile (filename: string): void {
  if (!existsSync(filename)) closeSync(openSync(filename, 'a', 0o600))
}

interface Reading {
  readonly all: (params: readonly Parameter[]) => readonly unknown[]
  readonly first: (params: readonly Parameter[]) => unknown
}

function sqliteConnection (database: RawDatabase): Connection {
  const writing = kept((text) => database.prepare(text))
  const reading = kept((text) => readingOf(database.prepare(text)))
  return {
    all: async (text, params) => reading(text).all(params),
    first: async (text, params) => reading(text).first(params),
    run: async (text, params) => writing(text).run(params).changes,
    once: async (text, params) => database.prepare(text).all(params),
    builtByKnex: async (text, params) => database.prepare(text).all(params),
    groupTexts: new WeakMap(),
    self: {}
  }
}

function kept <Prepared> (prepare: (text: string) => Prepared): (text: string) => Prepared {
  const known = new Map<string, Prepared>()
  return (text) => {
    let found = known.get(text)
    if (found === undefined) known.set(text, found = prepare(text))
    return found
  }
}

/** Lists of values, named here: a third to half cheaper than the objects that the driver makes. */
function readingOf (statement: Statement): Reading {
  statement.raw(true)
  const names = statement.columns().map(({ name }) => name)
  const named = (values: readonly unknown[]): Record<string, unknown> => {
    const row: Record<string, unknown> = {}
    for (let place = 0; place < names.length; place++) row[names[place] as string] = values[place]
    return row
  }
  return {
    all: (params) => (statement.all(params) as unknown[][]).map(named),
    first: (params) => {
      const values = statement.get(params) as readonly unknown[] | undefined
      return values === undefined ? undefined : named(values)
    }
  }
}
