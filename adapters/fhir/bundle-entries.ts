import { DomainError } from '../../core/errors.ts'
import { withReferences, type SubmittedRecord } from '../../core/intake/index.ts'
import type { Resource } from '../../core/records/index.ts'
import { transportRefusal } from './outcome.ts'
import { versionOfEtag } from './posted-body.ts'
import { newUnless, withoutBase, type Writing } from './submission.ts'
import { searchRows } from './search-row.ts'

/** One entry of a batch or transaction as it was posted; the checker has seen that its shape is right. */
export interface SubmittedEntry {
  /** `Bundle.entry[2]`. */
  readonly place: string
  readonly fullUrl: string | null
  readonly resource: Resource | null
  readonly request: {
    readonly method: string
    readonly url: string
    readonly ifMatch?: string
    readonly ifNoneExist?: string
  }
}

export const mostEntries = 500

/** The entries in their order; refused where there are too many, or two of one fullUrl. */
export function entriesOf (bundle: Resource): readonly SubmittedEntry[] {
  const entries = (bundle['entry'] ?? []) as ReadonlyArray<{ readonly fullUrl?: string, readonly resource?: Resource, readonly request?: SubmittedEntry['request'] }>
  if (entries.length > mostEntries) throw transportRefusal(413, `A Bundle may hold ${mostEntries} entries. Send it in parts.`)
  const seen = new Set<string>()
  return entries.map(({ fullUrl, resource, request }, index) => {
    const place = `Bundle.entry[${index}]`
    if (request === undefined) throw new DomainError('REQUEST_INVALID', 'Every entry needs a request with method and url.', `${place}.request`)
    if (fullUrl !== undefined && seen.has(fullUrl)) throw new DomainError('REQUEST_INVALID', 'Two entries have the same fullUrl. Give each its own.', `${place}.fullUrl`)
    if (fullUrl !== undefined) seen.add(fullUrl)
    return { place, fullUrl: fullUrl ?? null, resource: resource ?? null, request }
  })
}

export function isWrite ({ request: { method } }: SubmittedEntry): boolean {
  return method === 'POST' || method === 'PUT'
}

/** What an entry wants written. Its references are read by its fullUrl, as FHIR R4 §2.36.4 has it. */
export function postedBy (writing: Writing, entry: SubmittedEntry, { baseUrl, addresses }: { readonly baseUrl: string, readonly addresses: ReadonlySet<string> }): SubmittedRecord {
  const { place, fullUrl, request: { ifMatch, ifNoneExist } } = entry
  const { resource, type, id } = wanted(entry, baseUrl)
  const ownAddress = (text: string): string => withoutBase(text, baseUrl) ?? text
  const base = /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl ?? '')?.[1]
  return {
    place: `${place}.resource`,
    fullUrl: fullUrl === null ? null : ownAddress(fullUrl),
    resource: base === undefined ? resource : withReferences(resource, (text) => addresses.has(`${base}/${text}`) ? ownAddress(`${base}/${text}`) : undefined),
    to: id === null
      ? newUnless(writing, { type, query: ifNoneExist, place: `${place}.request.ifNoneExist` })
      : { kind: 'standing', id, ifVersion: versionOfEtag(ifMatch) }
  }
}

/** A POST names the type of its resource, a PUT the type and the id. */
function wanted ({ place, resource, request: { method, url } }: SubmittedEntry, baseUrl: string): { readonly resource: Resource, readonly type: string, readonly id: string | null } {
  const refused = (text: string, at: string): DomainError => new DomainError('REQUEST_INVALID', text, `${place}.${at}`)
  if (resource === null) throw refused('An entry that writes needs a resource.', 'resource')
  const [, type, id = null] = /^([A-Z][A-Za-z]+)(?:\/([A-Za-z0-9\-.]{1,64}))?$/.exec(withoutBase(url, baseUrl) ?? url) ?? []
  if (type === undefined || (method === 'PUT') !== (id !== null)) throw refused('A POST names a type and a PUT a type and an id, and nothing else: there are no conditional updates and no operations in a Bundle.', 'request.url')
  if (type !== resource.resourceType || !searchRows.has(type)) throw refused('The url must name the type of the resource, and one that is served. GET metadata lists those.', 'request.url')
  if (id !== null && resource.id !== id) throw refused('The id in the resource must be that of the url.', 'resource.id')
  return { resource, type, id }
}
