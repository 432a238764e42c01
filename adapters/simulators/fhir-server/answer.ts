import type { IncomingHttpHeaders } from 'node:http'
import type { Resource } from '../../../core/records/index.ts'
import { hasIdentifier, searchPage } from './search.ts'
import { versionOf } from './kept-resources.ts'
import type { FhirFaultKind, ServerState } from './server-state.ts'

export interface FhirAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface FhirRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** FHIR R4 §3.1: metadata, read, vread, search, create, update, delete and transaction. */
export function answerTo (state: ServerState, request: FhirRequest, fault: FhirFaultKind | null): FhirAnswer {
  const path = request.url.pathname.replace(/^\/fhir\/?/, '').split('/')
  const [type = '', id, history, version] = path
  if (request.method === 'GET') {
    if (type === 'metadata') return { status: 200, body: capabilities }
    if (id === undefined) return search(state, type, request.url.searchParams, fault)
    const found = history === '_history' && version !== undefined ? state.resources.version(type, id, version) : state.resources.current(type, id)
    return found === null ? { status: 404, body: outcome('not-found') } : { status: 200, body: found, headers: tagOf(found) }
  }
  if (request.method === 'DELETE' && id !== undefined) {
    state.resources.remove(type, id)
    return { status: 204, body: null }
  }
  return written(state, request, { type, id, fault })
}

interface Write {
  readonly type: string
  readonly id: string | undefined
  readonly fault: FhirFaultKind | null
}

function written (state: ServerState, { method, headers, body }: FhirRequest, { type, id, fault }: Write): FhirAnswer {
  const resource = resourceIn(body)
  if (resource === null) return { status: 400, body: outcome('structure') }
  if (method === 'POST' && type === '' && resource.resourceType === 'Bundle') return transaction(state, resource)
  if (resource.resourceType !== type) return { status: 400, body: outcome('invalid') }
  if (method === 'POST' && id === undefined) return create(state, resource, { condition: one(headers['if-none-exist']), fault })
  if (method === 'PUT' && id !== undefined && resource.id === id) return update(state, { ...resource, id }, { condition: one(headers['if-match']), fault })
  return { status: 405, body: outcome('not-supported') }
}

interface Conditional {
  readonly condition: string | undefined
  readonly fault: FhirFaultKind | null
}

function create (state: ServerState, resource: Resource, { condition, fault }: Conditional): FhirAnswer {
  const token = condition === undefined ? null : new URLSearchParams(condition).get('identifier')
  const same = token === null ? [] : state.resources.all(resource.resourceType).filter((kept) => hasIdentifier(kept, token))
  if (same.length > 1) return { status: 412, body: outcome('multiple-matches') }
  const [there] = same
  if (there !== undefined) return { status: 200, body: there, headers: tagOf(there) }
  const unnamed = Object.fromEntries(Object.entries(resource).filter(([name]) => name !== 'id')) as Resource
  return keep(state, unnamed, { fault, status: 201 })
}

function update (state: ServerState, resource: Resource & { readonly id: string }, { condition, fault }: Conditional): FhirAnswer {
  const there = state.resources.current(resource.resourceType, resource.id)
  if (condition !== undefined && condition !== `W/"${there === null ? '' : versionOf(there) ?? ''}"`) return { status: 412, body: outcome('conflict') }
  return keep(state, resource, { fault, status: there === null ? 201 : 200 })
}

function keep (state: ServerState, resource: Resource, { fault, status }: { readonly fault: FhirFaultKind | null, readonly status: number }): FhirAnswer {
  const isHeld = fault === 'late_commit'
  const kept = state.resources.write(resource, { isHeld, isAtSameInstant: fault === 'same_instant' })
  const { resourceType: type, id } = kept.resource
  if (isHeld) state.held.push({ type, searches: 2, commit: kept.commit })
  state.journal.note({ at: state.clock.now(), kind: status === 201 ? 'created' : 'updated', key: `${type}/${id}`, body: { resource: kept.resource } })
  state.heard(kept.resource)
  return { status, body: kept.resource, headers: { ...tagOf(kept.resource), location: `${state.url}/${type}/${id}/_history/${versionOf(kept.resource) ?? ''}` } }
}

