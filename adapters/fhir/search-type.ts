import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { RecordVersion, Resource, SearchClause } from '../../core/records/index.ts'
import { assertServed, limitsFor, noteSearch } from './admit.ts'
import { searchBundle } from './bundles.ts'
import type { ZoneOffset } from './date-range.ts'
import type { FhirServerDeps } from './deps.ts'
import { mandatoryElements } from './elements.ts'
import { isVisible } from './is-visible.ts'
import { refuseDrugStatistics } from './no-drug-statistics.ts'
import { baseUrlOf, isStrict } from './request-url.ts'
import type { Chain } from './search-chain.ts'
import { includedBy } from './search-include.ts'
import { parseQuery, type ParsedQuery, type QueryPair } from './search-query.ts'

export interface Asked {
  readonly type: string
  readonly pairs: readonly QueryPair[]
  readonly offset: ZoneOffset
}

/** Bounds of what one page may bring along, and of what a chain may stand for. */
const mostIncluded = 1_000
const mostChained = 500

/** search-type: the matches of one page and what is asked along with them, all within the caller's limits. */
export async function searchType (deps: FhirServerDeps, request: FastifyRequest, { type, pairs, offset }: Asked): Promise<Resource> {
  assertServed(type)
  const limits = limitsFor(deps, request, type)
  const baseUrl = baseUrlOf(request, deps.publicUrl)
  const query = parseQuery(type, pairs, { offset, baseUrl, isStrict: isStrict(request) })
  refuseDrugStatistics(deps, request, { type, clauses: query.clauses, hasChains: query.chains.length > 0, revIncluded: query.revIncludes.map((one) => one.type), onlyCount: query.onlyCount, patientIds: limits.patientIds })
  const clauses: SearchClause[] = []
  for (const clause of query.clauses) clauses.push(await ofSamePerson(deps, clause))
  for (const chain of query.chains) clauses.push(await ofSamePerson(deps, await followed(deps, request, chain)))
  const { records, total } = await deps.inReading(async (stores) => await stores.records.search({
    type, clauses, ...limits, sort: query.sort, limit: query.onlyCount ? 0 : query.count, offset: query.offset
  }))
  noteSearch(deps, request, type, records)
  const included = records.length === 0 ? nothingMore : await alongWith(deps, request, { type, query, records })
  const mandatory = query.elements === null ? [] : mandatoryElements(deps.validate, type)
  return searchBundle({ baseUrl, type, query, records, total, included: included.records, isCutShort: included.isCutShort, mandatory })
}

/** Records of one person at two hospitals, or before and after a merge, are tied, never rewritten: asking for one finds all. */
async function ofSamePerson ({ samePerson }: FhirServerDeps, clause: SearchClause): Promise<SearchClause> {
  if (clause.kind !== 'reference') return clause
  const values = new Set(clause.values)
  for (const value of clause.values) {
    if (!value.startsWith('Patient/')) continue
    for (const id of await samePerson(value.slice('Patient/'.length))) values.add(`Patient/${id}`)
  }
  return { ...clause, values: [...values] }
}

/** Only through records that the caller may see: a chain would tell of others what they hold. */
async function followed (deps: FhirServerDeps, request: FastifyRequest, { param, type, clause, name }: Chain): Promise<SearchClause> {
  const limits = limitsFor(deps, request, type)
  const { records, total } = await deps.inReading(async (stores) => await stores.records.search({ type, clauses: [clause], ...limits, sort: [{ param: '_id', descending: false }], limit: mostChained, offset: 0 }))
  if (total > mostChained) throw new DomainError('RECORD_SEARCH_INVALID', `This stands for more than ${mostChained} records. Narrow it, or search for them first.`, name)
  return { kind: 'reference', param, values: records.map(({ id }) => `${type}/${id}`) }
}

interface Along {
  readonly records: readonly RecordVersion[]
  readonly isCutShort: boolean
}

const nothingMore: Along = { records: [], isCutShort: false }

async function alongWith (deps: FhirServerDeps, request: FastifyRequest, { type, query, records }: { readonly type: string, readonly query: ParsedQuery, readonly records: readonly RecordVersion[] }): Promise<Along> {
  const found = new Map<string, RecordVersion>()
  const own = new Set(records.map(({ id }) => `${type}/${id}`))
  const keys = includedBy(records.map(({ resource }) => resource), query.includes).filter((key) => !own.has(key)).slice(0, mostIncluded).map(keyOf)
  const referred = keys.length === 0 ? [] : await deps.inReading(async (stores) => await stores.records.current(keys))
  for (const record of referred.filter((one) => isVisible(deps, request, one))) found.set(`${record.type}/${record.id}`, record)
  let isCutShort = keys.length === mostIncluded
  for (const { type: source, row } of query.revIncludes) {
    const limits = limitsFor(deps, request, source)
    const limit = Math.max(0, mostIncluded - found.size)
    const referring = await deps.inReading(async (stores) => await stores.records.search({ type: source, clauses: [{ kind: 'reference', param: row.keptAs, values: [...own] }], ...limits, sort: [], limit, offset: 0 }))
    for (const record of referring.records) if (!own.has(`${record.type}/${record.id}`)) found.set(`${record.type}/${record.id}`, record)
    isCutShort ||= referring.total > referring.records.length
  }
  const included = [...found.values()]
  for (const one of new Set(included.map((record) => record.type))) noteSearch(deps, request, one, included.filter((record) => record.type === one))
  return { records: included, isCutShort }
}

function keyOf (reference: string): { readonly type: string, readonly id: string } {
  const slash = reference.indexOf('/')
  return { type: reference.slice(0, slash), id: reference.slice(slash + 1) }
}
