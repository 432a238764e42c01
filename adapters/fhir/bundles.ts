import type { RecordVersion, Resource } from '../../core/records/index.ts'
import { withElements } from './elements.ts'
import { outcome, type Issue } from './outcome.ts'
import { answered, etagOf } from './reply.ts'
import type { ParsedQuery, QueryPair } from './search-query.ts'

type Link = readonly [relation: string, url: string]

/** An empty list is not allowed in FHIR. */
export function bundle (type: string, total: number | null, links: readonly Link[], entries: readonly object[]): Resource {
  return {
    resourceType: 'Bundle',
    type,
    ...(total === null ? {} : { total }),
    ...(links.length === 0 ? {} : { link: links.map(([relation, url]) => ({ relation, url })) }),
    ...(entries.length === 0 ? {} : { entry: entries })
  }
}

function pageUrl (url: string, pairs: readonly QueryPair[]): string {
  return pairs.length === 0 ? url : `${url}?${new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString()}`
}

interface Page { readonly offset: number, readonly count: number, readonly total: number }

/** self, next and previous of a page that starts at `offset`. */
function pageLinks (url: string, pairs: readonly QueryPair[], page: Page): readonly Link[] {
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
  /** What was asked along with the matches. */
  readonly included: readonly RecordVersion[]
  /** More is tied to the matches than a page brings along. */
  readonly isCutShort: boolean
  /** Elements that stay, whichever are asked for. */
  readonly mandatory: readonly string[]
}

export function searchBundle (page: FoundPage): Resource {
  const { baseUrl, type, query, records, total, included, mandatory } = page
  const { used, offset, count, withTotal, onlyCount, elements } = query
  const links = onlyCount ? [['self', pageUrl(`${baseUrl}/${type}`, used)] as const] : pageLinks(`${baseUrl}/${type}`, used, { offset, count, total })
  const matches = records.map((record) => {
    const { search, ...entry } = entryOf(baseUrl, record, 'match')
    return { ...entry, resource: elements === null ? entry.resource : withElements(entry.resource, [...elements, ...mandatory]), search }
  })
  const warnings = warningsOf(page)
  return bundle('searchset', withTotal || onlyCount ? total : null, links, [
    ...matches,
    ...included.map((record) => entryOf(baseUrl, record, 'include')),
    ...(warnings.length === 0 || onlyCount ? [] : [{ resource: outcome(warnings, 'warning'), search: { mode: 'outcome' } }])
  ])
}

function entryOf (baseUrl: string, record: RecordVersion, mode: 'match' | 'include'): { readonly fullUrl: string, readonly resource: Resource, readonly search: { readonly mode: string } } {
  return { fullUrl: `${baseUrl}/${record.type}/${record.id}`, resource: answered(record), search: { mode } }
}

function warningsOf ({ query, isCutShort }: FoundPage): readonly Issue[] {
  return [
    ...query.ignored.map((name) => ({ code: 'not-supported', text: 'This search parameter, modifier or form is not there and was left out. GET metadata lists the parameters of each type.', place: name ?? undefined })),
    ...(isCutShort ? [{ code: 'too-costly', text: 'More is tied to these resources than one page brings along. Ask for fewer by _count, or search for it.' }] : [])
  ]
}

/** A page of everything of a person; what lies outside of the compartment comes along. */
export function everythingBundle (url: string, baseUrl: string, found: { readonly records: readonly RecordVersion[], readonly included: readonly RecordVersion[], readonly pairs: readonly QueryPair[], readonly page: Page }): Resource {
  return bundle('searchset', found.page.total, pageLinks(url, found.pairs, found.page), [
    ...found.records.map((record) => entryOf(baseUrl, record, 'match')), ...found.included.map((record) => entryOf(baseUrl, record, 'include'))])
}

/** Newest first; every version was written whole, so each is a PUT. */
export function historyBundle (url: string, baseUrl: string, versions: readonly RecordVersion[], page: Page): Resource {
  const entries = versions.map((record) => ({
    fullUrl: `${baseUrl}/${record.type}/${record.id}`,
    resource: answered(record),
    request: { method: 'PUT', url: `${record.type}/${record.id}` },
    response: { status: record.version === 1 ? '201' : '200', etag: etagOf(record), lastModified: record.lastUpdated.toISOString() }
  }))
  return bundle('history', page.total, pageLinks(url, [], page), entries)
}
