import type { Knex } from 'knex'
import { DomainError } from '../../core/errors.ts'
import type { Dialect, Parameter, Scalar } from './dialect.ts'

/** Runs statements on one raw connection; statements with a fixed text are prepared once a connection. */
export interface Connection {
  readonly all: (text: string, params: readonly Parameter[]) => Promise<readonly unknown[]>
  /** The first row. */
  readonly first: (text: string, params: readonly Parameter[]) => Promise<unknown>
  /** Answers how many rows changed. */
  readonly run: (text: string, params: readonly Parameter[]) => Promise<number>
  /** For texts that are put together anew each time: nothing is kept. */
  readonly once: (text: string, params: readonly Parameter[]) => Promise<readonly unknown[]>
  /** The same for texts with the placeholders of the database itself. */
  readonly builtByKnex: (text: string, params: readonly Parameter[]) => Promise<readonly unknown[]>
  /** Texts of group statements, put together once. */
  readonly groupTexts: WeakMap<GroupStatement, string>
  /** The same object for as long as the connection lives, whoever has it. */
  readonly self: object
}

type ColumnKind = 'text' | 'integer' | 'real' | 'bytes'

/**
 * A statement over a group of given rows. `text` gets the SQL of a table of those rows, to be named and joined,
 * e.g. `insert into visits (id) select given.id from ${rows} as given where true`.
 */
export interface GroupStatement {
  readonly columns: Readonly<Record<string, ColumnKind>>
  readonly text: (given: string, dialect: Dialect) => string
}

/** Statements of one transaction, `?` for each parameter. */
interface Sql {
  readonly all: <Row>(text: string, params: readonly Parameter[]) => Promise<readonly Row[]>
  readonly first: <Row>(text: string, params: readonly Parameter[]) => Promise<Row | null>
  readonly run: (text: string, params: readonly Parameter[]) => Promise<number>
  readonly allOf: <Row>(statement: GroupStatement, rows: ReadonlyArray<readonly Scalar[]>) => Promise<readonly Row[]>
  readonly runOf: (statement: GroupStatement, rows: ReadonlyArray<readonly Scalar[]>) => Promise<number>
  /** One statement over single values and a group, which may be empty; only where the dialect has array parameters. The single values come first in the text. */
  readonly together: <Row>(statement: GroupStatement, params: readonly Parameter[], rows: ReadonlyArray<readonly Scalar[]>) => Promise<readonly Row[]>
  /** A text that is put together anew for each call. */
  readonly anew: <Row>(text: string, params: readonly Parameter[]) => Promise<readonly Row[]>
  /** Runs what knex built. The builder itself is never awaited: it would take a second connection of the pool. */
  readonly built: <Row>(query: Knex.QueryBuilder) => Promise<readonly Row[]>
}

/** What every store is made of: valid until its transaction ends. */
export interface Unit {
  readonly sql: Sql
  readonly dialect: Dialect
  /** Builds queries for `sql.built`. */
  readonly build: Knex
}

/** A refusal in the words of core, or the error as it came. */
export function refusal (dialect: Dialect, error: unknown): unknown {
  const code = error instanceof DomainError ? null : dialect.refusalOf(error)
  if (code === 'STORE_UNAVAILABLE') return withCause(new DomainError(code, 'The database does not answer or has no room. Try again; if it lasts, look at the database.'), error)
  if (code === 'STORE_WRITE_CONFLICT') return withCause(new DomainError(code, 'Another transaction wrote the same thing first. Load it and decide again.'), error)
  return error
}

function withCause (refused: DomainError, cause: unknown): DomainError {
  refused.cause = cause
  return refused
}

export function sqlOf (connection: Connection, dialect: Dialect, isOpen: () => boolean): Sql {
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (!isOpen()) throw new Error('a store was used after its transaction had ended')
    try {
      return await work()
    } catch (error) {
      throw refusal(dialect, error)
    }
  }
  const group = dialect.hasArrayParameters ? arrayGroups(connection, dialect) : rowByRow(connection, dialect)
  return {
    all: <Row>(text: string, params: readonly Parameter[]) => guarded(() => connection.all(text, params) as Promise<readonly Row[]>),
    first: <Row>(text: string, params: readonly Parameter[]) => guarded(async () => (await connection.first(text, params) ?? null) as Row | null),
    run: (text, params) => guarded(() => connection.run(text, params)),
    allOf: <Row>(statement: GroupStatement, rows: ReadonlyArray<readonly Scalar[]>) => rows.length === 0
      ? Promise.resolve([])
      : guarded(() => group.all(statement, rows) as Promise<readonly Row[]>),
    runOf: (statement, rows) => rows.length === 0 ? Promise.resolve(0) : guarded(() => group.run(statement, rows)),
    together: <Row>(statement: GroupStatement, params: readonly Parameter[], rows: ReadonlyArray<readonly Scalar[]>) =>
      guarded(() => connection.all(textOf(connection, dialect, statement), [...params, ...arraysOf(statement, rows)]) as Promise<readonly Row[]>),
    anew: <Row>(text: string, params: readonly Parameter[]) => guarded(() => connection.once(text, params) as Promise<readonly Row[]>),
    built: <Row>(query: Knex.QueryBuilder) => {
      const { sql, bindings } = query.toSQL().toNative()
      return guarded(() => connection.builtByKnex(sql, bindings as Parameter[]) as Promise<readonly Row[]>)
    }
  }
}

interface Groups {
  readonly all: (statement: GroupStatement, rows: ReadonlyArray<readonly Scalar[]>) => Promise<readonly unknown[]>
  readonly run: (statement: GroupStatement, rows: ReadonlyArray<readonly Scalar[]>) => Promise<number>
}

function rowByRow (connection: Connection, dialect: Dialect): Groups {
  return {
    all: async (statement, rows) => {
      const text = textOf(connection, dialect, statement)
      const found: unknown[] = []
      for (const row of rows) found.push(...await connection.all(text, row))
      return found
    },
    run: async (statement, rows) => {
      const text = textOf(connection, dialect, statement)
      let changed = 0
      for (const row of rows) changed += await connection.run(text, row)
      return changed
    }
  }
}

function arrayGroups (connection: Connection, dialect: Dialect): Groups {
  return {
    all: (statement, rows) => connection.all(textOf(connection, dialect, statement), arraysOf(statement, rows)),
    run: (statement, rows) => connection.run(textOf(connection, dialect, statement), arraysOf(statement, rows))
  }
}

function textOf ({ groupTexts }: Connection, dialect: Dialect, statement: GroupStatement): string {
  let text = groupTexts.get(statement)
  if (text === undefined) groupTexts.set(statement, text = statement.text(dialect.hasArrayParameters ? arraysText(statement) : rowText(statement), dialect))
  return text
}

function rowText ({ columns }: GroupStatement): string {
  return `(select ${Object.keys(columns).map((column) => `? as ${column}`).join(', ')})`
}

const arrayTypes = { text: 'text[]', integer: 'bigint[]', real: 'double precision[]', bytes: 'bytea[]' } as const satisfies Record<ColumnKind, string>

function arraysText ({ columns }: GroupStatement): string {
  const arrays = Object.values(columns).map((kind) => `?::${arrayTypes[kind]}`).join(', ')
  return `(select * from unnest(${arrays}) as given_rows (${Object.keys(columns).join(', ')}))`
}

function arraysOf ({ columns }: GroupStatement, rows: ReadonlyArray<readonly Scalar[]>): Scalar[][] {
  return Object.keys(columns).map((_, place) => rows.map((row) => row[place] ?? null))
}
