import { DomainError } from '../../core/errors.ts'
import type { RecordSearch, SearchClause } from '../../core/records/index.ts'
import type { ZoneOffset } from './date-range.ts'
import { clauseOf, idClause, joinedRanges, lastUpdatedClause, type QueryContext } from './search-clauses.ts'
import { chainOf, type Chain } from './search-chain.ts'
import { includeOf, revIncludeOf, type Include, type RevInclude } from './search-include.ts'
import { searchRows, type SearchRow } from './search-row.ts'

/** Name and value as they came, in their order. */
export type QueryPair = readonly [name: string, value: string]

export interface ParsedQuery {
  readonly clauses: readonly SearchClause[]
  /** Conditions on what is referred to; they become clauses once it is looked up. */
  readonly chains: readonly Chain[]
  readonly includes: readonly Include[]
  readonly revIncludes: readonly RevInclude[]
  /** Top-level elements that are wanted; null = all. */
  readonly elements: readonly string[] | null
  readonly sort: RecordSearch['sort']
  readonly count: number
  readonly offset: number
  readonly withTotal: boolean
  readonly onlyCount: boolean
  /** What was understood, for the self link (FHIR R4 §3.1.1.5). Without paging. */
  readonly used: readonly QueryPair[]
  /** Names of what was not understood, for a warning; null where a name looks like none. */
  readonly ignored: ReadonlyArray<string | null>
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

/** Each include may cost a query, each chain does and stands for up to 500 records; each clause is a part of one query. */
const mostIncludes = 20
const mostChains = 5
const mostClauses = 50
const mostSorts = 10

/** Parameters of the answer's form, which say nothing of what is searched. */
const formParams = ['_format', '_pretty']

/** Reads a search (FHIR R4 §3.1.1). What is unknown is left out, or refused where the client wants that. */
export function parseQuery (type: string, pairs: readonly QueryPair[], { offset, baseUrl, isStrict }: QueryOptions): ParsedQuery {
  const context: QueryContext = { type, rows: searchRows.get(type) ?? new Map<string, SearchRow>(), offset, baseUrl }
  const query: Lists = { clauses: [], chains: [], includes: [], revIncludes: [], used: [], ignored: [] }
  const form: Form = { sort: [], count: usualCount, offset: 0, withTotal: true, onlyCount: false, elements: null }
  for (const [name, value] of pairs) {
    if (formParams.includes(name)) continue
    const effect = value === '' ? null : effectOf(name, value, context)
    if (effect === null) {
      if (isStrict) throw unknown(name)
      query.ignored.push(nameIfAny(name))
    } else {
      Object.assign(form, addTo(query, effect))
      if (name !== '_offset' && name !== '_count') query.used.push([name, value])
    }
  }
  refuseTooMany(query, form)
  return { ...query, clauses: joinedRanges(query.clauses, context), ...form, onlyCount: form.onlyCount || form.count === 0 }
}

function refuseTooMany ({ includes, revIncludes, chains, clauses }: Lists, { sort }: Form): void {
  for (const [count, most, what, place] of [
    [includes.length + revIncludes.length, mostIncludes, '_include and _revinclude', '_include'],
    [chains.length, mostChains, 'chained parameters', undefined],
    [clauses.length, mostClauses, 'parameters', undefined],
    [sort.length, mostSorts, 'parameters to sort by', '_sort']
  ] as const) {
    if (count > most) throw new DomainError('RECORD_SEARCH_INVALID', `At most ${most} of ${what} are taken. Ask in parts.`, place)
  }
}

/** What a query collects while it is read. */
interface Lists {
  readonly clauses: SearchClause[]
  readonly chains: Chain[]
  readonly includes: Include[]
  readonly revIncludes: RevInclude[]
  readonly used: QueryPair[]
  readonly ignored: Array<string | null>
}

function addTo (lists: Lists, { clause, chain, include, revInclude, ...form }: Effect): Partial<Form> {
  if (clause !== undefined) lists.clauses.push(clause)
  if (chain !== undefined) lists.chains.push(chain)
  if (include !== undefined) lists.includes.push(include)
  if (revInclude !== undefined) lists.revIncludes.push(revInclude)
  return form
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

type Form = Pick<ParsedQuery, 'sort' | 'count' | 'offset' | 'withTotal' | 'onlyCount' | 'elements'>
type Effect = Partial<Form> & { readonly clause?: SearchClause, readonly chain?: Chain, readonly include?: Include, readonly revInclude?: RevInclude }

const readers: Readonly<Record<string, (value: string, context: QueryContext, name: string) => Effect | null>> = {
  _id: (value) => ({ clause: idClause(value) }),
  _lastUpdated: (value, context) => ({ clause: lastUpdatedClause(value, context) }),
  _count: (value, _context, name) => ({ count: Math.min(wholeNumber(name, value), largestCount) }),
  _offset: (value, _context, name) => ({ offset: offsetOf(name, value) }),
  _sort: sortEffect,
  _total: (value) => ['none', 'estimate', 'accurate'].includes(value) ? { withTotal: value !== 'none' } : null,
  _summary: (value) => value === 'count' ? { onlyCount: true } : value === 'false' ? {} : null,
  _elements: elementsEffect
}

function effectOf (name: string, value: string, context: QueryContext): Effect | null {
  if (Object.hasOwn(readers, name)) return readers[name]?.(value, context, name) ?? null
  return name.startsWith('_include') || name.startsWith('_revinclude') ? includeEffect(name, value, context) : valueEffect(name, value, context)
}

function includeEffect (name: string, value: string, { type }: QueryContext): Effect | null {
  const [direction, modifier] = name.split(':')
  if (modifier !== undefined) throw new DomainError('RECORD_SEARCH_INVALID', `${direction ?? ''} goes one step: no :iterate and no :recurse. Search again for what lies further.`, direction)
  if (direction === '_include') {
    const include = includeOf(value, type)
    return include === null ? null : { include }
  }
  const revInclude = direction === '_revinclude' ? revIncludeOf(value, type) : null
  return revInclude === null ? null : { revInclude }
}

function valueEffect (name: string, value: string, context: QueryContext): Effect | null {
  if (name.includes('.')) {
    const chain = chainOf(name, value, context)
    return chain === null ? null : { chain }
  }
  const clause = clauseOf(name, value, context)
  return clause === null ? null : { clause }
}

function elementsEffect (value: string): Effect | null {
  const elements = value.split(',')
  return elements.every((element) => /^[A-Za-z]{1,64}$/.test(element)) ? { elements } : null
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

function nameIfAny (name: string): string | null {
  return /^[\w:.-]{1,40}$/.test(name) ? name : null
}

/** A name may be anything that was typed, so it is told only where it looks like a name. */
function unknown (name: string): DomainError {
  return new DomainError('RECORD_SEARCH_INVALID', 'This search parameter, modifier or form is not there. GET metadata lists the parameters of each type.', nameIfAny(name) ?? undefined)
}
