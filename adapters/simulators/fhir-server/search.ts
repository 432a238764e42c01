import type { Resource } from '../../../core/records/index.ts'
import { stampOf } from './kept-resources.ts'

export interface Manners {
  /** Answers in an order of its own, whatever _sort says. */
  readonly isUnsorted: boolean
  /** Answers everything, whatever _lastUpdated says. */
  readonly isUnfiltered: boolean
}

const usualCount = 50
const mostCount = 200

/** One page of a search by _id, identifier and _lastUpdated. Pages are cut anew at each request, as they stand then. */
export function searchPage (resources: readonly Resource[], query: URLSearchParams, manners: Manners): { readonly matches: readonly Resource[], readonly total: number, readonly next: URLSearchParams | null } {
  const found = resources.filter((resource) => isMeant(resource, query, manners)).sort(orderBy(manners.isUnsorted ? null : query.get('_sort')))
  const count = Math.min(Number(query.get('_count') ?? usualCount), mostCount)
  const offset = Number(query.get('_offset') ?? 0)
  const isLast = offset + count >= found.length
  const next = new URLSearchParams(query)
  next.set('_offset', String(offset + count))
  return { matches: found.slice(offset, offset + count), total: found.length, next: isLast ? null : next }
}

function isMeant (resource: Resource, query: URLSearchParams, { isUnfiltered }: Manners): boolean {
  const isInTime = isUnfiltered || query.getAll('_lastUpdated').every((bound) => isWithin(stampOf(resource), bound))
  const id = query.get('_id')
  const identifier = query.get('identifier')
  return isInTime && (id === null || resource.id === id) && (identifier === null || hasIdentifier(resource, identifier))
}

function isWithin (stampMs: number, bound: string): boolean {
  const [, comparator = '', instant = ''] = /^(ge|gt|le|lt)?(.*)$/.exec(bound) ?? []
  const boundMs = Date.parse(instant)
  switch (comparator) {
    case 'ge': return stampMs >= boundMs
    case 'gt': return stampMs > boundMs
    case 'le': return stampMs <= boundMs
    case 'lt': return stampMs < boundMs
    default: return stampMs === boundMs
  }
}

export function hasIdentifier (resource: Resource, token: string): boolean {
  const [system, value] = token.includes('|') ? token.split('|', 2) : [null, token]
  const identifiers = [resource['identifier'] ?? []].flat() as ReadonlyArray<{ readonly system?: string, readonly value?: string }>
  return identifiers.some((identifier) => identifier.value === value && (system === null || identifier.system === system))
}

/** Without an order asked for, one by id that has nothing to do with time. */
function orderBy (sort: string | null): (one: Resource, other: Resource) => number {
  const byId = (one: Resource, other: Resource): number => reversed(one.id) < reversed(other.id) ? -1 : 1
  if (sort === '_lastUpdated') return (one, other) => stampOf(one) - stampOf(other) || byId(one, other)
  if (sort === '-_lastUpdated') return (one, other) => stampOf(other) - stampOf(one) || byId(one, other)
  return byId
}

const reversed = (id: string | undefined): string => [...id ?? ''].reverse().join('')
