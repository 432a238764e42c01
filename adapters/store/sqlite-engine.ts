import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import type { Parameter } from './dialect.ts'
import type { Engine, Pool } from './engine.ts'
import { BetterSqliteClient, LibsqlClient } from './libsql-client.ts'
import type { Connection } from './sql.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

export type SqliteDriver = 'libsql' | 'better-sqlite3'

interface Statement {
  readonly all: (params: readonly Parameter[]) => unknown[]
  readonly run: (params: readonly Parameter[]) => { readonly changes: number }
}

interface RawDatabase {
  readonly prepare: (text: string) => Statement
  readonly pragma: (text: string) => unknown
}

/** FULL: an acknowledged message and a posted entry survive a power cut (decision 2; WAL with NORMAL may lose the last commits). */
const pragmas = ['journal_mode = wal', 'synchronous = full', 'foreign_keys = on', 'cache_size = -65536', 'temp_store = memory',
  // A page that changes often is written back once every 64 MiB of journal, not after every few commits.
  'wal_autocheckpoint = 16384', 'journal_size_limit = 134217728']

/**
 * One connection writes; some others read, each a snapshot of its own (WAL), so that a read waits for no transaction.
 */
interface SqliteOptions {
  readonly dataDir: string
  readonly driver: SqliteDriver
  readonly readers: number
  readonly busyTimeoutMs: number
}

export function sqliteEngine ({ dataDir, driver, readers, busyTimeoutMs }: SqliteOptions): Engine {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const filename = join(dataDir, 'yiqiao.sqlite')
  // SQLite gives its -wal and -shm files the mode of the database file.
  closeSync(openSync(filename, 'a', 0o600))
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
    begin,
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
    close: async () => {
      await reader.destroy()
      await writer.destroy()
    }
  }
}

function sqliteConnection (database: RawDatabase): Connection {
  const prepared = new Map<string, Statement>()
  const statement = (text: string): Statement => {
    let found = prepared.get(text)
    if (found === undefined) prepared.set(text, found = database.prepare(text))
    return found
  }
  return {
    all: async (text, params) => statement(text).all(params),
    run: async (text, params) => statement(text).run(params).changes,
    once: async (text, params) => database.prepare(text).all(params)
  }
}
