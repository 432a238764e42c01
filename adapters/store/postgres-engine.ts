import knex, { type Knex } from 'knex'
import pg from 'pg'
import type { Parameter } from './dialect.ts'
import type { Engine, Pool } from './engine.ts'
import { copyPostgres } from './postgres-copy.ts'
import { postgresDialect } from './postgres-dialect.ts'
import type { Connection } from './sql.ts'

interface RawClient {
  readonly query: (query: { readonly name?: string, readonly text: string, readonly values: readonly Parameter[] }) => Promise<{ readonly rows: unknown[], readonly rowCount: number | null }>
  __knex__disposed?: unknown
}

const int8 = 20

/**
 * Every statement finds its rows by an index. A plan made while a table was still empty would scan it for ever after,
 * and choosing a plan anew costs as much as running it: so the choice is made once and scans are ruled out. jit would
 * take the ruled-out costs for heavy work.
 */
const settings = ['plan_cache_mode = force_generic_plan', 'enable_seqscan = off', 'enable_hashjoin = off', 'enable_mergejoin = off', 'jit = off']

/** Searches are put together anew each time, so their plans may as well look at the values. */
const beginReading = 'begin isolation level repeatable read, read only; set local plan_cache_mode = auto'

export function postgresEngine ({ databaseUrl, schema, poolSize }: { readonly databaseUrl: string, readonly schema: string | null, readonly poolSize: number }): Engine {
  const types = new pg.TypeOverrides()
  // Ours stay within ±9e15 by a check of the schema, so a number holds them exactly.
  types.setTypeParser(int8, Number)
  const source = knex({
    client: 'pg',
    connection: { connectionString: databaseUrl, application_name: 'yiqiao', keepAlive: true, types } as Knex.PgConnectionConfig,
    ...(schema === null ? {} : { searchPath: [schema] }),
    pool: {
      min: 0,
      max: poolSize,
      afterCreate: (raw: RawClient, done: (error: unknown, raw: RawClient) => void) => {
        raw.query({ text: settings.map((setting) => `set ${setting}`).join('; '), values: [] }).then(() => { done(null, raw) }, (error: unknown) => { done(error, raw) })
      }
    }
  })
  const acquire = acquireFrom(source)
  return {
    dialect: postgresDialect,
    knex: source,
    writing: { begin: (connection) => connection.run('begin isolation level read committed', []), acquire },
    reading: { begin: (connection) => connection.once(beginReading, []), acquire },
    alone: async (work) => {
      const lock = await acquire()
      try {
        if (schema !== null) await lock.once(`create schema if not exists "${schema.replaceAll('"', '""')}"`, [])
        await lock.once('select pg_advisory_lock(hashtext(current_schema()), 2)', [])
        return await work()
      } finally {
        await lock.once('select pg_advisory_unlock_all()', []).then(() => { lock.release(false) }, () => { lock.release(true) })
      }
    },
    copyTo: (to, options) => copyPostgres(acquire, { ...options, databaseUrl, to }),
    close: () => source.destroy()
  }
}

function acquireFrom (source: Knex): Pool['acquire'] {
  const client = source.client as Knex.Client
  const connections = new WeakMap<RawClient, Connection>()
  const native = nativeTexts()
  return async () => {
    const raw = await client.acquireConnection() as RawClient
    let connection = connections.get(raw)
    if (connection === undefined) connections.set(raw, connection = postgresConnection(raw, native))
    return {
      ...connection,
      release: (broken) => {
        // The pool throws away what carries this mark.
        if (broken) raw.__knex__disposed = 'its transaction could not be ended'
        void client.releaseConnection(raw)
      }
    }
  }
}

interface NativeText {
  readonly name: string
  readonly text: string
}

function nativeTexts (): (text: string) => NativeText {
  const known = new Map<string, NativeText>()
  return (text) => {
    let native = known.get(text)
    if (native === undefined) {
      native = { name: `s${known.size}`, text: numbered(text) }
      known.set(text, native)
    }
    return native
  }
}

/** Our texts hold no question mark but the placeholders. */
function numbered (text: string): string {
  let place = 0
  return text.replace(/\?/g, () => `$${++place}`)
}

function postgresConnection (raw: RawClient, native: (text: string) => NativeText): Connection {
  return {
    all: async (text, params) => (await raw.query({ ...native(text), values: params })).rows,
    first: async (text, params) => (await raw.query({ ...native(text), values: params })).rows[0],
    run: async (text, params) => (await raw.query({ ...native(text), values: params })).rowCount ?? 0,
    once: async (text, params) => (await raw.query({ text: numbered(text), values: params })).rows,
    builtByKnex: async (text, params) => (await raw.query({ text, values: params })).rows,
    groupTexts: new WeakMap(),
    self: {}
  }
}
