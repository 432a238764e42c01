import type { OutboundRow, ResolvedOutbound } from './outbound-row.ts'

/** What goes out, as lines to read: each message with the record it is of, and each row with its file. */
export function describeOutbound ({ messages, segments }: ResolvedOutbound): readonly string[] {
  return [
    ...messages.map(({ table }) => `${table.table} writes ${table.writes.join(' ')} of a ${table.focus}`),
    ...[...segments].flatMap(([file, rows]) => [
      `outbound ${file}`,
      ...rows.map(({ row, origin }) => `  ${row.to} <- ${sourceOf(row)} [${origin.isSite ? 'site' : 'base'} ${origin.file} row ${origin.row}]`)
    ])
  ]
}

function sourceOf (row: OutboundRow): string {
  const parts = [
    row.from === undefined ? `= ${JSON.stringify(row.value)}` : typeof row.from === 'string' ? row.from : row.from.join(' or '),
    row.as === undefined ? '' : `as ${row.as}`,
    row.table === undefined ? '' : `by ${row.table}`,
    row.when === undefined ? '' : `when ${JSON.stringify(row.when)}`
  ]
  return parts.filter((part) => part !== '').join(' ')
}
