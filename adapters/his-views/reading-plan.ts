import { DomainError } from '../../core/errors.ts'
import type { ViewColumn, ViewTable } from '../../mappings/index.ts'
import { fits, isTime, namesOfTypes, type ServerColumn } from './column-kinds.ts'

/** A column of ours and the server's that stands for it. */
export interface PlannedColumn {
  readonly ours: ViewColumn
  readonly theirs: ServerColumn
}

/** How a view is read, as it looks now. */
export interface ReadingPlan {
  readonly table: ViewTable
  /** Quoted. */
  readonly view: string
  readonly columns: readonly PlannedColumn[]
  readonly key: PlannedColumn
  /** rowversion; null: the view has none. */
  readonly version: PlannedColumn | null
  /** What a row's age is told by where there is no rowversion. */
  readonly changed: PlannedColumn | null
  /** What is not as agreed, yet no obstacle. */
  readonly notes: readonly string[]
}

/**
 * Compares a view with what is agreed. Refused with VIEW_COLUMN_MISSING or VIEW_COLUMN_CHANGED, which name the view and
 * the column; columns that nobody asked for are not read.
 */
export function planOf (table: ViewTable, view: string, server: readonly ServerColumn[]): ReadingPlan {
  const theirs = new Map(server.map((column) => [column.name.toLowerCase(), column]))
  const columns = table.columns.flatMap((ours): readonly PlannedColumn[] => {
    const found = theirs.get(ours.column.toLowerCase())
    if (found === undefined && ours.isRequired) throw missing(table, ours.column)
    if (found === undefined) return []
    if (!fits(ours.type, found)) throw new DomainError('VIEW_COLUMN_CHANGED', `Column ${ours.column} of view ${table.view} has the type ${found.type}. It must be one of: ${namesOfTypes(ours.type)}. Convert it in the view.`, `${table.view}.${ours.name}`)
    return [{ ours, theirs: found }]
  })
  const named = (name: string): PlannedColumn | undefined => columns.find(({ ours }) => ours.name === name)
  const key = named(table.key)
  if (key === undefined) throw missing(table, table.key)
  const version = columns.find(({ ours }) => ours.type === 'version') ?? null
  const changed = table.changed.map(named).find((column) => column !== undefined && isTime(column.theirs)) ?? null
  if (version === null && changed === null) throw missing(table, ['row_version', ...table.changed].join(' or '))
  return { table, view, columns, key, version, changed, notes: notesOf(table, columns, server) }
}

function missing ({ view }: ViewTable, column: string): DomainError {
  return new DomainError('VIEW_COLUMN_MISSING', `View ${view} has no column ${column}. Have the hospital add it (deploy/his-views), or name theirs in the site's table view-${view}.json.`, `${view}.${column}`)
}

const namesMax = 12

function notesOf ({ columns }: ViewTable, read: readonly PlannedColumn[], server: readonly ServerColumn[]): readonly string[] {
  const known = new Set(read.map(({ theirs }) => theirs))
  const extra = server.filter((column) => !known.has(column)).map(({ name }) => name)
  const absent = columns.filter((ours) => !read.some((column) => column.ours === ours)).map(({ column }) => column)
  return [
    ...extra.length === 0 ? [] : [`columns that are not read: ${extra.slice(0, namesMax).join(', ')}`],
    ...absent.length === 0 ? [] : [`columns that the view does not have: ${absent.slice(0, namesMax).join(', ')}`]
  ]
}
