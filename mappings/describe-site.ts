import { aliasOf } from './resolve-site.ts'
import type { Row } from './row.ts'
import type { Origin, ResolvedTables } from './tables.ts'

/** A site's tables as lines to read: each message, its resources, and each row with its file. */
export function describeSite ({ messages, segments }: ResolvedTables): readonly string[] {
  const lines: string[] = []
  for (const { table, isSite } of messages) {
    lines.push(`${table.table} (${isSite ? 'site' : 'base'}) serves ${table.serves.join(' ')}`)
    for (const resource of table.resources) lines.push(`  ${aliasOf(resource)} per ${resource.per}${resource.weak === true ? ', weak' : ''}: ${resource.rows.join(' ')}`)
  }
  for (const [file, rows] of segments) {
    lines.push(`${file}`)
    for (const { row, origin } of rows) lines.push(`  ${row.to} <- ${sourceOf(row)} [${origin.isSite ? 'site' : 'base'} ${origin.file} row ${origin.row}]`)
  }
  return lines
}

/** One row in force, with where it stands. */
export interface DescribedRow extends Origin {
  readonly to: string
  /** The row in one line to read, e.g. `PID-8 as code by administrative-sex`. */
  readonly reads: string
  /** As it stands in the file. */
  readonly definition: Row
}

/** The rows in force, file by file; of one message type only those of the files that it uses. */
export function describeRows ({ messages, segments }: ResolvedTables, messageType?: string): readonly DescribedRow[] {
  const used = messageType === undefined ? null : new Set(messages.flatMap(({ table }) => table.serves.includes(messageType) ? table.resources.flatMap(({ rows }) => rows) : []))
  return [...segments].flatMap(([name, rows]) => used !== null && !used.has(name)
    ? []
    : rows.map(({ row, origin }) => ({ ...origin, to: row.to, reads: sourceOf(row), definition: row })))
}

function sourceOf (row: Row): string {
  const parts = [
    row.per === undefined ? '' : `per ${row.per}`,
    row.from === undefined ? '' : typeof row.from === 'string' ? row.from : row.from.join(' or '),
    row.ref === undefined ? '' : `-> ${typeof row.ref === 'string' ? row.ref : row.ref.join(' or ')}`,
    row.rows === undefined ? '' : `{ ${row.rows.map((inner) => `${inner.to} <- ${sourceOf(inner)}`).join('; ')} }`,
    row.value === undefined ? '' : `= ${JSON.stringify(row.value)}`,
    row.deletes === undefined ? '' : 'nothing: deleted',
    row.as === undefined ? '' : `as ${row.as}`,
    row.table === undefined ? '' : `by ${row.table}`,
    row.when === undefined ? '' : `when ${JSON.stringify(row.when)}`
  ]
  return parts.filter((part) => part !== '').join(' ')
}
