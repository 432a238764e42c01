/**
 * What differs between the databases, as named capabilities. Stores ask for a capability, never for a name.
 */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** `?` becomes `$1`, `$2`, … */
  readonly hasNumberedPlaceholders: boolean
  /**
   * A whole group of rows travels as one array per column, so that a group costs one round trip. Without it, a
   * statement is run once a row, which costs nothing where the database lives in the process.
   */
  readonly hasArrayParameters: boolean
  /** Several writing statements may be joined into one by `with … as (insert …)`. */
  readonly hasWritingCtes: boolean
  /** An SQL condition that a column equals one of the values of one list parameter. */
  readonly isIn: (column: string) => string
  /** The one parameter that `isIn` takes. */
  readonly list: (values: readonly string[]) => Parameter
  /** Taken inside `from`: makes concurrent transactions take their sequence numbers in the order of their commits; null where only one writes at a time. */
  readonly orderedCommits: string | null
  /** A statement with one parameter: transactions that name the same text wait for each other; null where only one writes at a time. */
  readonly oneByOne: string | null
  /** Ends a select: nobody else changes the rows of this table until the transaction ends. */
  readonly lockRows: (alias: string) => string
  /** An expression: a random UUID (version 4), another one for each row. */
  readonly randomUuid: string
  /** Taken inside `from`, with two parameters: the whole numbers from one to the other, as column `n` of `series`. */
  readonly series: string
  /** What kind of refusal a driver's error is; null: none, it stays the error it is. */
  readonly refusalOf: (error: unknown) => 'STORE_UNAVAILABLE' | 'STORE_WRITE_CONFLICT' | null
  /** Words of the schema. */
  readonly words: SchemaWords
}

export type Scalar = string | number | null | Uint8Array
export type Parameter = Scalar | readonly Scalar[]

export interface SchemaWords {
  readonly integer: string
  /** Double precision. */
  readonly real: string
  readonly bytes: string
  /** Primary key that the database gives and never gives again. */
  readonly sequence: string
  /** After the closing bracket of a table. */
  readonly table: string
  /** … of a table whose rows lie in the order of their primary key, where there is such a thing. */
  readonly clustered: string
  /** Compares text by its bytes, so that prefixes are ranges. */
  readonly byBytes: string
  /** Statements that make a table refuse changes of its rows. */
  readonly appendOnly: (table: string) => readonly string[]
  /** Lets rows of an append-only table be deleted where the condition on `old` holds; null: none again. */
  readonly mayPurge: (table: string, condition: string | null) => readonly string[]
  /** Takes a column's check away; null where that needs the table made anew. */
  readonly dropCheck: ((table: string, column: string) => string) | null
  /** Takes away what `appendOnly` leaves behind when its table is dropped. */
  readonly dropAppendOnly: (table: string) => readonly string[]
}
