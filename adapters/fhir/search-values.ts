import type { Resource, SearchValue, SearchValuesOf } from '../../core/records/index.ts'
import { beginningOfTime, dateRange, endOfTime, zoneOffset, type DateRange, type ZoneOffset } from './date-range.ts'
import { normalizeText } from './normalize-text.ts'
import { searchRows, type SearchKind, type SearchPath, type SearchRow, type SearchStep } from './search-row.ts'

type Json = Readonly<Record<string, unknown>>
interface Found extends Omit<SearchValue, 'param'> {
  /** Letters as they are, for `:exact` (FHIR R4 §3.1.1.4.8); kept beside the folded form. */
  readonly raw?: string
}
type Extract = (value: unknown, row: SearchRow) => readonly Found[]

/** Longer texts are not looked up whole, and an index holds no more. */
const longestValue = 500

const keptRows = new Map([...searchRows].map(([type, rows]) => [type, [...rows.values()].filter(({ param, keptAs }) => param === keptAs)]))

/** The search values of a record, for the store. Local dates are those of the zone. Runs at every save. */
export function searchValuesIn (zone: string): SearchValuesOf {
  const extract = extractors(zoneOffset(zone))
  return ({ resource }) => {
    const values: SearchValue[] = []
    for (const row of keptRows.get(resource.resourceType) ?? []) {
      for (const path of row.paths) collect(resource, path, 0, (value) => { add(values, row.param, extract[row.kind](value, row)) })
    }
    return values
  }
}

/** `Type/id` of what a resource refers to in the elements of a row. */
export function referencedBy (resource: Resource, row: SearchRow): readonly string[] {
  const found: string[] = []
  for (const path of row.paths) collect(resource, path, 0, (value) => { for (const { value: reference } of referencesOf(value, row)) if (reference !== null) found.push(reference) })
  return found
}

function add (values: SearchValue[], param: string, found: readonly Found[]): void {
  for (const { raw, ...one } of found) {
    if (values.some((other) => isSame(other, param, one))) continue
    values.push({ param, ...one })
    if (raw !== undefined) values.push({ ...one, param: `${param}:exact`, value: raw })
  }
}

function isSame (one: SearchValue, param: string, other: Omit<SearchValue, 'param'>): boolean {
  return one.param === param && one.value === other.value && one.system === other.system && one.from === other.from && one.to === other.to && one.number === other.number
}

function collect (value: unknown, path: SearchPath, depth: number, take: (value: unknown) => void): void {
  if (Array.isArray(value)) { for (const entry of value) collect(entry, path, depth, take); return }
  if (value === null || value === undefined) return
  const step = path[depth]
  if (step === undefined) { take(value); return }
  if (typeof value !== 'object') return
  for (const next of childrenOf(value as Json, step)) collect(next, path, depth + 1, take)
}

function childrenOf (parent: Json, { element, isChoice }: SearchStep): readonly unknown[] {
  if (!isChoice) return [parent[element]]
  return Object.keys(parent).filter((key) => key.startsWith(element) && /^[A-Z]/.test(key.slice(element.length))).map((key) => parent[key])
}

function extractors (offset: ZoneOffset): Readonly<Record<SearchKind, Extract>> {
  return {
    string: (value) => textsOf(value).map((raw) => ({ ...nothing, value: cut(normalizeText(raw)), raw: cut(raw) })),
    code: (value) => typeof value === 'string' || typeof value === 'boolean' ? [{ ...nothing, value: cut(String(value)) }] : [],
    contact: (value) => typeof (value as Json)['value'] === 'string' ? [{ ...nothing, value: cut((value as { value: string }).value) }] : [],
    token: (value) => tokensOf(value as Json),
    reference: referencesOf,
    quantity: (value) => quantitiesOf(value as Json),
    date: (value) => {
      const range = rangeOf(value, offset)
      return range === null ? [] : [{ ...nothing, ...range }]
    }
  }
}

const nothing: Found = { value: null, system: null, from: null, to: null }

function cut (text: string): string {
  return text.length > longestValue ? text.slice(0, longestValue) : text
}

const textParts = ['text', 'family', 'given', 'prefix', 'suffix', 'line', 'city', 'district', 'state', 'postalCode', 'country']

/** A text, or the parts of a name or an address. */
function textsOf (value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return textParts.flatMap((part) => (value as Json)[part] ?? []).filter((text) => typeof text === 'string')
}

/** A concept has several codings; an identifier has a value instead of a code. */
function tokensOf (value: Json): readonly Found[] {
  const { coding, code, value: identifierValue, system } = value
  // A quantity has a code too, that of its unit.
  if (typeof identifierValue === 'number') return []
  if (Array.isArray(coding)) return coding.flatMap((one) => tokensOf(one as Json))
  const token = code ?? identifierValue
  return typeof token === 'string' ? [{ ...nothing, value: cut(token), system: typeof system === 'string' ? cut(system) : null }] : []
}

/** Its unit by code, else as it is written. */
function quantitiesOf ({ value, code, unit, system }: Json): readonly Found[] {
  if (typeof value !== 'number') return []
  const named = typeof code === 'string' ? code : typeof unit === 'string' ? unit : ''
  return [{ ...nothing, value: cut(named), system: typeof system === 'string' ? cut(system) : null, number: value }]
}

const literal = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/

function referencesOf (value: unknown, { targets }: SearchRow): readonly Found[] {
  const { reference } = value as Json
  const type = typeof reference === 'string' ? literal.exec(reference)?.[1] : undefined
  if (type === undefined || (targets.length > 0 && !targets.includes(type))) return []
  return [{ ...nothing, value: reference as string }]
}

function rangeOf (value: unknown, offset: ZoneOffset): DateRange | null {
  if (typeof value === 'string') return dateRange(value, offset)
  if (typeof value !== 'object' || value === null) return null
  const { event, repeat } = value as Json
  if (Array.isArray(event)) return around(event.map((one) => rangeOf(one, offset)))
  const period = typeof repeat === 'object' && repeat !== null ? (repeat as Json)['boundsPeriod'] : value
  return period === undefined ? null : periodRange(period as Json, offset)
}

function periodRange ({ start, end }: Json, offset: ZoneOffset): DateRange | null {
  if (start === undefined && end === undefined) return null
  return { from: rangeOf(start, offset)?.from ?? beginningOfTime, to: rangeOf(end, offset)?.to ?? endOfTime }
}

function around (ranges: ReadonlyArray<DateRange | null>): DateRange | null {
  const known = ranges.filter((range) => range !== null)
  return known.length === 0 ? null : { from: Math.min(...known.map(({ from }) => from)), to: Math.max(...known.map(({ to }) => to)) }
}
