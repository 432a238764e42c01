import type { SchemaWords } from '../dialect.ts'

/** One step of the schema. Once released its statements never change; a test compares their hash. */
export interface Migration {
  readonly name: string
  readonly up: (words: SchemaWords) => readonly string[]
  readonly down: (words: SchemaWords) => readonly string[]
}

export function dropTables (...tables: readonly string[]): readonly string[] {
  return tables.map((table) => `drop table ${table}`)
}

/** Also takes away what makes the table refuse changes. */
export function dropAppendOnly (words: SchemaWords, ...tables: readonly string[]): readonly string[] {
  return tables.flatMap((table) => [`drop table ${table}`, ...words.dropAppendOnly(table)])
}
