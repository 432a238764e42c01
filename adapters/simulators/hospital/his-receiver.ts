import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { Clock } from '../../../core/clock.ts'
import { buildAck, decodeText, encodeText, readHeader, type MessageHeader, zoneOffsetIn } from '../../hl7v2/index.ts'
import { frame, makeFramer } from '../../mllp/frames.ts'
import { strikingFaults, type Fault, type Striking } from '../fault.ts'
import { openJournal, type JournalItem } from '../journal.ts'
import type { BookingDesk } from './booking-desk.ts'
import type { HisDesk } from './his-desk.ts'

/**
 * silent keeps the message and never answers; hung_up keeps it and closes; ack_split answers in two packets; wrong_msa
 * answers for another message first; slow answers late. error (AE) and reject (AR) keep nothing; garbage answers with
 * what is no HL7; lost hangs up before it has anything.
 */
export type ReceiverFaultKind = 'lost' | 'silent' | 'hung_up' | 'ack_split' | 'wrong_msa' | 'slow' | 'error' | 'reject' | 'garbage'

interface HisReceiverOptions {
  readonly hospital: string
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  readonly tls: TlsOptions | null
  /** Business time, for the items. */
  readonly clock: Clock
  readonly slowMs: number
  /** What the HIS does with what it takes, and how it answers queries; null: it only keeps. */
  readonly desk?: Pick<HisDesk, 'answer' | 'take'> | null
  /** Answers requests and queries for appointments. */
  readonly booking?: Pick<BookingDesk, 'reply'> | null
}

export interface HisReceiver {
  readonly port: number
  /** Messages that were kept, each MSH-10 once, in the order of their first arrival. */
  readonly items: (since: Date | null) => readonly JournalItem[]
  /** MSH-10 of everything that came, repeats included. */
  readonly arrivals: () => readonly string[]
  /** Settles when so many different messages were kept. */
  readonly holds: (messages: number) => Promise<void>
  readonly setFaults: (faults: ReadonlyArray<Fault<ReceiverFaultKind>>) => void
  /** Down, nobody listens at the port any more and connections are cut. */
  readonly setUp: (isUp: boolean) => Promise<void>
  readonly close: () => Promise<void>
}

interface State {
  readonly options: HisReceiverOptions
  readonly journal: ReturnType<typeof openJournal>
  readonly kept: Set<string>
  readonly arrivals: string[]
  readonly sockets: Set<Socket>
  readonly timers: Set<NodeJS.Timeout>
  readonly waiting: Set<() => void>
  strikes: Striking<ReceiverFaultKind>
  server: Server | null
  port: number
  answers: number
}

const keptItems = 5_000
const mostMessageBytes = 16 * 1024 * 1024
const zoneOffset = zoneOffsetIn('Asia/Shanghai')

/** The side of a HIS that takes messages: it keeps each MSH-10 once and answers every copy. */
export async function startHisReceiver (options: HisReceiverOptions): Promise<HisReceiver> {
  const state: State = {
    options, journal: openJournal(keptItems), kept: new Set(), arrivals: [], sockets: new Set(), timers: new Set(), waiting: new Set(), strikes: () => null, server: null, port: options.port, answers: 0
  }
  await listen(state)
  return {
    port: state.port,
    items: state.journal.since,
    arrivals: () => [...state.arrivals],
    holds: (messages) => holds(state, messages),
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    setUp: async (isUp) => {
      if (isUp && state.server === null) await listen(state)
      if (!isUp) await stop(state)
    },
    close: () => stop(state)
  }
}

function holds (state: State, messages: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (state.kept.size < messages) return
      state.waiting.delete(look)
      resolve()
    }
    state.waiting.add(look)
    look()
  })
}

async function listen (state: State): Promise<void> {
  const { options: { host, tls } } = state
  const serve = (socket: Socket): void => { take(state, socket) }
  const server = tls === null ? createServer({ noDelay: true }, serve) : createTlsServer(tls, serve)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(state.port, host, resolve) })
  state.server = server
  state.port = (server.address() as AddressInfo).port
}

