import { usualTargets } from './search-clauses.ts'
import { pointsTo, searchRows, type SearchRow } from './search-row.ts'
import { referencedBy } from './search-values.ts'
import type { Resource } from '../../core/records/index.ts'

/** `_include`: what the matches refer to by these parameters, of one type or any. */
export interface Include {
  readonly rows: readonly SearchRow[]
  readonly target: string | null
}

/** `_revinclude`: records of a type that refer to the matches by a parameter. */
export interface RevInclude {
  readonly type: string
  readonly row: SearchRow
}

const form = /^([A-Z][A-Za-z]+):([\w-]+|\*)(?::([A-Z][A-Za-z]+))?$/

/** `Encounter:patient`, `Encounter:subject:Patient`, `Encounter:*` (FHIR R4 §3.1.1.5.4); null where the type has no such reference. */
export function includeOf (text: string, type: string): Include | null {
  const [, source, param = '', target = null] = form.exec(text) ?? []
  if (source !== type) return null
  const rows = referenceRows(type).filter((row) => param === '*' ? row.param === row.keptAs : row.param === param)
  return rows.length === 0 || (target !== null && !rows.some((row) => pointsTo(row, target))) ? null : { rows, target }
}

/** `Observation:subject`, `Observation:subject:Patient`. */
export function revIncludeOf (text: string, type: string): RevInclude | null {
  const [, source = '', param, target = type] = form.exec(text) ?? []
  const row = referenceRows(source).find((one) => one.param === param)
  return row === undefined || target !== type || !pointsTo(row, type) ? null : { type: source, row }
}

export function referenceRows (type: string): readonly SearchRow[] {
  return [...searchRows.get(type)?.values() ?? []].filter(({ kind }) => kind === 'reference')
}

/** Parameters of all types that may point to a type, for the CapabilityStatement. */
export function pointingTo (type: string): readonly string[] {
  return [...searchRows.keys()].flatMap((source) => referenceRows(source)
    .filter(({ targets }) => (targets.length === 0 ? usualTargets : targets).includes(type))
    .map(({ param }) => `${source}:${param}`))
}

/** `Type/id` of what some resources refer to. */
export function includedBy (resources: readonly Resource[], includes: readonly Include[]): readonly string[] {
  return [...new Set(resources.flatMap((resource) => includes.flatMap(({ rows, target }) => rows
    .flatMap((row) => referencedBy(resource, row))
    .filter((reference) => target === null || reference.startsWith(`${target}/`)))))]
}
