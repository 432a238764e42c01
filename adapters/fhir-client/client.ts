import { setTimeout as wait } from 'node:timers/promises'
import { Client, type FhirResource, type RequestOptions } from 'fhir-kit-client'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Resource } from '../../core/records/index.ts'
import type { Answer } from './exchange.ts'
import { refusalOf } from './refusal.ts'
import { send, type SendOptions } from './send.ts'
import { tokensOf, type FhirAuth } from './tokens.ts'

export interface FhirClientOptions {
  /** Base address, e.g. `https://his.example/fhir`. */
  readonly url: string
  readonly auth?: FhirAuth
  /** Until a whole answer is there. */
  readonly timeoutMs?: number
  readonly maxResponseBytes?: number
  /** Of a read. */
  readonly attempts?: number
  /** Between two attempts, also where the server asks for more. */
  readonly longestWaitMs?: number
  /** Real time. */
  readonly wallClock: Clock
  readonly sleep?: (ms: number) => Promise<void>
  /** Ends requests under way, with OUTSIDE_UNAVAILABLE. */
  readonly closing?: AbortSignal
}

export interface Page {
  /** Of the type that was asked for. */
  readonly resources: readonly Resource[]
  readonly nextUrl: string | null
}

export interface Written {
  readonly id: string
  readonly version: string | null
  /** As the server keeps it; null where it does not tell. */
  readonly resource: Resource | null
}

/**
 * A FHIR R4 server of a hospital. Every call refuses with OUTSIDE_UNAVAILABLE (may pass by itself) or OUTSIDE_REFUSED
 * (will not); `place` of the refusal is the HTTP status, where there was one.
 */
export interface FhirClient {
  /** Null: there is no such resource (404), or no longer (410). */
  readonly read: (type: string, id: string) => Promise<Resource | null>
  readonly search: (type: string, parameters: Readonly<Record<string, string>>) => Promise<Page>
  /** The page that `nextUrl` names; only at the server's own origin. */
  readonly next: (type: string, nextUrl: string) => Promise<Page>
  /** `ifNoneExist`: search parameters of If-None-Exist; where one resource fits, that one is answered (FHIR R4 §3.1.0.8.1). */
  readonly create: (resource: Resource, condition?: { readonly ifNoneExist: string }) => Promise<Written>
  /** `ifMatch`: the version that it replaces. Null: the server holds another one (409, 412), so read it and decide again. */
  readonly update: (resource: Resource & { readonly id: string }, condition?: { readonly ifMatch: string }) => Promise<Written | null>
  /** Answers the Bundle of responses, in the order of the entries. */
  readonly transaction: (bundle: Resource) => Promise<Resource>
  readonly capabilities: () => Promise<Resource>
}

const usualTimeoutMs = 10_000
const usualResponseBytes = 32 * 1024 * 1024
const usualAttempts = 4
const usualLongestWaitMs = 30_000

export function fhirClient (options: FhirClientOptions): FhirClient {
  const url = baseAddress(options.url)
  const kit = new Client({ baseUrl: url })
  const answers = new WeakMap<object, Answer>()
  const sending = sendOptionsOf(options, url)
  // The library knows FHIR's addresses and interactions. Its own way to the network has no time-out, takes answers of
  // any size, follows redirects, and logs bodies for whoever sets DEBUG.
  kit.httpClient.request = async (method: string, address: string, { headers }: RequestOptions = {}, body?: unknown) => {
    const answer = await send(sending, {
      method,
      url: absolute(url, address),
      headers: { accept: 'application/fhir+json', ...headers },
      body: body === undefined ? null : JSON.stringify(body)
    })
    if (answer.status < 200 || answer.status > 299) throw Object.assign(refusalOf(answer), { status: answer.status })
    const resource = resourceIn(answer)
    answers.set(resource, answer)
    return resource
  }
  const noCache = { headers: { 'cache-control': 'no-cache' } }
  const written = (resource: FhirResource): Written => writtenOf(resource, answers.get(resource)?.headers)
  return {
    read: (resourceType, id) => unless([404, 410], kit.read({ resourceType, id })),
    // Servers that keep search results for a while would show yesterday's end of the list.
    search: async (type, searchParams) => pageOf(type, await kit.search({ resourceType: type, searchParams, options: noCache }), url),
    next: async (type, nextUrl) => pageOf(type, await kit.request(nextUrl), url),
    create: async (resource, condition) => written(await kit.create({
      resourceType: resource.resourceType, body: resource, options: writing(condition === undefined ? {} : { 'if-none-exist': condition.ifNoneExist })
    })),
    update: async (resource, condition) => {
      const updated = await unless([409, 412], kit.update({
        resourceType: resource.resourceType, id: resource.id, body: resource, options: writing(condition === undefined ? {} : { 'if-match': `W/"${condition.ifMatch}"` })
      }))
      return updated === null ? null : written(updated)
    },
    transaction: (bundle) => kit.transaction({ body: bundle }),
    capabilities: () => kit.capabilityStatement()
  }
}

