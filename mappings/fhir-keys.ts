import type { Resource } from '../core/records/index.ts'
import { isObject } from './element-path.ts'
import { compileFhirPath, type ReadFhir } from './fhir-path.ts'

/** A path with its numbering (`filler:identifier.value`), which may hold for some resources only. */
type KeyRow = string | { readonly from: string, readonly when: Readonly<Record<string, string>> }

/** One type of fhir/types.json. */
export interface FhirType {
  readonly key: readonly KeyRow[]
  readonly and?: readonly string[]
  /** Where it says whose record it is; without it it belongs to the directory. */
  readonly patient?: readonly string[]
  readonly note?: string
}

/** fhir/types.json. */
export interface FhirTypes {
  /** Elements that are never taken, as slots: `text`, `extension:<url>`. */
  readonly drop: readonly string[]
  readonly types: Readonly<Record<string, FhirType>>
}

/** The hospital's own key of a resource; null where it has none, or is of a type that is not taken. */
export type FhirKeyOf = (resource: Resource) => string | null

/**
 * The keys of fhir/types.json, the same as the `id` rows of base/segments give from HL7 v2. Throws one Error that lists
 * every fault, a line each.
 */
export function compileFhirKeys (file: unknown): FhirKeyOf {
  const faults: string[] = []
  const { types } = readFhirTypes(file, faults)
  const keys = new Map(Object.entries(types).map(([type, { key, and = [] }]) => [type, compileKey(key, and, (why) => { faults.push(`fhir/types.json ${type}: ${why}`) })]))
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return (resource) => keys.get(resource.resourceType)?.(resource) ?? null
}

export function readFhirTypes (file: unknown, faults: string[]): FhirTypes {
  if (!isObject(file) || !isObject(file['types'])) {
    faults.push('fhir/types.json: needs "types"')
    return { drop: [], types: {} }
  }
  for (const [type, row] of Object.entries(file['types'])) {
    if (!isObject(row) || !Array.isArray(row['key'])) faults.push(`fhir/types.json ${type}: needs "key", an empty list where it has none`)
  }
  return { drop: Array.isArray(file['drop']) ? file['drop'] as string[] : [], types: faults.length > 0 ? {} : file['types'] as FhirTypes['types'] }
}

type Fault = (why: string) => void

function compileKey (rows: readonly KeyRow[], and: readonly string[], fault: Fault): (resource: Resource) => string | undefined {
  const sources = rows.map((row) => compileSource(row, fault))
  const further = and.map((text) => pathOf(text, fault))
  return (resource) => {
    for (const source of sources) {
      const first = source(resource)
      if (first !== undefined) return [first, ...further.map((read) => textAt(read, resource) ?? '')].join('|')
    }
    return undefined
  }
}

function compileSource (row: KeyRow, fault: Fault): (resource: Resource) => string | undefined {
  const [, numbering, path = ''] = /^(?:([a-z]+):)?(.*)$/.exec(typeof row === 'string' ? row : row.from) ?? []
  const read = pathOf(path, fault)
  const conditions = Object.entries(typeof row === 'string' ? {} : row.when).map(([where, is]) => ({ read: pathOf(where, fault), is }))
  return (resource) => {
    if (!conditions.every((condition) => condition.read(resource).includes(condition.is))) return undefined
    const text = textAt(read, resource)
    return text === undefined || numbering === undefined ? text : `${numbering}:${text}`
  }
}

function pathOf (text: string, fault: Fault): ReadFhir {
  const read = compileFhirPath(text)
  if (read === null || text === '') fault(`no such path: "${text}"`)
  return read ?? (() => [])
}

function textAt (read: ReadFhir, resource: Resource): string | undefined {
  return read(resource).find((value) => typeof value === 'string' && value !== '') as string | undefined
}
