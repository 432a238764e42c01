import type { Knex } from 'knex'
import type { Copied, CopyOptions } from './copied.ts'
import type { Dialect } from './dialect.ts'
import type { Connection } from './sql.ts'

/** One database, open. */
export interface Engine {
  readonly dialect: Dialect
  /** Builds queries and runs migrations. */
  readonly knex: Knex
  readonly writing: Pool
  readonly reading: Pool
  /** Runs `work` while no other process migrates. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** Writes a copy of one moment to a file that is not there yet, while others write. */
  readonly copyTo: (file: string, options: CopyOptions) => Promise<Copied>
  readonly close: () => Promise<void>
}

export interface Pool {
  readonly begin: (connection: Connection) => Promise<unknown>
  readonly acquire: () => Promise<PooledConnection>
}

interface PooledConnection extends Connection {
  readonly release: (broken: boolean) => void
}
