import { elementRow, type ElementTable } from './element-table.ts'

/** The codes of a closed set (required binding) that an element is bound to. */
export interface ClosedCodes {
  /** The element is of type code: it has no system of its own. */
  readonly isCode: boolean
  readonly bySystem: ReadonlyMap<string, ReadonlySet<string>>
}

/** Walks from a type along element names, e.g. Encounter, `diagnosis`, `use`; null where the end is open, or is not there. */
export function closedCodes (table: ElementTable, type: string, path: readonly string[]): ClosedCodes | null {
  const [name, ...rest] = path
  const text = name === undefined ? undefined : table.types[type]?.[name]
  if (name === undefined || text === undefined) return null
  const row = elementRow(name, text)
  const [only] = row.types
  if (only === undefined) return null
  if (rest.length > 0) return closedCodes(table, only.name, rest)
  if (row.codeSet === null) return null
  const systems = Object.entries(table.codes[row.codeSet] ?? {})
  return { isCode: only.name === 'code', bySystem: new Map(systems.map(([system, codes]) => [system, new Set(codes.split(' '))])) }
}
