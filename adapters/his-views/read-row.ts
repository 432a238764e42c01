import { createHash } from 'node:crypto'
import { DomainError } from '../../core/errors.ts'
import { canonicalJson } from '../../core/same-json.ts'
import type { ViewRow } from '../../mappings/index.ts'
import type { PlannedColumn, ReadingPlan } from './reading-plan.ts'
import type { Answer } from './view-server.ts'
import { valueText } from './value-text.ts'

export interface ReadRow {
  /** Empty: the hospital left it empty. */
  readonly key: string
  /** As the server wrote it, for the next page. */
  readonly keyText: string
  /** Without the rowversion, which tells what changed and is no content. */
  readonly row: ViewRow
  readonly hash: string
  readonly version: Uint8Array | null
  /** What the column says that tells the row's age. */
  readonly changed: string | null
}

/** The rows of a page. Refused with VIEW_COLUMN_MISSING where the answer lacks a column that the plan counts on. */
export function readRows (plan: ReadingPlan, { columns, rows }: Answer): readonly ReadRow[] {
  const places = new Map(columns.map(({ name }, place) => [name.toLowerCase(), place]))
  const placed = plan.columns.map((column) => {
    const place = places.get(column.theirs.name.toLowerCase())
    if (place === undefined) throw new DomainError('VIEW_COLUMN_MISSING', `View ${plan.table.view} answered without column ${column.theirs.name}. Compare it with deploy/his-views.`, `${plan.table.view}.${column.ours.name}`)
    return { column, place }
  })
  return rows.map((values) => readRow(plan, placed, values))
}

function readRow (plan: ReadingPlan, placed: ReadonlyArray<{ readonly column: PlannedColumn, readonly place: number }>, values: readonly unknown[]): ReadRow {
  const row: Record<string, string | null> = {}
  let version: Uint8Array | null = null
  for (const { column, place } of placed) {
    const value = values[place]
    if (column === plan.version) version = value instanceof Uint8Array ? value : null
    else row[column.ours.name] = valueText(value, column.theirs)
  }
  const keyText = row[plan.key.ours.name] ?? ''
  const changed = plan.changed === null ? null : row[plan.changed.ours.name] ?? null
  return { key: keyText.trim(), keyText, row, hash: hashOf(row), version, changed }
}

function hashOf (row: ViewRow): string {
  return createHash('sha256').update(canonicalJson(row)).digest('base64')
}