async function stop (state: State): Promise<void> {
  const { server, sockets, timers } = state
  state.server = null
  for (const timer of timers) clearTimeout(timer)
  timers.clear()
  if (server === null) return
  const closed = new Promise((resolve) => { server.close(resolve) })
  for (const socket of sockets) socket.destroy()
  await closed
}

function take (state: State, socket: Socket): void {
  const { sockets } = state
  sockets.add(socket)
  const framer = makeFramer({ maxMessageBytes: mostMessageBytes })
  socket.on('error', () => undefined)
  socket.on('close', () => { sockets.delete(socket) })
  socket.on('data', (chunk: Buffer) => {
    for (const event of framer.push(chunk)) if (event.kind === 'frame') answer(state, socket, event.bytes)
  })
}

function answer (state: State, socket: Socket, bytes: Buffer): void {
  const header = readHeader(bytes, 'utf8')
  if (header === null) return
  const controlId = header.raw(10)
  state.arrivals.push(controlId)
  if (state.arrivals.length > keptItems) state.arrivals.shift()
  const fault = state.strikes()
  if (fault === 'error' || fault === 'reject') return send(socket, ackOf(state, header, fault === 'error' ? 'AE' : 'AR'))
  if (fault === 'lost') return void socket.destroy()
  const response = state.options.desk?.answer(decodeText(bytes, header.charset)) ?? null
  if (response !== null) return answerKept(state, socket, { ack: encodeText(response, 'utf8'), fault })
  keep(state, header, bytes)
  answerKept(state, socket, { ack: replyTo(state, header, bytes), fault })
}

function replyTo (state: State, header: MessageHeader, bytes: Buffer): Buffer {
  const reply = state.options.booking?.reply(decodeText(bytes, header.charset)) ?? null
  return reply === null ? ackOf(state, header, 'AA') : encodeText(reply, 'utf8')
}

function answerKept (state: State, socket: Socket, { ack, fault }: { readonly ack: Buffer, readonly fault: Exclude<ReceiverFaultKind, 'error' | 'reject' | 'lost'> | null }): void {
  switch (fault) {
    case null: break
    case 'silent': return
    case 'hung_up': socket.destroy(); return
    case 'garbage': socket.write('HTTP/1.1 400 Bad Request\r\n\r\n\x1c\r'); return
    case 'wrong_msa': send(socket, Buffer.from(ack.toString('latin1').replace(/(MSA\|AA\|)[^\r|]*/, '$1ANOTHER'), 'latin1')); break
    case 'ack_split': return sendInTwo(state, socket, frame(ack))
    case 'slow': return later(state, () => { send(socket, ack) })
  }
  send(socket, ack)
}

function keep (state: State, header: MessageHeader, bytes: Buffer): void {
  const controlId = header.raw(10)
  if (state.kept.has(controlId)) return
  state.kept.add(controlId)
  for (const oldest of state.kept) if (state.kept.size > keptItems) state.kept.delete(oldest); else break
  const type = [header.component(9, 1), header.component(9, 2)].join('^')
  state.journal.note({ at: state.options.clock.now(), kind: 'received', key: controlId, body: { hospital: state.options.hospital, controlId, type, message: decodeText(bytes, header.charset) } })
  for (const look of state.waiting) look()
  state.options.desk?.take(decodeText(bytes, header.charset))
}

function ackOf (state: State, header: MessageHeader, code: 'AA' | 'AE' | 'AR'): Buffer {
  const error = code === 'AA' ? null : { code: 'REQUEST_INVALID', kind: 'invalid' as const, detail: 'A fault that was asked for.', place: null, severity: 'E' as const }
  return buildAck(header, { code, id: `R${state.answers += 1}`, at: state.options.clock.now(), error }, zoneOffset)
}

function send (socket: Socket, ack: Buffer): void {
  socket.write(frame(ack))
}

/** The second packet leaves when the first is gone. */
function sendInTwo (state: State, socket: Socket, framed: Buffer): void {
  const half = framed.length >> 1
  socket.write(framed.subarray(0, half), () => { later(state, () => { socket.write(framed.subarray(half)) }, 5) })
}

function later (state: State, work: () => void, afterMs = state.options.slowMs): void {
  const timer = setTimeout(() => {
    state.timers.delete(timer)
    work()
  }, afterMs)
  state.timers.add(timer)
}
