import type { ViewDatabase, ViewState } from './database.ts'
import type { SqlError } from './tokens.ts'
import type { SqlColumn, SqlType, SqlValue } from './values.ts'

export interface ResultSet {
  readonly columns: readonly SqlColumn[]
  readonly rows: ReadonlyArray<readonly SqlValue[]>
}

type Cell = { readonly type: SqlType, readonly value: SqlValue }
type Line = Readonly<Record<string, SqlValue>>

const grammar = /^select top \((@limit|0)\)( with ties)? (\*|\[.+?\]) from ((?:\[[^\]]+\]\.)?\[[^\]]+\])(?: where (.+?))?(?: order by \[([^\]]+)\])?$/i

/**
 * Answers the few forms of select that a reader of views sends, by their meaning. This is no T-SQL: it proves what goes
 * over the wire and what a reader does with it, not how SQL Server would plan, lock or convert.
 */
export function runQuery (database: ViewDatabase, text: string, parameters: ReadonlyMap<string, SqlValue>): ResultSet | SqlError {
  if (/^select 1;?$/i.test(text)) return { columns: [{ name: '', type: 'int' }], rows: [['1']] }
  if (/^select min_active_rowversion\(\)/i.test(text)) {
    return { columns: [{ name: 'horizon', type: 'rowversion' }, { name: 'newest', type: 'rowversion' }], rows: [[versionBytes(database.oldestActive()), versionBytes(database.newest())]] }
  }
  const found = grammar.exec(text)
  if (found === null) return { number: 102, text: 'Incorrect syntax: this statement is not simulated.' }
  const [, limit, ties, list = '', name = '', where, order] = found
  const view = database.view(unquoted(name))
  if (view === undefined) return { number: 208, text: `Invalid object name '${unquoted(name)}'.` }
  const names = list === '*' ? view.columns.map((column) => column.name) : [...list.matchAll(/\[([^\]]+)\]/g)].map(([, column = '']) => column)
  const asked = names.map((column) => columnOf(view, column))
  const missing = names.find((_, place) => asked[place] === undefined) ?? conditionColumns(where, order).find((column) => columnOf(view, column) === undefined)
  if (missing !== undefined) return { number: 207, text: `Invalid column name '${missing}'.` }
  const columns = asked.filter((column) => column !== undefined)
  const rows = limit === '0' ? [] : selected(view, { where, order, parameters, limit: Number(parameters.get('@limit')), withTies: ties !== undefined })
  return { columns, rows: rows.map((line) => columns.map((column) => line[column.name] ?? null)) }
}

interface Selection {
  readonly where: string | undefined
  readonly order: string | undefined
  readonly parameters: ReadonlyMap<string, SqlValue>
  readonly limit: number
  readonly withTies: boolean
}

function selected (view: ViewState, { where, order, parameters, limit, withTies }: Selection): readonly Line[] {
  const conditions = (where ?? '').split(' and ').filter((condition) => condition !== '')
  const fitting = linesOf(view).filter((line) => conditions.every((condition) => holds(view, line, condition, parameters)))
  const by = order === undefined ? undefined : columnOf(view, order)
  if (by === undefined) return fitting.slice(0, limit)
  const cell = (line: Line): Cell => ({ type: by.type, value: line[by.name] ?? null })
  const sorted = fitting.sort((one, other) => compare(cell(one), cell(other)))
  const last = sorted[limit - 1]
  return withTies && last !== undefined ? sorted.filter((line, place) => place < limit || compare(cell(line), cell(last)) === 0) : sorted.slice(0, limit)
}

function linesOf (view: ViewState): Line[] {
  const version = view.columns.find(({ type }) => type === 'rowversion')?.name
  return [...view.rows.values()].map(({ row, version: number }) => version === undefined ? row : { ...row, [version]: row[version] ?? versionBytes(number) })
}

function conditionColumns (where = '', order = ''): readonly string[] {
  return [...where.matchAll(/\[([^\]]+)\]/g)].map(([, column = '']) => column).concat(order === '' ? [] : [order])
}

const operators: Readonly<Record<string, (order: number) => boolean>> = { '>': (order) => order > 0, '<': (order) => order < 0, '>=': (order) => order >= 0, '=': (order) => order === 0 }

function holds (view: ViewState, line: Line, condition: string, parameters: ReadonlyMap<string, SqlValue>): boolean {
  const [, name = '', operator = '', parameter = ''] = /^\[([^\]]+)\] (>=|>|<|=) (@\w+)$/.exec(condition) ?? []
  const column = columnOf(view, name)
  const value = column === undefined ? null : line[column.name] ?? null
  if (column === undefined || value === null) return false
  const bound = parameters.get(parameter.toLowerCase()) ?? null
  return operators[operator]?.(compare({ type: column.type, value }, { type: column.type, value: bound })) ?? false
}

/** Times compare as times, whatever their fraction; numbers as numbers; texts by code unit. */
function compare (one: Cell, other: Cell): number {
  const [left, right] = [orderOf(one), orderOf(other)]
  return left < right ? -1 : left > right ? 1 : 0
}

function orderOf ({ type, value }: Cell): string | number {
  if (value === null) return ''
  if (Buffer.isBuffer(value)) return value.toString('hex').padStart(16, '0')
  if (type === 'date' || type === 'datetime2') return Date.parse(value.includes('T') ? `${value}Z` : `${value}T00:00:00Z`)
  return type === 'int' || type === 'decimal' || type === 'float' ? Number(value) : value
}

function columnOf ({ columns }: ViewState, name: string): SqlColumn | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
}

function unquoted (name: string): string {
  return name.replaceAll(/[[\]]/g, '')
}

function versionBytes (version: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(version)
  return bytes
}