const writing = (headers: Record<string, string>): RequestOptions => ({ headers: { prefer: 'return=representation', ...headers } })

function sendOptionsOf (options: FhirClientOptions, url: string): SendOptions {
  const { wallClock, auth = {}, closing = null } = options
  const limits = { timeoutMs: options.timeoutMs ?? usualTimeoutMs, maxResponseBytes: options.maxResponseBytes ?? usualResponseBytes, closing }
  return {
    origin: new URL(url).origin,
    tokens: tokensOf({ auth, wallClock, limits }),
    limits,
    attempts: options.attempts ?? usualAttempts,
    longestWaitMs: options.longestWaitMs ?? usualLongestWaitMs,
    wallClock,
    sleep: options.sleep ?? sleepUntilClosing
  }
}

/** Wakes at once when the program stops; what follows then ends by itself. */
async function sleepUntilClosing (ms: number, closing: AbortSignal | null): Promise<void> {
  await wait(ms, undefined, { ref: false, ...(closing === null ? {} : { signal: closing }) }).catch(() => undefined)
}

/** Without a slash at its end. Refuses with REQUEST_INVALID what is no address of a FHIR server. */
export function baseAddress (text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new DomainError('REQUEST_INVALID', 'The address of a FHIR server is http(s)://host[:port]/path without credentials or parameters. Correct url in SITE_CONFIG.', 'url')
  }
  return url.href.replace(/\/+$/, '')
}

/** Addresses below the base are told without it; a transaction goes to the base itself. */
function absolute (base: string, address: string): string {
  if (address === '/') return base
  return new URL(address, `${base}/`).href
}

function resourceIn ({ status, text }: Answer): FhirResource {
  if (text.trim() === '') return { resourceType: '' }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string') return value as FhirResource
  } catch {
    // As what follows.
  }
  throw new DomainError('OUTSIDE_REFUSED', 'The FHIR server answered something that is no FHIR JSON. Check that url is the base address of its FHIR interface.', `HTTP ${status}`)
}

async function unless<Result> (statuses: readonly number[], answered: Promise<Result>): Promise<Result | null> {
  try {
    return await answered
  } catch (error) {
    if (error instanceof DomainError && 'status' in error && statuses.includes(error.status as number)) return null
    throw error
  }
}

function pageOf (type: string, bundle: FhirResource, url: string): Page {
  if (bundle.resourceType !== 'Bundle') throw new DomainError('OUTSIDE_REFUSED', 'The FHIR server answered a search without a Bundle. Check that url is the base address of its FHIR interface.')
  const entries = (bundle['entry'] ?? []) as ReadonlyArray<{ readonly resource?: Resource }>
  const links = (bundle['link'] ?? []) as ReadonlyArray<{ readonly relation?: string, readonly url?: string }>
  const next = links.find(({ relation }) => relation === 'next')?.url
  return {
    // What the server adds of its own (an OperationOutcome, included resources) is not what was asked for.
    resources: entries.flatMap(({ resource }) => resource?.resourceType === type ? [resource] : []),
    nextUrl: next === undefined ? null : absolute(url, next)
  }
}

/** From the body, else from Location and ETag (FHIR R4 §3.1.0.8). */
function writtenOf (resource: FhirResource, headers: Headers | undefined): Written {
  const body = resource.resourceType === '' || resource.resourceType === 'OperationOutcome' ? null : resource as Resource
  const located = locatedBy(headers)
  const id = body?.id ?? located.id
  if (id === undefined) throw new DomainError('OUTSIDE_REFUSED', 'The FHIR server took a resource and did not tell its id. Have it answer with Location or the resource.')
  const meta = body?.['meta'] as { readonly versionId?: string } | undefined
  return { id, version: meta?.versionId ?? located.version ?? null, resource: body }
}

function locatedBy (headers: Headers | undefined): { readonly id: string | undefined, readonly version: string | undefined } {
  const [, id, version] = /\/[A-Z][A-Za-z]+\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/.exec(headers?.get('location') ?? '') ?? []
  const [, tag] = /^(?:W\/)?"([^"]{1,64})"$/.exec(headers?.get('etag') ?? '') ?? []
  return { id, version: tag ?? version }
}
