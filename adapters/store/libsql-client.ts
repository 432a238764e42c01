import { createRequire } from 'node:module'
import type { Knex } from 'knex'

const load = createRequire(import.meta.url)

/** knex's client for drivers of better-sqlite3's interface; it has no type declarations of its own. */
const SqliteClient = load('knex/lib/dialects/better-sqlite3/index.js') as new (config: Knex.Config) => Knex.Client

/** The same interface, spoken by libsql: its binary comes inside the package, so nothing is compiled. */
export class LibsqlClient extends SqliteClient {
  _driver (): unknown {
    return load('libsql')
  }
}

export class BetterSqliteClient extends SqliteClient {
  _driver (): unknown {
    try {
      return load('better-sqlite3')
    } catch (error) {
      throw new Error('SQLITE_DRIVER asks for better-sqlite3, which cannot be loaded. Run `npm install better-sqlite3@12.11.1`, or unset SQLITE_DRIVER.', { cause: error })
    }
  }
}
