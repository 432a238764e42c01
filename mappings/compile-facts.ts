import type { Fact, FactsOf } from '../core/intake/index.ts'
import type { Resource } from '../core/records/index.ts'
import { isObject, type JsonObject } from './element-path.ts'
import { factConverters, type FactConverter } from './fact-converters.ts'
import type { FactsContext } from './facts.ts'
import { compileFhirPath, type ReadFhir } from './fhir-path.ts'
import { MappingError } from './mapping-error.ts'

/** One line of facts/*.json: from a stored FHIR resource to a value of core. */
interface FactRow {
  readonly to: string
  readonly from?: string | readonly string[]
  readonly as?: string
  /** Translates the text found; what it lacks is `default`. */
  readonly map?: Readonly<Record<string, unknown>>
  readonly default?: unknown
  readonly value?: unknown
  readonly required?: boolean
  /** The key stays away where nothing is found; else it is null. */
  readonly optional?: boolean
  /** An object of its own, null where none of its sources says anything. */
  readonly rows?: readonly FactRow[]
  readonly note?: string
}

interface FactTable {
  readonly resource: string
  readonly fact: Fact['kind']
  /** The table holds for resources that have one of these values at each place. Equality only. */
  readonly when?: Readonly<Record<string, string | readonly string[]>>
  /** Without any of these there is no fact. */
  readonly needs?: readonly string[]
  /** Values beside the fact's own object, e.g. `replacedBy`. */
  readonly beside?: readonly FactRow[]
  readonly rows: readonly FactRow[]
  readonly note?: string
}

type Fill = (resource: unknown, context: FactsContext) => JsonObject

const factRowKeys: readonly string[] = ['to', 'from', 'as', 'map', 'default', 'value', 'required', 'optional', 'rows', 'note']
const kinds: readonly string[] = ['patient', 'visit', 'step', 'charge', 'practitioner', 'schedule', 'slot', 'appointment', 'examination', 'anaesthesia', 'face_consent', 'request_answer'] satisfies ReadonlyArray<Fact['kind']>

/** Compiles facts/*.json. Throws one Error that lists every fault, a line each. */
export function compileFacts (tables: Readonly<Record<string, unknown>>): FactsOf {
  const faults: string[] = []
  const byType = new Map<string, Array<(resource: Resource, context: FactsContext) => Fact | null>>()
  for (const [name, table] of Object.entries(tables)) {
    if (!isFactTable(table)) {
      faults.push(`facts/${name}.json: needs "resource", "fact" (${kinds.join(', ')}) and "rows"`)
      continue
    }
    const fact = compileTable(table, (fault) => { faults.push(`facts/${name}.json ${fault}`) })
    byType.set(table.resource, [...byType.get(table.resource) ?? [], fact])
  }
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return (resource, context) => (byType.get(resource.resourceType) ?? []).flatMap((fact) => fact(resource, context) ?? [])
}

function isFactTable (table: unknown): table is FactTable {
  return isObject(table) && typeof table['resource'] === 'string' && kinds.includes(String(table['fact'])) && Array.isArray(table['rows'])
}

function compileTable (table: FactTable, fault: (line: string) => void): (resource: Resource, context: FactsContext) => Fact | null {
  const fill = compileFactRows(table.rows, table.resource, fault)
  const beside = compileFactRows(table.beside ?? [], table.resource, fault)
  const holds = compileWhen(table, fault)
  const needs = table.needs ?? []
  for (const need of needs) if (!table.rows.some(({ to }) => to === need)) fault(`needs "${need}", which no row fills`)
  return (resource, context) => {
    if (!holds(resource)) return null
    const filled = fill(resource, context)
    if (needs.some((need) => filled[need] === null || filled[need] === undefined)) return null
    // A step of a visit is no record of its own.
    const whose = table.fact === 'step' ? {} : { id: resource.id, hospitalId: context.hospitalId }
    return { kind: table.fact, [table.fact]: { ...whose, ...filled }, ...beside(resource, context) } as unknown as Fact
  }
}

function compileWhen ({ when = {}, resource: type }: FactTable, fault: (line: string) => void): (resource: Resource) => boolean {
  const conditions = Object.entries(when).flatMap(([path, wanted]) => {
    const read = compileFhirPath(path)
    if (read === null) fault(`when: no such path in ${type}: "${path}"`)
    return read === null ? [] : [{ read, wanted: [wanted].flat() }]
  })
  return (resource) => conditions.every(({ read, wanted }) => read(resource).some((value) => typeof value === 'string' && wanted.includes(value)))
}

function compileFactRows (rows: readonly FactRow[], place: string, fault: (line: string) => void): Fill {
  const fills = rows.map((row, index) => {
    const line = (why: string): void => { fault(`row ${index + 1} (${String(row.to)}): ${why}`) }
    for (const key of Object.keys(row)) if (!factRowKeys.includes(key)) line(`unknown key "${key}"`)
    return [row.to, compileFactRow(row, place, line)] as const
  })
  return (resource, context) => {
    const filled: JsonObject = {}
    for (const [to, read] of fills) {
      const value = read(resource, context)
      if (value !== undefined) filled[to] = value
    }
    return filled
  }
}

function compileFactRow (row: FactRow, place: string, fault: (why: string) => void): (resource: unknown, context: FactsContext) => unknown {
  if (row.value !== undefined) return () => row.value
  if (row.rows !== undefined) return compileObject(row, place, fault)
  const paths = typeof row.from === 'string' ? [row.from] : row.from ?? []
  const convert = factConverters.get(row.as ?? 'text')
  if (paths.length === 0) fault('needs one of "from", "value" or "rows"')
  if (convert === undefined) fault(`no converter "${row.as ?? 'text'}"`)
  const sources = paths.flatMap((path) => {
    const read = compileFhirPath(path)
    if (read === null) fault(`no such path: "${path}"`)
    return read === null || convert === undefined ? [] : [{ read, convert, place: `${place}.${path}` }]
  })
  return (resource, context) => {
    const value = firstOf(sources, resource, context)
    const translated = value === undefined || row.map === undefined ? value : typeof value === 'string' ? row.map[value] : undefined
    if (translated !== undefined) return translated
    if (row.default !== undefined) return row.default
    if (row.required === true) throw new MappingError('MAPPING_VALUE_MISSING', `${place}.${paths[0] ?? row.to} is absent; replay the message that made it, or correct its mapping.`, `${place}.${paths[0] ?? row.to}`)
    return row.optional === true ? undefined : null
  }
}

function firstOf (sources: ReadonlyArray<{ readonly read: ReadFhir, readonly convert: FactConverter, readonly place: string }>, resource: unknown, context: FactsContext): unknown {
  for (const { read, convert, place } of sources) {
    const value = convert(read(resource), context, place)
    if (value !== undefined) return value
  }
  return undefined
}

/** `from` names the object that the inner rows read; without it there is no value. */
function compileObject (row: FactRow, place: string, fault: (why: string) => void): (resource: unknown, context: FactsContext) => unknown {
  const path = typeof row.from === 'string' ? row.from : ''
  const read = compileFhirPath(path)
  if (read === null || path === '') fault('"rows" needs one "from"')
  const fill = compileFactRows(row.rows ?? [], `${place}.${path}`, (line) => { fault(line) })
  return (resource, context) => {
    const [found] = read === null ? [] : read(resource)
    return found === undefined ? null : fill(found, context)
  }
}
