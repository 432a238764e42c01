import { isObject, type JsonObject } from './element-path.ts'

/** A resource by the id that its server gave it. */
export interface RemoteReference {
  readonly type: string
  readonly remoteId: string
}

/** What a Reference means by its text (FHIR R4 §2.3.0.1). */
export type Pointed =
  | { readonly kind: 'contained' }
  | { readonly kind: 'remote', readonly remote: RemoteReference }
  /** `Patient?identifier=system|value`. */
  | { readonly kind: 'search', readonly type: string, readonly identifier: JsonObject }
  /** `urn:uuid:…`, an entry of the same Bundle. */
  | { readonly kind: 'entry' }
  /** Something on another server, or that cannot be told. */
  | { readonly kind: 'elsewhere' }

const literal = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
const search = /^([A-Z][A-Za-z]{1,63})\?identifier=([^&]+)$/

/** `base` is the server's own address, without a slash at its end. */
export function pointedBy (text: string, base: string): Pointed {
  if (text.startsWith('#')) return { kind: 'contained' }
  if (text.startsWith('urn:')) return { kind: 'entry' }
  const relative = text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text
  const [, type, remoteId] = literal.exec(relative) ?? []
  if (type !== undefined && remoteId !== undefined) return { kind: 'remote', remote: { type, remoteId } }
  const [, searched, token] = search.exec(relative) ?? []
  return searched === undefined || token === undefined ? { kind: 'elsewhere' } : { kind: 'search', type: searched, identifier: identifierOf(token) }
}

function identifierOf (token: string): JsonObject {
  const parts = decoded(token).split('|')
  return parts.length === 1 ? { value: parts[0] } : { ...(parts[0] === '' ? {} : { system: parts[0] }), value: parts.slice(1).join('|') }
}

function decoded (text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

const referenceElements: readonly string[] = ['id', 'extension', 'reference', '_reference', 'type', 'identifier', 'display']

/** Visits every Reference of a resource, also those inside contained resources; what it answers takes its place. */
export function mapReferences (value: unknown, change: (reference: JsonObject) => JsonObject): unknown {
  if (Array.isArray(value)) return value.map((item) => mapReferences(item, change))
  if (!isObject(value)) return value
  if (isReference(value)) return change(value)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapReferences(part, change)]))
}

function isReference (value: JsonObject): boolean {
  const isLiteral = typeof value['reference'] === 'string'
  const isLogical = isObject(value['identifier']) && typeof value['identifier']['value'] === 'string' && value['resourceType'] === undefined
  return (isLiteral || isLogical) && Object.keys(value).every((name) => referenceElements.includes(name))
}

/** What a resource refers to on its own server, each once. */
export function remoteReferencesIn (resource: unknown, base: string): readonly RemoteReference[] {
  const found = new Map<string, RemoteReference>()
  mapReferences(resource, (reference) => {
    const pointed = typeof reference['reference'] === 'string' ? pointedBy(reference['reference'], base) : null
    if (pointed?.kind === 'remote') found.set(`${pointed.remote.type}/${pointed.remote.remoteId}`, pointed.remote)
    return reference
  })
  return [...found.values()]
}
