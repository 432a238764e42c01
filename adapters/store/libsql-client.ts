import { createRequire } from 'node:module'
import type { Knex } from 'knex'

const load = createRequire(import.meta.url)

export type SqliteDriver = 'libsql' | 'better-sqlite3'

/** knex's client for drivers of better-sqlite3's interface; it has no type declarations of its own. */
const SqliteClient = load('knex/lib/dialects/better-sqlite3/index.js') as new (config: Knex.Config) => Knex.Client

/** Answers the constructor of a driver's databases. */
export function loadDriver (driver: SqliteDriver): unknown {
  return load(driverPathOf(driver))
}

export function driverPathOf (driver: SqliteDriver): string {
  try {
    return load.resolve(driver)
  } catch (error) {
    if (driver === 'libsql') throw error
    throw new Error('SQLITE_DRIVER asks for better-sqlite3, which cannot be loaded. Run `npm install better-sqlite3@12.11.1`, or unset SQLITE_DRIVER.', { cause: error })
  }
}

/** The same interface, spoken by libsql: its binary comes inside the package, so nothing is compiled. */
export class LibsqlClient extends SqliteClient {
  _driver (): unknown {
    return loadDriver('libsql')
  }
}

export class BetterSqliteClient extends SqliteClient {
  _driver (): unknown {
    return loadDriver('better-sqlite3')
  }
}
