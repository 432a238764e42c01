import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../../core/clock.ts'
import type { Ids } from '../../../core/ids.ts'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'
import { openJournal, type Journal, type JournalItem } from '../journal.ts'
import { answerTo, outcome, type FhirAnswer } from './answer.ts'
import { keepResources, type KeptResources } from './kept-resources.ts'
import type { FhirFaultKind, ServerState } from './server-state.ts'
import { tokenEndpoint, type Credentials, type TokenEndpoint } from './token-endpoint.ts'

export interface FhirServerOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Of its time stamps. */
  readonly clock: Clock
  /** Real time, for the age of tokens. */
  readonly wallClock: Clock
  readonly ids: Ids
  /** Null lets everybody in. */
  readonly credentials?: Credentials | null
  readonly tokenLifeMs?: number
  readonly retryAfterSeconds?: number
  readonly precisionMs?: number
  readonly hasVersionIds?: boolean
  /** What the hospital makes of what clients write. */
  readonly heard?: ServerState['heard']
}

export interface FhirServer {
  /** Base address. */
  readonly url: string
  readonly tokenUrl: string
  readonly resources: KeptResources
  readonly journal: Journal
  /** What clients wrote. */
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<FhirFaultKind>>) => void
  /** Down: every request is answered with 503. */
  readonly setUp: (isUp: boolean) => void
  readonly requests: () => number
  readonly granted: () => number
  readonly close: () => Promise<void>
}

interface Serving {
  readonly state: ServerState
  readonly tokens: TokenEndpoint
  readonly retryAfterSeconds: number
  strikes: Striking<FhirFaultKind>
  isUp: boolean
  requests: number
}

const keptItems = 10_000
const maxBodyBytes = 4 * 1024 * 1024

/** A FHIR R4 server of a hospital over real HTTP, in memory: enough of it for whoever follows it or writes to it. */
export async function startFhirServer (options: FhirServerOptions): Promise<FhirServer> {
  const { host, clock, wallClock, ids, credentials = null, tokenLifeMs = 300_000, retryAfterSeconds = 1, precisionMs = 1, hasVersionIds = true, heard = () => undefined } = options
  const server = createServer()
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, host, resolve) })
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`
  const journal = openJournal(keptItems)
  const resources = keepResources({ clock, precisionMs, hasVersionIds })
  const serving: Serving = {
    state: { url: `${origin}/fhir`, resources, journal, clock, heard, held: [] },
    tokens: tokenEndpoint({ credentials, ids, wallClock, lifeMs: tokenLifeMs }),
    retryAfterSeconds,
    strikes: () => null,
    isUp: true,
    requests: 0
  }
  server.on('request', (request, response) => { void serve(serving, request, response) })
  return {
    url: serving.state.url,
    tokenUrl: `${origin}/oauth/token`,
    resources,
    journal,
    items: journal.since,
    setFaults: (faults) => { serving.strikes = strikingFaults(faults) },
    setUp: (isUp) => { serving.isUp = isUp },
    requests: () => serving.requests,
    granted: serving.tokens.granted,
    close: () => closeServer(server)
  }
}

async function serve (serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    serving.requests += 1
    const body = await readBody(request)
    const answer = body === null ? { status: 413, body: outcome('too-costly') } : answerWithFaults(serving, request, body)
    if (answer === 'silent') return
    if (answer === 'dropped') request.socket.destroy()
    else response.writeHead(answer.status, { 'content-type': 'application/fhir+json', ...answer.headers }).end(answer.body === null ? '' : JSON.stringify(answer.body))
  } catch {
    // The client went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
}

function answerWithFaults (serving: Serving, request: IncomingMessage, body: string): FhirAnswer | 'silent' | 'dropped' {
  const { state, tokens, retryAfterSeconds } = serving
  const url = new URL(request.url ?? '/', state.url)
  if (url.pathname === '/oauth/token') return tokens.grant(request.headers.authorization, new URLSearchParams(body))
  const fault = serving.strikes()
  const later = { 'retry-after': String(retryAfterSeconds) }
  if (!serving.isUp || fault === 'unavailable') return { status: 503, body: outcome('transient'), headers: later }
  if (fault === 'busy') return { status: 429, body: outcome('throttled'), headers: later }
  if (fault === 'refused') return { status: 422, body: outcome('business-rule') }
  if (fault === 'silent' || fault === 'dropped') return fault
  if (fault === 'expired') tokens.expireAll()
  if (!tokens.isValid(request.headers.authorization)) return { status: 401, body: outcome('login') }
  return answerTo(state, { method: request.method ?? 'GET', url, headers: request.headers, body }, fault)
}

async function readBody (request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function closeServer (server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
