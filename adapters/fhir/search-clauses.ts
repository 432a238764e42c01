import { DomainError } from '../../core/errors.ts'
import type { SearchClause, SearchRange } from '../../core/records/index.ts'
import { dateRange, type DateRange, type ZoneOffset } from './date-range.ts'
import { normalizeText } from './normalize-text.ts'
import { numberRange } from './number-range.ts'
import type { SearchRow } from './search-row.ts'

export interface QueryContext {
  readonly type: string
  readonly rows: ReadonlyMap<string, SearchRow>
  readonly offset: ZoneOffset
  readonly baseUrl: string
}

const mostValues = 200
const unescaped = (text: string): string => text.replace(/\\([\\,|$])/g, '$1')

/** Apart at commas that no backslash precedes (FHIR R4 §3.1.1.4.1); each value still escaped. */
function valuesOf (name: string, text: string): readonly string[] {
  const values = text.replace(/\\[\s\S]/g, (pair) => pair === '\\,' ? '\\\0' : pair).split(',').map((value) => value.replaceAll('\0', ','))
  if (values.length > mostValues || values.includes('')) throw bad(name, `needs 1 to ${mostValues} values, none empty`)
  return values
}

function bad (name: string, wants: string): DomainError {
  return new DomainError('RECORD_SEARCH_INVALID', `${name} ${wants}.`, name)
}

export function idClause (value: string): SearchClause {
  return { kind: 'id', values: valuesOf('_id', value) }
}

/** The clause of one parameter; null where the type has no such parameter or the parameter no such modifier. */
export function clauseOf (name: string, text: string, context: QueryContext): SearchClause | null {
  const [bare = '', modifier] = name.split(':')
  const row = context.rows.get(bare)
  if (row === undefined) return null
  if (modifier === 'missing') return missingClause(row, bare, text)
  const values = valuesOf(bare, text)
  if (row.kind === 'string') return stringClause(row, modifier, values.map(unescaped))
  if (row.kind === 'reference') return referenceClause(row, modifier, values.map(unescaped), context)
  if (row.kind === 'date') return modifier === undefined ? dateClause(row, bare, values, context) : null
  if (row.kind === 'quantity') return modifier === undefined ? quantityClause(row, bare, values) : null
  return tokenClause(row, modifier, values)
}

function missingClause (row: SearchRow, name: string, text: string): SearchClause {
  if (text !== 'true' && text !== 'false') throw bad(name, 'must be true or false')
  return { kind: 'missing', param: row.keptAs, missing: text === 'true' }
}

function stringClause (row: SearchRow, modifier: string | undefined, values: readonly string[]): SearchClause | null {
  if (modifier === 'exact') return { kind: 'string', param: `${row.keptAs}:exact`, values, match: 'exact' }
  if (modifier !== undefined && modifier !== 'contains') return null
  return { kind: 'string', param: row.keptAs, values: values.map(normalizeText), match: modifier === undefined ? 'starts' : 'contains' }
}

/** `code` · `system|code` · `|code` (without a system) · `system|` (any code of it). */
function tokenClause (row: SearchRow, modifier: string | undefined, values: readonly string[]): SearchClause | null {
  if (modifier !== undefined && modifier !== 'not') return null
  const tokens = values.map((value) => {
    const bar = /(?<!\\)(?:\\\\)*\|/.exec(value)
    const at = bar === null ? -1 : bar.index + bar[0].length - 1
    const system = at < 0 ? undefined : unescaped(value.slice(0, at))
    const code = unescaped(value.slice(at + 1))
    if (row.kind !== 'token') return { system: undefined, code: code === '' ? null : code }
    return { system: system === '' ? null : system, code: code === '' ? null : code }
  })
  return { kind: 'token', param: row.keptAs, values: tokens, ...(modifier === 'not' ? { not: true } : {}) }
}

function referenceClause (row: SearchRow, modifier: string | undefined, values: readonly string[], { baseUrl }: QueryContext): SearchClause | null {
  if (modifier !== undefined && !/^[A-Z][A-Za-z]+$/.test(modifier)) return null
  return { kind: 'reference', param: row.keptAs, values: values.flatMap((value) => referenced(row, modifier, value.startsWith(`${baseUrl}/`) ? value.slice(baseUrl.length + 1) : value)) }
}

/** An id alone is tried with every type the element may point to. */
function referenced (row: SearchRow, modifier: string | undefined, value: string): readonly string[] {
  if (value.includes('/')) return [value]
  if (modifier !== undefined) return [`${modifier}/${value}`]
  return (row.targets.length > 0 ? row.targets : usualTargets).map((type) => `${type}/${value}`)
}

