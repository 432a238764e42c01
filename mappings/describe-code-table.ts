import { codedIn, lineage, type Coded } from './code-tables.ts'
import type { ResolvedTables } from './tables.ts'

/** One code of a table in force, and who gave it. */
export interface CodeTableRow {
  readonly code: string
  readonly to: Coded
  readonly origin: 'base' | 'site' | 'operator'
  /** Null for the operator's. */
  readonly file: string | null
}

/** A table's rows with those it extends, the nearest last word; undefined where the site has no such table. */
export function describeCodeTable ({ codeTables, codeTableOrigins }: Pick<ResolvedTables, 'codeTables' | 'codeTableOrigins'>, name: string): readonly CodeTableRow[] | undefined {
  const table = codeTables.get(name)
  if (table === undefined) return undefined
  const rows = new Map<string, CodeTableRow>()
  for (const file of lineage(table, (other) => codeTables.get(other))) {
    const from = codeTableOrigins.get(file.table)
    for (const [code, to] of Object.entries(file.map)) {
      const isOperator = from?.byOperator.has(code) === true
      rows.set(code, { code, to: codedIn(file, to), origin: isOperator ? 'operator' : from?.isSite === true ? 'site' : 'base', file: isOperator ? null : from?.file ?? null })
    }
  }
  return [...rows.values()].sort((one, other) => one.code < other.code ? -1 : 1)
}
