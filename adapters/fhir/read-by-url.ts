import { DomainError } from '../../core/errors.ts'
import type { SubmittedEntry } from './bundle-entries.ts'
import { withoutBase, type Writing } from './submission.ts'
import { readCurrent, readVersion } from './read-record.ts'
import { answered, etagOf } from './reply.ts'
import { baseUrlOf } from './request-url.ts'
import { searchType } from './search-type.ts'

const read = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/(\d{1,9}))?$/
const search = /^([A-Z][A-Za-z]+)(?:\?(.*))?$/s

/** A GET inside a Bundle: read, vread or search-type. */
export async function readByUrl ({ deps, request, offset }: Writing, { place, request: { url } }: SubmittedEntry): Promise<Readonly<Record<string, unknown>>> {
  const baseUrl = baseUrlOf(request, deps.publicUrl)
  const path = withoutBase(url, baseUrl) ?? url
  const [, type, id, version] = read.exec(path) ?? []
  if (type !== undefined && id !== undefined) {
    const record = version === undefined ? await readCurrent(deps, request, { type, id }) : await readVersion(deps, request, { type, id, version })
    return { fullUrl: `${baseUrl}/${type}/${id}`, resource: answered(record), response: { status: '200 OK', etag: etagOf(record), lastModified: record.lastUpdated.toISOString() } }
  }
  const [, searched, query] = search.exec(path) ?? []
  if (searched === undefined) throw new DomainError('REQUEST_INVALID', 'A GET in a Bundle reads Type/id, Type/id/_history/version or Type?search.', `${place}.request.url`)
  return { resource: await searchType(deps, request, { type: searched, pairs: [...new URLSearchParams(query)], offset }), response: { status: '200 OK' } }
}