/** Entries are carried out one by one, so what is referred to by urn:uuid stands before what refers to it; nothing is undone where one is refused. */
function transaction (state: ServerState, bundle: Resource): FhirAnswer {
  const entries = (bundle['entry'] ?? []) as ReadonlyArray<{ readonly fullUrl?: string, readonly resource: Resource, readonly request: { readonly method: string, readonly url: string, readonly ifNoneExist?: string, readonly ifMatch?: string } }>
  if (bundle['type'] !== 'transaction' || entries.some(({ request }) => request.method !== 'POST' && request.method !== 'PUT')) return { status: 400, body: outcome('not-supported') }
  const named = new Map<string, string>()
  const responses = entries.map(({ fullUrl, resource, request }) => {
    const [, id] = request.url.split('/')
    const settled = JSON.parse(JSON.stringify(resource), (_name, value: unknown) => typeof value === 'string' ? named.get(value) ?? value : value) as Resource
    const answer = request.method === 'POST'
      ? create(state, settled, { condition: request.ifNoneExist, fault: null })
      : update(state, { ...settled, id: id ?? '' }, { condition: request.ifMatch, fault: null })
    const kept = answer.body as Resource
    if (fullUrl !== undefined) named.set(fullUrl, `${kept.resourceType}/${kept.id ?? ''}`)
    return { resource: kept, response: { status: String(answer.status), location: answer.headers?.['location'], etag: answer.headers?.['etag'] } }
  })
  return { status: 200, body: { resourceType: 'Bundle', type: 'transaction-response', entry: responses } }
}

function search (state: ServerState, type: string, query: URLSearchParams, fault: FhirFaultKind | null): FhirAnswer {
  if (!/^[A-Z][A-Za-z]+$/.test(type)) return { status: 400, body: outcome('invalid') }
  const { matches, total, next } = searchPage(state.resources.all(type), query, { isUnsorted: fault === 'unsorted', isUnfiltered: fault === 'unfiltered' })
  for (const held of state.held.filter((each) => each.type === type)) {
    held.searches -= 1
    if (held.searches > 0) continue
    held.commit()
    state.held.splice(state.held.indexOf(held), 1)
  }
  const entry = matches.map((resource) => ({ fullUrl: `${state.url}/${type}/${resource.id ?? ''}`, resource, search: { mode: 'match' } }))
  const link = next === null ? {} : { link: [{ relation: 'next', url: `${state.url}/${type}?${next.toString()}` }] }
  return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', total, ...link, ...(entry.length === 0 ? {} : { entry }) } }
}

/** Its text quotes what was sent, as careless servers do. */
export function outcome (code: string): unknown {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics: 'refused: Patient 许样例 000-0000-0481' }] }
}

const capabilities = {
  resourceType: 'CapabilityStatement', status: 'active', date: '2027-01-01', kind: 'instance', fhirVersion: '4.0.1', format: ['application/fhir+json'],
  rest: [{ mode: 'server', interaction: [{ code: 'transaction' }], resource: ['Patient', 'Encounter', 'ChargeItem'].map((type) => ({ type, interaction: ['read', 'vread', 'search-type', 'create', 'update', 'delete'].map((code) => ({ code })) })) }]
}

function tagOf (resource: Resource): Readonly<Record<string, string>> {
  const version = versionOf(resource)
  return version === null ? {} : { etag: `W/"${version}"` }
}

const one = (header: string | string[] | undefined): string | undefined => typeof header === 'string' ? header : header?.[0]

function resourceIn (body: string): Resource | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && 'resourceType' in value ? value as Resource : null
  } catch {
    return null
  }
}
