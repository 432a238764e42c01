import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { isSignedBy, signatureHeaders } from '../sms/signature.ts'
import { strikingFaults, type Fault, type Striking } from './fault.ts'
import { openJournal, type JournalItem } from './journal.ts'

/**
 * unavailable and busy answer 503 and 429 and keep nothing; refused answers 400; dropped closes the connection before
 * anything is kept; lost keeps the message and then closes, as when the answer is lost on its way back.
 */
export type SmsFaultKind = 'unavailable' | 'busy' | 'refused' | 'dropped' | 'lost'

interface SmsGatewayOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly secret: Uint8Array
  /** Business time, for the items. */
  readonly clock: Clock
  /** Real time, for the age of signatures. */
  readonly realClock: Clock
}

export interface SmsGateway {
  readonly url: string
  /** Messages that were sent, each key once. */
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<SmsFaultKind>>) => void
  readonly close: () => Promise<void>
}

/** How old a signature may be, and how long a nonce is remembered. */
const freshForMs = 300_000
const maxBodyBytes = 16_384
const keptItems = 10_000

interface GatewayState {
  readonly options: SmsGatewayOptions
  readonly journal: ReturnType<typeof openJournal>
  /** Body by idempotency key. */
  readonly bodies: Map<string, string>
  /** When each nonce was seen, oldest first. */
  readonly nonces: Map<string, number>
  strikes: Striking<SmsFaultKind>
}

/** A carrier's gateway: it checks signatures, refuses replays and sends one key once. */
export async function startSmsGateway (options: SmsGatewayOptions): Promise<SmsGateway> {
  const state: GatewayState = { options, journal: openJournal(keptItems), bodies: new Map(), nonces: new Map(), strikes: () => null }
  const server = createServer((request, response) => { void serve(state, request, response) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, options.host, resolve) })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host}:${port}/messages`,
    items: state.journal.since,
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    close: async () => closeServer(server)
  }
}

async function serve (state: GatewayState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request)
    const status = body === null ? 413 : answerTo(state, request, body)
    if (status === null) request.destroy()
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ status }))
  } catch {
    // The sender went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
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

/** The HTTP status, or null for no answer at all. */
function answerTo (state: GatewayState, request: IncomingMessage, body: string): number | null {
  if (request.method !== 'POST' || request.url !== '/messages') return 404
  const refusal = refuseSignature(state, request, body)
  if (refusal !== null) return refusal
  const message = readMessage(body)
  if (message === null || request.headers['idempotency-key'] !== message.key) return 400
  const fault = state.strikes()
  if (fault !== null && fault !== 'lost') return { unavailable: 503, busy: 429, refused: 400, dropped: null }[fault]
  const before = state.bodies.get(message.key)
  if (before !== undefined && before !== body) return 409
  if (before === undefined) {
    const { key, ...rest } = message
    state.bodies.set(key, body)
    state.journal.note({ at: state.options.clock.now(), kind: 'sms', key, body: rest })
  }
  return fault === 'lost' ? null : 202
}

/** 401 for a wrong or stale signature, 409 for a nonce that was seen before. */
function refuseSignature (state: GatewayState, request: IncomingMessage, body: string): number | null {
  const [timestamp, nonce, signature] = [signatureHeaders.timestamp, signatureHeaders.nonce, signatureHeaders.signature].map((name) => request.headers[name])
  if (typeof timestamp !== 'string' || typeof nonce !== 'string' || typeof signature !== 'string') return 401
  const nowMs = state.options.realClock.now().getTime()
  const isFresh = /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs - Number(timestamp) * 1000) <= freshForMs
  if (!isFresh || !isSignedBy({ timestamp, nonce, body }, signature, state.options.secret)) return 401
  // A time stamp may lie ahead by as much as it may lie behind, so a nonce is kept for both.
  for (const [seen, at] of state.nonces) if (at < nowMs - 2 * freshForMs) state.nonces.delete(seen); else break
  if (state.nonces.has(nonce)) return 409
  state.nonces.set(nonce, nowMs)
  return null
}

interface SmsRequest {
  readonly to: string
  readonly templateId: string
  readonly params: Readonly<Record<string, string>>
  readonly key: string
}

function readMessage (body: string): SmsRequest | null {
  const value = parseJson(body)
  if (typeof value !== 'object' || value === null) return null
  const { to, templateId, params, key } = value as Record<string, unknown>
  const isComplete = [to, templateId, key].every((text) => typeof text === 'string' && text !== '')
  if (!isComplete || typeof params !== 'object' || params === null || Object.values(params).some((text) => typeof text !== 'string')) return null
  return { to, templateId, params, key } as SmsRequest
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function closeServer (server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
