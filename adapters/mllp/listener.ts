import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type DescribingRules, resolveCharset, zoneOffsetIn } from '../hl7v2/index.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import type { AwaitOutcome, ReceiveMessage } from '../../core/inbox/index.ts'
import { answerMessage, type Answering } from './answer-message.ts'
import { type Connection, type ConnectionDeps, serveConnection } from './connection.ts'
import type { OnMllpEvent } from './events.ts'
import { allowPeers } from './peers.ts'
import { rejectWith } from './rejecting.ts'
import type { MllpSource } from './source.ts'

export interface MllpListenerDeps {
  readonly receive: ReceiveMessage
  readonly awaitOutcome: AwaitOutcome
  /** Real time: it stamps answers and arrivals. */
  readonly clock: Clock
  readonly ids: Ids
  /** IANA zone of times without offset, and of our own. */
  readonly zone: string
  readonly on: OnMllpEvent
}

export interface MllpListener {
  readonly source: string
  /** The one that was picked where the configuration says 0. */
  readonly port: number
  readonly connections: () => number
  /** Takes no more; settles when what was begun is answered or 5 s are over. */
  readonly close: () => Promise<void>
}

const handshakeTimeoutMs = 10_000
const keepAliveAfterMs = 60_000
const closeGraceMs = 5000

interface Listening {
  readonly source: MllpSource
  readonly deps: MllpListenerDeps
  readonly isAllowed: (address: string) => boolean
  readonly connectionDeps: ConnectionDeps
  readonly sockets: Set<Socket>
  readonly connections: Set<Connection>
}

/** Listens for one source. Refused (REQUEST_INVALID) where its peers or character set make no sense. */
export async function startMllpListener (source: MllpSource, deps: MllpListenerDeps): Promise<MllpListener> {
  const listening: Listening = {
    source, deps, isAllowed: allowPeers(source.peers), connectionDeps: connectionDepsOf(source, deps), sockets: new Set(), connections: new Set()
  }
  const server = source.tls === null ? plainServer(listening) : tlsServer(listening, source.tls)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(source.port, source.host, resolve)
  })
  server.on('error', (error) => { deps.on({ source: source.name, kind: 'failed', reason: error.name }) })
  return {
    source: source.name,
    port: (server.address() as AddressInfo).port,
    connections: () => listening.sockets.size,
    close: () => closeServer(server, listening)
  }
}

function connectionDepsOf (source: MllpSource, { receive, awaitOutcome, clock, ids, zone, on }: MllpListenerDeps): ConnectionDeps {
  const charset = resolveCharset(source.charset)
  if (charset === null) throw new DomainError('REQUEST_INVALID', 'The character set of a source is a name of HL7 table 0211 or GBK, GB2312, UTF-8.', 'sources[].charset')
  const zoneOffset = zoneOffsetIn(zone)
  const rules: DescribingRules = { charset, keyRule: source.keyRule, hospitalId: source.hospitalId, zoneOffset }
  const answering: Answering = { source, rules, receive, awaitOutcome, clock, ids, zoneOffset, on }
  return {
    source: source.name,
    limits: source.limits,
    answer: (bytes) => answerMessage(answering, bytes),
    reject: rejectWith(charset, answering),
    on
  }
}

/** A peer may end its side and still read its answers: allowHalfOpen. */
const socketOptions = { allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: keepAliveAfterMs, noDelay: true }

function plainServer (listening: Listening): Server {
  return createServer(socketOptions, (socket) => {
    if (admit(listening, socket)) serve(listening, socket)
  })
}

function tlsServer (listening: Listening, { key, cert, clientCa }: NonNullable<MllpSource['tls']>): Server {
  const { source: { name }, deps: { on } } = listening
  const server = createTlsServer({
    ...socketOptions,
    key,
    cert,
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeTimeoutMs,
    ...(clientCa === null ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true })
  }, (socket) => { serve(listening, socket) })
  server.on('connection', (socket: Socket) => { admit(listening, socket) })
  server.on('tlsClientError', (_error, socket: Socket) => {
    on({ source: name, kind: 'refused', peer: socket.remoteAddress ?? '', reason: 'tls' })
    socket.destroy()
  })
  return server
}

/** Counts a connection from its first packet on, before any handshake; answers false where it was turned away. */
function admit ({ source, deps: { on }, isAllowed, sockets }: Listening, socket: Socket): boolean {
  const peer = socket.remoteAddress ?? ''
  const reason = !isAllowed(peer) ? 'peer_not_allowed' : sockets.size >= source.limits.maxConnections ? 'too_many_connections' : null
  if (reason !== null) {
    on({ source: source.name, kind: 'refused', peer, reason })
    socket.on('error', () => undefined)
    socket.destroy()
    return false
  }
  sockets.add(socket)
  on({ source: source.name, kind: 'connected', peer, connections: sockets.size })
  socket.on('close', () => {
    sockets.delete(socket)
    on({ source: source.name, kind: 'disconnected', peer, connections: sockets.size })
  })
  return true
}

function serve ({ connectionDeps, connections }: Listening, socket: Socket): void {
  const connection = serveConnection(socket, connectionDeps)
  connections.add(connection)
  socket.on('close', () => { connections.delete(connection) })
}

async function closeServer (server: Server, { connections, sockets }: Listening): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  const served = connections.size
  for (const connection of connections) connection.close()
  if (served === 0) for (const socket of sockets) socket.destroy()
  const late = setTimeout(() => { for (const socket of sockets) socket.destroy() }, closeGraceMs)
  await closed
  clearTimeout(late)
}
