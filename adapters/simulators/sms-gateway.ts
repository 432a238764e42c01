import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { isSignedBy, signatureHeaders } from '../sms/signature.ts'
import { strikingFaults, type Fault, type Striking } from './fault.ts'
import { openJournal, type JournalItem } from './journal.ts'

/**
 * unavailable and busy answer 503 and 429 and keep nothing; refused answers 400; dropped closes the connection before
 * anything is kept; lost keeps the message and then closes, as when the answer is lost on its way back. undelivered: the
 * message is taken and does not reach the phone; receipt_late: three times its receipt is not there yet.
 */
export type SmsFaultKind = 'unavailable' | 'busy' | 'refused' | 'dropped' | 'lost' | 'undelivered' | 'receipt_late'

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
const lateAsks = 3
/** A carrier forgets keys some day. */
const keptKeys = 100_000

interface KeptMessage {
  readonly body: string
  readonly messageId: string
  readonly at: Date
  readonly isDelivered: boolean
  /** Questions for the receipt that are answered with `pending`. */
  lateFor: number
}

interface GatewayState {
  readonly options: SmsGatewayOptions
  readonly journal: ReturnType<typeof openJournal>
  /** By idempotency key. */
  readonly messages: Map<string, KeptMessage>
  /** When each nonce was seen, oldest first. */
  readonly nonces: Map<string, number>
  count: number
  strikes: Striking<SmsFaultKind>
}

/** A carrier's gateway: it checks signatures, refuses replays and sends one key once. */
export async function startSmsGateway (options: SmsGatewayOptions): Promise<SmsGateway> {
  const state: GatewayState = { options, journal: openJournal(keptItems), messages: new Map(), nonces: new Map(), count: 0, strikes: () => null }
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
    const answer = body === null ? { status: 413 } : answerTo(state, request, body)
    if (answer === null) request.destroy()
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.receipt ?? { status: answer.status }))
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

interface Answer {
  readonly status: number
  readonly receipt?: Readonly<Record<string, unknown>>
}

/** Null: no answer at all. */
function answerTo (state: GatewayState, request: IncomingMessage, body: string): Answer | null {
  if (request.method === 'GET' && request.url?.startsWith('/messages/') === true) return receiptTo(state, request, request.url)
  if (request.method !== 'POST' || request.url !== '/messages') return { status: 404 }
  const status = statusOfMessage(state, request, body)
  return status === null ? null : { status }
}

/** 回执查询, signed over its path. */
function receiptTo (state: GatewayState, request: IncomingMessage, path: string): Answer {
  const refusal = refuseSignature(state, request, path)
  if (refusal !== null) return { status: refusal }
  const message = state.messages.get(decodeURIComponent(path.slice('/messages/'.length)))
  if (message === undefined) return { status: 404 }
  const { messageId, at, isDelivered } = message
  if (message.lateFor > 0) {
    message.lateFor -= 1
    return { status: 200, receipt: { messageId, status: 'pending' } }
  }
  return { status: 200, receipt: isDelivered ? { messageId, status: 'delivered', at: at.toISOString() } : { messageId, status: 'undelivered', code: 'PHONE_UNREACHABLE' } }
}

/** The HTTP status, or null for no answer at all. */
function statusOfMessage (state: GatewayState, request: IncomingMessage, body: string): number | null {
  const refusal = refuseSignature(state, request, body)
  if (refusal !== null) return refusal
  const message = readMessage(body)
  if (message === null || request.headers['idempotency-key'] !== message.key) return 400
  const fault = state.strikes()
  if (fault === 'unavailable' || fault === 'busy' || fault === 'refused' || fault === 'dropped') return { unavailable: 503, busy: 429, refused: 400, dropped: null }[fault]
  const before = state.messages.get(message.key)
  if (before !== undefined && before.body !== body) return 409
  if (before === undefined) keepMessage(state, message, { body, fault })
  return fault === 'lost' ? null : 202
}

function keepMessage (state: GatewayState, { key, ...rest }: SmsRequest, { body, fault }: { readonly body: string, readonly fault: SmsFaultKind | null }): void {
  const at = state.options.clock.now()
  state.count += 1
  state.messages.set(key, { body, messageId: `SMS${String(state.count).padStart(10, '0')}`, at, isDelivered: fault !== 'undelivered', lateFor: fault === 'receipt_late' ? lateAsks : 0 })
  for (const old of state.messages.keys()) if (state.messages.size > keptKeys) state.messages.delete(old); else break
  state.journal.note({ at, kind: 'sms', key, body: rest })
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
