import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { isPushSigned, pushHeaders } from '../push/index.ts'
import { strikingFaults, type Fault, type Striking } from './fault.ts'
import { openJournal, type JournalItem } from './journal.ts'

/** unavailable answers 503; dropped closes the connection before anything is kept, lost afterwards; gone answers 410. */
export type PushFaultKind = 'unavailable' | 'dropped' | 'lost' | 'gone'

export interface PushProviderOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly appId: string
  readonly secret: Uint8Array
  /** Business time, for the items. */
  readonly clock: Clock
  /** Real time, for the age of signatures. */
  readonly realClock: Clock
}

export interface PushProvider {
  readonly url: string
  /** What was pushed, each key once. */
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<PushFaultKind>>) => void
  /** The app is taken from a device, or put on it again. */
  readonly uninstall: (token: string, isGone: boolean) => void
  readonly close: () => Promise<void>
}

interface ProviderState {
  readonly options: PushProviderOptions
  readonly journal: ReturnType<typeof openJournal>
  readonly keys: Map<string, string>
  readonly nonces: Map<string, number>
  readonly gone: Set<string>
  strikes: Striking<PushFaultKind>
}

const freshForMs = 300_000
const maxBodyBytes = 8_192
const kept = 10_000

/** 推送平台: it checks signatures, refuses replays and pushes one key once. */
export async function startPushProvider (options: PushProviderOptions): Promise<PushProvider> {
  const state: ProviderState = { options, journal: openJournal(kept), keys: new Map(), nonces: new Map(), gone: new Set(), strikes: () => null }
  const server = createServer((request, response) => { void serve(state, request, response) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, options.host, resolve) })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host}:${port}/push`,
    items: state.journal.since,
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    uninstall: (token, isGone) => {
      if (isGone) state.gone.add(token)
      else state.gone.delete(token)
    },
    close: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

async function serve (state: ProviderState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request)
    const status = body === null ? 413 : answerTo(state, request, body)
    if (status === null) request.destroy()
    else response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
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

/** Null: no answer at all. */
function answerTo (state: ProviderState, request: IncomingMessage, body: string): number | null {
  if (request.method !== 'POST' || request.url !== '/push') return 404
  if (!isProven(state, request, body)) return 401
  const message = readMessage(body)
  if (message === null || request.headers['idempotency-key'] !== message.key) return 400
  const fault = state.strikes()
  if (fault === 'unavailable') return 503
  if (fault === 'dropped') return null
  if (fault === 'gone' || state.gone.has(message.token)) return 410
  const isKept = keepOnce(state, message, body)
  if (!isKept) return 409
  return fault === 'lost' ? null : 202
}

interface Message {
  readonly token: string
  readonly key: string
  readonly rest: Readonly<Record<string, unknown>>
}

function readMessage (body: string): Message | null {
  const { token, platform, title, text, key } = JSON.parse(body) as Readonly<Record<string, unknown>>
  return typeof token === 'string' && typeof key === 'string' ? { token, key, rest: { token, platform, title, text } } : null
}

/** Answers false where the key was used for other words. */
function keepOnce ({ keys, journal, options }: ProviderState, { key, rest }: Message, body: string): boolean {
  const before = keys.get(key)
  if (before !== undefined) return before === body
  keys.set(key, body)
  for (const old of keys.keys()) if (keys.size > kept) keys.delete(old); else break
  journal.note({ at: options.clock.now(), kind: 'push', key, body: rest })
  return true
}

function isProven ({ options, nonces }: ProviderState, request: IncomingMessage, body: string): boolean {
  const [app, timestamp, nonce, signature] = [pushHeaders.app, pushHeaders.timestamp, pushHeaders.nonce, pushHeaders.signature].map((name) => request.headers[name])
  if (app !== options.appId || typeof timestamp !== 'string' || typeof nonce !== 'string' || typeof signature !== 'string') return false
  const nowMs = options.realClock.now().getTime()
  if (!/^\d{1,15}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp)) > freshForMs) return false
  if (!isPushSigned(options.appId, { timestamp, nonce, body }, { signature, secret: options.secret })) return false
  for (const [seen, atMs] of nonces) if (atMs < nowMs - 2 * freshForMs) nonces.delete(seen); else break
  if (nonces.has(nonce)) return false
  nonces.set(nonce, nowMs)
  return true
}
