import { DomainError } from '../../core/errors.ts'
import type { ServerColumn } from './column-kinds.ts'

/**
 * A value as text that loses nothing: the digits of a number with those behind its point, a time as the database says
 * it (ISO 8601; without offset where the column has none), bytes in base64. Null stays null.
 */
export function valueText (value: unknown, column: ServerColumn): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(value, column)
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (value instanceof Date) return timeText(value, column)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  throw new DomainError('VIEW_COLUMN_CHANGED', `Column ${column.name} holds a type that is not read (${column.type}). Have the view convert it to nvarchar.`, column.name)
}

const scales: Readonly<Record<string, number>> = { money: 4, smallmoney: 4 }

/** The driver hands decimals over as doubles, which are exact up to 15 digits. */
function numberText (value: number, { name, type, scale }: ServerColumn): string {
  const digits = scales[type] ?? scale
  if (Math.abs(value) * 10 ** digits >= 1e15) throw new DomainError('VIEW_COLUMN_CHANGED', `Column ${name} holds a number of more than 15 digits. Have the view convert it to nvarchar.`, name)
  return digits === 0 ? String(value) : value.toFixed(digits)
}

/** With `useUTC` the driver gives local times as if they were UTC, so their parts are the database's own. */
function timeText (value: Date, { type }: ServerColumn): string {
  const iso = value.toISOString()
  if (type === 'date') return iso.slice(0, 10)
  if (type === 'datetimeoffset') return iso
  return iso.slice(0, -1).replace(/\.000$/, '')
}
