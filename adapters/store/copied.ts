import type { Census } from './census.ts'
import type { Environment } from './pg-programs.ts'

export interface CopyOptions {
  /** Told how large the copy has become. */
  readonly grew: (bytes: number) => void
  /** For programs that are run: PATH, and what libpq reads. */
  readonly environment: Environment
}

export interface Copied {
  readonly census: Census
  /** Null for SQLite. */
  readonly postgres: PostgresPlace | null
}

/** What has to be known of the server that a dump was made on. */
export interface PostgresPlace {
  readonly schema: string
  readonly serverVersion: number
}
