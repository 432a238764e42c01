import type { CodeTableFile } from './code-tables.ts'
import { closedCodes, type ClosedCodes, type ElementTable } from './r4/index.ts'
import type { Row } from './row.ts'
import type { ResolvedTables } from './tables.ts'

/** What a resolution of a code may say. */
export interface Target {
  readonly code: string
  readonly system: string | null
}

/**
 * What is wrong with giving `to` for a code of a table; null: nothing that the tables tell. FHIR R4 closes some
 * elements (Patient.gender), converters want yes or no, and codes that decide what a message makes are the table's own.
 * What this cannot see (open elements, codes inside `rows` of a site's converter), the check of the output refuses.
 */
export function targetFault (resolved: ResolvedTables, elements: ElementTable, { table: name, to }: { readonly table: string, readonly to: Target }): string | null {
  const table = resolved.codeTables.get(name)
  if (table === undefined) return `there is no table ${name}`
  if (!/^\S+( \S+)*$/.test(to.code)) return 'a code has no blanks at its ends or in a row'
  const system = to.system ?? table.system ?? null
  for (const closed of closedSetsOf(resolved, elements, table)) {
    if (!closed.holds({ code: to.code, system })) return `it must be one of ${closed.codes.slice(0, mostNamed).join(', ')}`
  }
  return null
}

const mostNamed = 50

interface ClosedSet {
  readonly codes: readonly string[]
  readonly holds: (to: Target) => boolean
}

function closedSetsOf (resolved: ResolvedTables, elements: ElementTable, table: CodeTableFile): readonly ClosedSet[] {
  const sets = rowsUsing(resolved, table.table).flatMap(({ resource, path, as }) => {
    if (as === 'boolean') return [oneOf(['true', 'false', 'Y', 'N'])]
    const closed = closedCodes(elements, resource, path)
    return closed === null ? [] : [inSet(closed)]
  })
  const ofDataType = dataTypeElements[table.table]
  const closed = ofDataType === undefined ? null : closedCodes(elements, ofDataType[0], [ofDataType[1]])
  const decides = resolved.messages.some(({ table: message }) => Object.values(message.expects ?? {}).includes(table.table))
  const own = Object.values(table.map).map((to) => typeof to === 'string' ? to : to.code)
  return [...sets, ...closed === null ? [] : [inSet(closed)], ...decides ? [oneOf([...new Set(own)])] : []]
}

function oneOf (codes: readonly string[]): ClosedSet {
  return { codes, holds: ({ code }) => codes.includes(code) }
}

/** An element of type code has no system to say; a Coding or CodeableConcept must name one of the set. */
function inSet ({ isCode, bySystem }: ClosedCodes): ClosedSet {
  const codes = [...bySystem.values()].flatMap((each) => [...each])
  return { codes, holds: ({ code, system }) => isCode ? codes.includes(code) : system !== null && bySystem.get(system)?.has(code) === true }
}

/** Tables that converters of data types read, by the element they fill. */
const dataTypeElements: Readonly<Record<string, readonly [type: string, element: string]>> = {
  'name-type': ['HumanName', 'use'],
  'address-type-use': ['Address', 'use'],
  'address-type-type': ['Address', 'type'],
  'telecommunication-use-code': ['ContactPoint', 'use'],
  'telecommunication-equipment-type': ['ContactPoint', 'system']
}

interface UsingRow {
  readonly resource: string
  /** Names of elements, e.g. `diagnosis`, `use`. */
  readonly path: readonly string[]
  readonly as: string
}

function rowsUsing (resolved: ResolvedTables, table: string): readonly UsingRow[] {
  return resolved.messages.flatMap(({ table: message }) => message.resources.flatMap(({ resource, rows }) =>
    rows.flatMap((file) => (resolved.segments.get(file) ?? []).flatMap(({ row }) => using(row, { table, resource, above: [] })))))
}

function using (row: Row, { table, resource, above }: { readonly table: string, readonly resource: string, readonly above: readonly string[] }): readonly UsingRow[] {
  const path = [...above, ...row.to.split('.').map((word) => word.replace(/\[(?!x\]).*$/, ''))]
  const inner = (row.rows ?? []).flatMap((each) => using(each, { table, resource, above: path }))
  return row.table === table ? [{ resource, path, as: row.as ?? 'string' }, ...inner] : inner
}