/** What an element without named targets most often points to. */
export const usualTargets: readonly string[] = ['Patient', 'Encounter', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'ServiceRequest', 'RelatedPerson', 'Device', 'Observation', 'Appointment']

interface DateValue { readonly prefix: string, readonly range: DateRange }

function dateValue (name: string, value: string, { offset }: QueryContext): DateValue {
  const [, prefix = '', text = ''] = /^([a-z]{2})?(.*)$/s.exec(value) ?? []
  // A plus sign that was not encoded arrives as a space.
  const range = dateRange(text.replace(' ', '+'), offset)
  if (range === null) throw bad(name, 'must be a date: YYYY, YYYY-MM, YYYY-MM-DD or an instant, after an optional eq, ne, gt, lt, ge, le, sa or eb')
  return { prefix: prefix === '' ? 'eq' : prefix, range }
}

/** What the values found must lie in (FHIR R4 §3.1.1.4.6.1). */
function rangeFor (name: string, { prefix, range: { from, to } }: DateValue): SearchRange {
  switch (prefix) {
    case 'eq':
    case 'ne': return { from, to, overlap: 'within' }
    case 'gt': return { from: to + 1, to: null, overlap: 'overlaps' }
    case 'ge': return { from, to: null, overlap: 'overlaps' }
    case 'lt': return { from: null, to: from - 1, overlap: 'overlaps' }
    case 'le': return { from: null, to, overlap: 'overlaps' }
    case 'sa': return { from: to + 1, to: null, overlap: 'within' }
    case 'eb': return { from: null, to: from - 1, overlap: 'within' }
    default: throw bad(name, 'may begin with eq, ne, gt, lt, ge, le, sa or eb only')
  }
}

function dateClause (row: SearchRow, name: string, texts: readonly string[], context: QueryContext): SearchClause {
  const values = texts.map((text) => dateValue(name, text, context))
  const isNegative = values.some(({ prefix }) => prefix === 'ne')
  if (isNegative && values.length > 1) throw bad(name, 'with ne takes one value; repeat the parameter for more')
  const [first, ...or] = values.map((value) => rangeFor(name, value))
  if (first === undefined) throw bad(name, 'needs a value')
  return { kind: 'date', param: row.keptAs, ...first, ...(or.length > 0 ? { or } : {}), ...(isNegative ? { not: true } : {}) }
}

function quantityClause (row: SearchRow, name: string, texts: readonly string[]): SearchClause {
  const values = texts.map((text) => numberRange(text))
  if (values.some((value) => value === null)) throw bad(name, 'must be number, number|system|code or number||unit, after an optional eq, ne, gt, lt, ge, le, sa, eb or ap')
  const isNegative = texts.some((text) => text.startsWith('ne'))
  if (isNegative && values.length > 1) throw bad(name, 'with ne takes one value; repeat the parameter for more')
  return { kind: 'quantity', param: row.keptAs, values: values.filter((value) => value !== null), ...(isNegative ? { not: true } : {}) }
}

/** An instant of our own, so overlapping and lying within are the same. */
export function lastUpdatedClause (text: string, context: QueryContext): SearchClause {
  const value = dateValue('_lastUpdated', text, context)
  if (value.prefix === 'ne') throw bad('_lastUpdated', 'takes no ne')
  const { from, to } = rangeFor('_lastUpdated', value)
  return { kind: 'lastUpdated', from, to }
}

/**
 * `date=ge…&date=lt…` as the one range that is meant, where an element has one value only, so that the two say the same
 * together: each for itself may cover half of all records.
 */
export function joinedRanges (clauses: readonly SearchClause[], { rows }: QueryContext): readonly SearchClause[] {
  const joined: SearchClause[] = []
  for (const clause of clauses) {
    const place = joined.findIndex((other) => isOtherEnd(other, clause))
    const other = joined[place]
    if (other?.kind === 'date' && clause.kind === 'date' && hasOneValue(rows.get(clause.param))) joined[place] = { ...other, from: other.from ?? clause.from, to: other.to ?? clause.to }
    else joined.push(clause)
  }
  return joined
}

/** At the top level of R4 resources every time stands once; below it may be in a list. */
function hasOneValue (row: SearchRow | undefined): boolean {
  return row?.paths.length === 1 && row.paths[0]?.length === 1
}

function isOtherEnd (one: SearchClause, other: SearchClause): boolean {
  if (one.kind !== 'date' || other.kind !== 'date' || one.param !== other.param) return false
  const isPlain = [one, other].every(({ overlap, or, not }) => overlap === 'overlaps' && or === undefined && not === undefined)
  return isPlain && ((one.to === null && other.from === null) || (one.from === null && other.to === null))
}
