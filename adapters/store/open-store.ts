import type { InTransaction } from '../../core/unit-of-work.ts'
import { breather } from './breather.ts'
import type { Copied, CopyOptions } from './copied.ts'
import type { Engine, Pool } from './engine.ts'
import { migrateDown, migrateUp } from './migrate.ts'
import { postgresEngine } from './postgres-engine.ts'
import { refusal, sqlOf, type Connection } from './sql.ts'
import type { SqliteDriver } from './libsql-client.ts'
import { sqliteEngine } from './sqlite-engine.ts'
import { storesOf, type Stores } from './stores.ts'

export interface StoreOptions {
  /** Folder of the SQLite file; made with mode 0700 where it is missing. Not used with a databaseUrl. */
  readonly dataDir?: string
  /** A PostgreSQL URL. */
  readonly databaseUrl?: string | undefined
  /** PostgreSQL schema of its own; made by `migrate`. */
  readonly schema?: string
  readonly sqliteDriver?: SqliteDriver
  /** Connections to PostgreSQL, or reading connections to SQLite. */
  readonly poolSize?: number
  /** How long SQLite waits for another process. The whole process waits with it. */
  readonly busyTimeoutMs?: number
  /** Waited for before each transaction; absent: a turn for sockets and timers now and then, by real time (breather.ts). */
  readonly breathe?: () => Promise<unknown>
}

export interface Store {
  readonly dialect: 'sqlite' | 'postgres'
  readonly inTransaction: InTransaction<Stores>
  /** A read-only snapshot. On SQLite it waits for no writer. */
  readonly inReading: InTransaction<Stores>
  /** Refuses with STORE_UNAVAILABLE while the database does not answer. */
  readonly ping: () => Promise<void>
  /** Brings the tables to the newest version; answers what it applied. Call it before the first transaction. */
  readonly migrate: () => Promise<readonly string[]>
  /**
   * Copies the database as it is at one moment, while others write, to a file that is not there yet (mode 0600). Refuses
   * with BACKUP_IMPOSSIBLE. It neither needs nor runs `migrate`.
   */
  readonly backUp: (file: string, options: CopyOptions) => Promise<Copied>
  /** One statement by hand, for repairs and tests; nothing in the product calls it. */
  readonly runByHand: (text: string) => Promise<readonly unknown[]>
  /** Takes every table away again, for the tests of the migrations. */
  readonly unmigrate: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function openStore (options: StoreOptions): Promise<Store> {
  const engine = engineOf(options)
  const breathe = options.breathe ?? breather()
  const bound = boundStores(engine)
  return {
    dialect: engine.dialect.name,
    inTransaction: (work) => transact({ engine, pool: engine.writing, breathe, bound }, work),
    inReading: (work) => transact({ engine, pool: engine.reading, breathe, bound }, work),
    ping: async () => { await runOnce(engine, engine.reading, 'select 1') },
    runByHand: (text) => runOnce(engine, engine.writing, text),
    migrate: () => refusing(engine, () => engine.alone(() => migrateUp(engine.knex, engine.dialect))),
    unmigrate: () => refusing(engine, () => engine.alone(() => migrateDown(engine.knex, engine.dialect))),
    backUp: (file, options) => refusing(engine, () => engine.copyTo(file, options)),
    close: engine.close
  }
}

function engineOf ({ dataDir, databaseUrl, schema, sqliteDriver, poolSize, busyTimeoutMs }: StoreOptions): Engine {
  if (databaseUrl !== undefined) return postgresEngine({ databaseUrl, schema: schema ?? null, poolSize: poolSize ?? 10 })
  if (dataDir === undefined) throw new Error('openStore needs a dataDir for SQLite or a databaseUrl for PostgreSQL')
  return sqliteEngine({ dataDir, driver: sqliteDriver ?? 'libsql', readers: poolSize ?? 4, busyTimeoutMs: busyTimeoutMs ?? 5000 })
}

interface Beginning {
  readonly engine: Engine
  readonly pool: Pool
  readonly breathe: () => Promise<unknown>
  readonly bound: (connection: Connection) => BoundStores
}

/** The stores of one connection, which refuse while no transaction is open on it. */
interface BoundStores {
  readonly stores: Stores
  isOpen: boolean
}

/** Made once for each connection: to make them for each transaction would cost more than most transactions do. */
function boundStores (engine: Engine): Beginning['bound'] {
  const known = new WeakMap<object, BoundStores>()
  return (connection) => {
    let bound = known.get(connection.self)
    if (bound === undefined) {
      const made: { isOpen: boolean } = { isOpen: false }
      const stores = storesOf({ sql: sqlOf(connection, engine.dialect, () => made.isOpen), dialect: engine.dialect, build: engine.knex })
      known.set(connection.self, bound = Object.assign(made, { stores }))
    }
    return bound
  }
}

async function transact <Result> ({ engine, pool, breathe, bound }: Beginning, work: (stores: Stores) => Promise<Result>): Promise<Result> {
  await breathe()
  const connection = await acquire(engine, pool)
  const own = bound(connection)
  let broken = false
  try {
    await pool.begin(connection)
    own.isOpen = true
    const result = await work(own.stores)
    own.isOpen = false
    await connection.run('commit', [])
    return result
  } catch (error) {
    own.isOpen = false
    await connection.run('rollback', []).catch(() => { broken = true })
    throw refusal(engine.dialect, error)
  } finally {
    connection.release(broken)
  }
}

async function runOnce (engine: Engine, pool: Pool, text: string): Promise<readonly unknown[]> {
  const connection = await acquire(engine, pool)
  try {
    return await connection.once(text, [])
  } catch (error) {
    throw refusal(engine.dialect, error)
  } finally {
    connection.release(false)
  }
}

function acquire (engine: Engine, pool: Pool): ReturnType<Pool['acquire']> {
  return refusing(engine, pool.acquire)
}

async function refusing <Result> (engine: Engine, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw refusal(engine.dialect, error)
  }
}
