import { createServer, type AddressInfo, type Socket } from 'node:net'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'
import type { ViewDatabase } from './database.ts'
import { encryption, preloginAnswer, readBatch, readEncryption, readLogin } from './login.ts'
import { messageReader, packetsOf, packetTypes, type TdsMessage } from './packets.ts'
import { runQuery } from './run-query.ts'
import { tlsTunnel, type TlsIdentity, type TlsTunnel } from './tls-tunnel.ts'
import { cancelled, loginAccepted, nothingToSay, refused, resultSet } from './tokens.ts'
import { readRpc, type SqlValue } from './values.ts'

/**
 * login_refused answers error 18456. slow answers only when the client gives up. dropped closes the connection in the
 * middle of a result. column_missing answers 207, deadlock 1205, both to a read of a view.
 */
export type SqlFaultKind = 'login_refused' | 'slow' | 'dropped' | 'column_missing' | 'deadlock'

interface SqlServerOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly database: ViewDatabase
  readonly user: string
  readonly password: string
  /** Null: the server knows no encryption. */
  readonly tls: TlsIdentity | null
}

export interface SimulatedSqlServer {
  readonly port: number
  readonly setFaults: (faults: ReadonlyArray<Fault<SqlFaultKind>>) => void
  /** Down: connections are cut, and new ones too. */
  readonly setUp: (isUp: boolean) => void
  /** Texts of the statements that read views, oldest first, the newest only. */
  readonly statements: () => readonly string[]
  readonly close: () => Promise<void>
}

interface ServerState {
  readonly options: SqlServerOptions
  readonly sockets: Set<Socket>
  readonly statements: string[]
  loginStrikes: Striking<SqlFaultKind>
  readStrikes: Striking<SqlFaultKind>
  isUp: boolean
}

const keptStatements = 500

/**
 * A small SQL Server for tests and the demo: MS-TDS 7.4 with PRELOGIN, LOGIN7 (SQL Server authentication), optional
 * TLS, batches and sp_executesql. What it does with a statement is told in run-query.ts: it knows no T-SQL.
 */
export async function startSqlServer (options: SqlServerOptions): Promise<SimulatedSqlServer> {
  const state: ServerState = { options, sockets: new Set(), statements: [], loginStrikes: () => null, readStrikes: () => null, isUp: true }
  const server = createServer((socket) => { serve(state, socket) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, options.host, resolve) })
  const cut = (): void => { for (const socket of state.sockets) socket.destroy() }
  return {
    port: (server.address() as AddressInfo).port,
    setFaults: (faults) => {
      state.loginStrikes = strikingFaults(faults.filter(({ kind }) => kind === 'login_refused'))
      state.readStrikes = strikingFaults(faults.filter(({ kind }) => kind !== 'login_refused'))
    },
    setUp: (isUp) => {
      state.isUp = isUp
      if (!isUp) cut()
    },
    statements: () => [...state.statements],
    close: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      cut()
    })
  }
}

interface Session {
  readonly socket: Socket
  tunnel: TlsTunnel | null
  /** Encryption was agreed on, and the handshake comes next. */
  isSecured: boolean
  /** A statement is under way that answers only when it is cancelled. */
  isHanging: boolean
}

function serve (state: ServerState, socket: Socket): void {
  if (!state.isUp) {
    socket.destroy()
    return
  }
  state.sockets.add(socket)
  const session: Session = { socket, tunnel: null, isSecured: false, isHanging: false }
  const guarded = (work: () => void): void => {
    try {
      work()
    } catch {
      // What a client sent is no TDS that is simulated; there is no sensible answer to it.
      socket.destroy()
    }
  }
  const read = messageReader((message) => { answer(state, session, message) })
  socket.on('data', (chunk: Buffer) => { guarded(() => { receive(state, session, chunk, read) }) })
  socket.on('error', () => { socket.destroy() })
  socket.on('close', () => {
    state.sockets.delete(socket)
    session.tunnel?.close()
  })
}

function receive ({ options }: ServerState, session: Session, chunk: Buffer, read: (data: Buffer) => void): void {
  if (!session.isSecured || options.tls === null) {
    read(chunk)
    return
  }
  session.tunnel ??= tlsTunnel(options.tls, {
    write: (data) => { session.socket.write(data) },
    onData: read,
    onError: () => { session.socket.destroy() }
  })
  session.tunnel.receive(chunk)
}

function send ({ tunnel, socket }: Session, data: Buffer): void {
  const packets = packetsOf(data)
  if (tunnel === null) socket.write(packets)
  else tunnel.send(packets)
}

function answer (state: ServerState, session: Session, { type, data }: TdsMessage): void {
  switch (type) {
    case packetTypes.prelogin: {
      const encrypts = state.options.tls !== null && readEncryption(data) !== encryption.notSupported
      send(session, preloginAnswer(encrypts ? encryption.on : encryption.notSupported))
      session.isSecured = encrypts
      return
    }
    case packetTypes.login: answerLogin(state, session, data); return
    case packetTypes.batch: answerRead(state, session, { text: readBatch(data), parameters: new Map(), isCall: false }); return
    case packetTypes.rpc: {
      const call = readRpc(data)
      if (call === null) send(session, refused({ number: 2812, text: 'Could not find stored procedure.' }))
      else answerRead(state, session, { text: call.statement, parameters: call.parameters, isCall: true })
      return
    }
    case packetTypes.attention:
      if (session.isHanging) send(session, nothingToSay())
      session.isHanging = false
      send(session, cancelled())
      return
    default: session.socket.destroy()
  }
}

function answerLogin ({ options, loginStrikes }: ServerState, session: Session, data: Buffer): void {
  const login = readLogin(data)
  const isKnown = login.user === options.user && login.password === options.password
  if (isKnown && loginStrikes() === null) send(session, loginAccepted(login.database))
  else send(session, refused({ number: 18456, text: 'Login failed.' }))
}

interface Read {
  readonly text: string
  readonly parameters: ReadonlyMap<string, SqlValue>
  readonly isCall: boolean
}

function answerRead (state: ServerState, session: Session, { text, parameters, isCall }: Read): void {
  if (/^(set|use) /i.test(text)) {
    send(session, nothingToSay())
    return
  }
  const isOfView = / from /.test(text)
  if (isOfView) keepStatement(state, text)
  const fault = isOfView ? state.readStrikes() : null
  if (fault === 'slow') {
    session.isHanging = true
    return
  }
  if (fault === 'deadlock') return send(session, refused({ number: 1205, text: 'Transaction was deadlocked and has been chosen as the deadlock victim. Rerun the transaction.', class: 13 }))
  if (fault === 'column_missing') return send(session, refused({ number: 207, text: 'Invalid column name.' }))
  const result = runQuery(state.options.database, text, parameters)
  if ('number' in result) return send(session, refused(result))
  const whole = resultSet(result.columns, result.rows, isCall)
  if (fault !== 'dropped') return send(session, whole)
  session.socket.end(packetsOf(whole).subarray(0, Math.max(9, Math.floor(whole.length / 2))), () => { session.socket.destroy() })
}

function keepStatement ({ statements }: ServerState, text: string): void {
  statements.push(text)
  if (statements.length > keptStatements) statements.splice(0, statements.length - keptStatements)
}
