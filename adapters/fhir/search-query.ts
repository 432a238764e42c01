import { DomainError } from '../../core/errors.ts'
import type { RecordSearch, SearchClause } from '../../core/records/index.ts'
import type { ZoneOffset } from './date-range.ts'
import { clauseOf, lastUpdatedClause, idClause, type QueryContext } from './search-clauses.ts'
import { searchRows, type SearchRow } from './search-row.ts'

/** Name and value as they came, in their order. */
export type QueryPair = readonly [name: string, value: string]

export interface ParsedQuery {
  readonly clauses: readonly SearchClause[]
  readonly sort: RecordSearch['sort']
  readonly count: number
  readonly offset: number
  readonly withTotal: boolean
  readonly onlyCount: boolean
  /** What was understood, for the self link (FHIR R4 §3.1.1.5). Without paging. */
  readonly used: readonly QueryPair[]
}

interface QueryOptions {
  readonly offset: ZoneOffset
  /** Of this server, to read absolute references. */
  readonly baseUrl: string
  /** Prefer: handling=strict. */
  readonly isStrict: boolean
}

const usualCount = 50
export const largestCount = 200
/** Deeper pages cost as much as all before them: a narrower search is asked for. */
const deepestOffset = 50_000

/** Parameters of the answer's form, which say nothing of what is searched. */
const formParams = ['_format', '_pretty']

/** Reads a search (FHIR R4 §3.1.1). What is unknown is left out, or refused where the client wants that. */
export function parseQuery (type: string, pairs: readonly QueryPair[], { offset, baseUrl, isStrict }: QueryOptions): ParsedQuery {
  const context: QueryContext = { type, rows: searchRows.get(type) ?? new Map<string, SearchRow>(), offset, baseUrl }
  const query = { clauses: [] as SearchClause[], sort: [] as RecordSearch['sort'], count: usualCount, offset: 0, withTotal: true, onlyCount: false, used: [] as QueryPair[] }
  for (const [name, value] of pairs) {
    if (formParams.includes(name)) continue
    const effect = value === '' ? null : effectOf(name, value, context)
    if (effect === null) {
      if (isStrict) throw unknown(name)
      continue
    }
    const { clause, ...form } = effect
    if (clause !== undefined) query.clauses.push(clause)
    Object.assign(query, form)
    if (name !== '_offset' && name !== '_count') query.used.push([name, value])
  }
  return { ...query, onlyCount: query.onlyCount || query.count === 0 }
}

/** The page of a history, which has no other parameters. */
export function parsePage (pairs: readonly QueryPair[], isStrict: boolean): { readonly count: number, readonly offset: number } {
  const page = { count: usualCount, offset: 0 }
  for (const [name, value] of pairs) {
    if (name === '_count') page.count = Math.min(wholeNumber(name, value), largestCount)
    else if (name === '_offset') page.offset = offsetOf(name, value)
    else if (isStrict && !formParams.includes(name)) throw unknown(name)
  }
  return page
}

type Effect = Partial<Omit<ParsedQuery, 'clauses' | 'used'>> & { readonly clause?: SearchClause }

function effectOf (name: string, value: string, context: QueryContext): Effect | null {
  switch (name) {
    case '_id': return { clause: idClause(value) }
    case '_lastUpdated': return { clause: lastUpdatedClause(value, context) }
    case '_count': return { count: Math.min(wholeNumber(name, value), largestCount) }
    case '_offset': return { offset: offsetOf(name, value) }
    case '_sort': return sortEffect(value, context)
    case '_total': return ['none', 'estimate', 'accurate'].includes(value) ? { withTotal: value !== 'none' } : null
    case '_summary': return value === 'count' ? { onlyCount: true } : value === 'false' ? {} : null
    default: {
      const clause = clauseOf(name, value, context)
      return clause === null ? null : { clause }
    }
  }
}

function wholeNumber (name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new DomainError('RECORD_SEARCH_INVALID', `${name} must be a whole number from 0 on.`, name)
  return Number(value)
}

function offsetOf (name: string, value: string): number {
  const offset = wholeNumber(name, value)
  if (offset > deepestOffset) throw new DomainError('RECORD_SEARCH_INVALID', `Pages end at ${deepestOffset}. Narrow the search, for instance by _lastUpdated.`, name)
  return offset
}

function sortEffect (value: string, { rows }: QueryContext): Effect | null {
  const sort = value.split(',').map((text) => ({ param: text.replace(/^-/, ''), descending: text.startsWith('-') }))
  if (!sort.every(({ param }) => param === '_id' || param === '_lastUpdated' || rows.has(param))) return null
  return { sort: sort.map(({ param, descending }) => ({ param: rows.get(param)?.keptAs ?? param, descending })) }
}

/** A name may be anything that was typed, so it is told only where it looks like a name. */
function unknown (name: string): DomainError {
  const place = /^[\w:.-]{1,40}$/.test(name) ? name : undefined
  return new DomainError('RECORD_SEARCH_INVALID', 'This search parameter, modifier or form is not there. GET metadata lists the parameters of each type.', place)
}
