import type { RecordVersion, Resource } from '../../core/records/index.ts'
import { answered, etagOf } from './reply.ts'
import type { ParsedQuery, QueryPair } from './search-query.ts'

type Link = readonly [relation: string, url: string]

function bundle (type: string, total: number | null, links: readonly Link[], entries: readonly object[]): Resource {
  return {
    resourceType: 'Bundle',
    type,
    ...(total === null ? {} : { total }),
    link: links.map(([relation, url]) => ({ relation, url })),
    // An empty list is not allowed in FHIR.
    ...(entries.length === 0 ? {} : { entry: entries })
  }
}

function pageUrl (url: string, pairs: readonly QueryPair[]): string {
  return pairs.length === 0 ? url : `${url}?${new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString()}`
}

/** self, next and previous of a page that starts at `offset`. */
function pageLinks (url: string, pairs: readonly QueryPair[], page: { readonly offset: number, readonly count: number, readonly total: number }): readonly Link[] {
  const { offset, count, total } = page
  const at = (start: number): string => pageUrl(url, [...pairs, ['_count', String(count)], ...(start === 0 ? [] : [['_offset', String(start)] as const])])
  return [
    ['self', at(offset)],
    ...(count > 0 && offset + count < total ? [['next', at(offset + count)] as const] : []),
    ...(count > 0 && offset > 0 ? [['previous', at(Math.max(0, offset - count))] as const] : [])
  ]
}

interface FoundPage {
  readonly baseUrl: string
  readonly type: string
  readonly query: ParsedQuery
  readonly records: readonly RecordVersion[]
  readonly total: number
}

export function searchBundle ({ baseUrl, type, query, records, total }: FoundPage): Resource {
  const { used, offset, count, withTotal, onlyCount } = query
  const links = onlyCount ? [['self', pageUrl(`${baseUrl}/${type}`, used)] as const] : pageLinks(`${baseUrl}/${type}`, used, { offset, count, total })
  const entries = records.map((record) => ({ fullUrl: `${baseUrl}/${record.type}/${record.id}`, resource: answered(record), search: { mode: 'match' } }))
  return bundle('searchset', withTotal || onlyCount ? total : null, links, entries)
}

/** Newest first; every version was written whole, so each is a PUT. */
export function historyBundle (url: string, baseUrl: string, versions: readonly RecordVersion[], page: { readonly offset: number, readonly count: number, readonly total: number }): Resource {
  const entries = versions.map((record) => ({
    fullUrl: `${baseUrl}/${record.type}/${record.id}`,
    resource: answered(record),
    request: { method: 'PUT', url: `${record.type}/${record.id}` },
    response: { status: record.version === 1 ? '201' : '200', etag: etagOf(record), lastModified: record.lastUpdated.toISOString() }
  }))
  return bundle('history', page.total, pageLinks(url, [], page), entries)
}
