import { isObject } from './element-path.ts'

/**
 * What a column holds. `integer` and `decimal` travel as their digits, `date` and `time` in the form of ISO 8601 as the
 * database says them (a time without offset is of the site's zone), `bytes` in base64. `version` is SQL Server's
 * rowversion: it tells what changed and is no content.
 */
const columnTypes = ['text', 'integer', 'decimal', 'date', 'time', 'bytes', 'version'] as const
export type ColumnType = typeof columnTypes[number]

/** One column of a view, or several read as one value: a code with its name. */
export interface ColumnTable {
  /** Ours, whatever the hospital calls it: what rows and messages say. */
  readonly name: string
  readonly type?: ColumnType
  /** Tells the rows apart; exactly one column has it. */
  readonly key?: boolean
  /** The view is not read without it. */
  readonly required?: boolean
  /** Says when the row last changed, or at least when it came to be; the first that the view has counts. */
  readonly changed?: boolean
  /** The hospital's name for it; ours where it is not said. */
  readonly column?: string
  /** The value is composed of these columns: its components. */
  readonly of?: readonly string[]
  readonly note?: string
}

/** A column as it is read. */
export interface ViewColumn {
  readonly name: string
  readonly column: string
  readonly type: ColumnType
  readonly isRequired: boolean
}

/** What a view must look like, by one site's tables. */
export interface ViewTable {
  /** `patients`, `visits`, …; what comes of it are messages of the type `view:<view>`. */
  readonly view: string
  readonly columns: readonly ViewColumn[]
  readonly key: string
  /** In order of preference. */
  readonly changed: readonly string[]
  /** Field numbers from 1, for rows: the columns in order, then what is composed of them. */
  readonly fields: ReadonlyArray<{ readonly name: string, readonly of: readonly string[] }>
}

/** The part of a message table that is about a view. */
interface OfView {
  readonly view?: string
  readonly columns?: readonly ColumnTable[]
}

/** Field numbers by view and column. */
export type Columns = ReadonlyMap<string, ReadonlyMap<string, number>>

export const viewPrefix = 'view:'

/** The views that message tables declare. */
export function viewsOf (tables: readonly OfView[]): ReadonlyMap<string, ViewTable> {
  return new Map(tables.flatMap((table) => table.view === undefined ? [] : [[table.view, viewOf(table.view, table.columns ?? [])] as const]))
}

export function fieldNumbers (views: ReadonlyMap<string, ViewTable>): Columns {
  return new Map([...views].map(([view, { fields }]) => [view, new Map(fields.map(({ name }, place) => [name, place + 1]))]))
}

function viewOf (view: string, tables: readonly ColumnTable[]): ViewTable {
  const plain = tables.filter(({ of }) => of === undefined)
  return {
    view,
    columns: plain.map(({ name, column = name, type = 'text', required = false, key = false }) => ({ name, column, type, isRequired: required || key })),
    key: plain.find(({ key }) => key === true)?.name ?? '',
    changed: plain.filter(({ changed }) => changed === true).map(({ name }) => name),
    fields: [
      ...plain.map(({ name }) => ({ name, of: [name] })),
      ...tables.flatMap(({ name, of }) => of === undefined ? [] : [{ name, of }])
    ]
  }
}

/** Names as SQL Server allows them without quotes (rules for regular identifiers), less `@`, `#` and `$`. */
export const identifierGrammar = /^[\p{L}_][\p{L}\p{N}_]{0,127}$/u

const ownName = /^[a-z][a-z0-9_]{0,39}$/
const isFlag = (value: unknown): boolean => typeof value === 'boolean'

const columnChecks: Readonly<Record<keyof ColumnTable, (value: unknown) => boolean>> = {
  name: (value) => typeof value === 'string' && ownName.test(value),
  type: (value) => (columnTypes as readonly unknown[]).includes(value),
  key: isFlag,
  required: isFlag,
  changed: isFlag,
  column: (value) => typeof value === 'string' && identifierGrammar.test(value),
  of: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string'),
  note: (value) => typeof value === 'string'
}

/** What is wrong with the form of a table's `columns`; a site's file names only those that differ. */
export function columnFaults (columns: unknown, place: string): readonly string[] {
  if (columns === undefined) return []
  if (!Array.isArray(columns)) return [`${place}: "columns" is no list`]
  return (columns as unknown[]).flatMap((given, index) => {
    const at = `${place} column ${index + 1}`
    if (!isObject(given) || given['name'] === undefined) return [`${at}: has no "name"`]
    return [
      ...Object.keys(given).filter((key) => !Object.hasOwn(columnChecks, key)).map((key) => `${at}: unknown key "${key}"`),
      ...Object.entries(columnChecks).filter(([key, fits]) => given[key] !== undefined && !fits(given[key])).map(([key]) => `${at}: "${key}" has the wrong form`)
    ]
  })
}

/** What is wrong with a whole table's columns taken together. */
export function viewFaults ({ view, columns = [] }: OfView, place: string): readonly string[] {
  if (view === undefined) return columns.length === 0 ? [] : [`${place}: "columns" without "view"`]
  const plain = columns.filter(({ of }) => of === undefined)
  const names = new Set(plain.map(({ name }) => name))
  return [
    ...ownName.test(view) ? [] : [`${place}: "view" is no name in lower case`],
    ...plain.filter(({ key }) => key === true).length === 1 ? [] : [`${place}: exactly one column must be the key`],
    ...plain.some(({ changed, type }) => changed === true || type === 'version') ? [] : [`${place}: no column tells changes`],
    ...columns.flatMap(({ name, of = [] }) => of.filter((part) => !names.has(part)).map((part) => `${place} column ${name}: no column "${part}"`))
  ]
}

/** A site's columns replace those of their name, or come to them. */
export function mergedColumns (base: readonly ColumnTable[], over: readonly ColumnTable[]): readonly ColumnTable[] {
  const bySite = new Map(over.map((each) => [each.name, each]))
  const known = new Set(base.map(({ name }) => name))
  return [...base.map((each) => ({ ...each, ...bySite.get(each.name) })), ...over.filter(({ name }) => !known.has(name))]
}
