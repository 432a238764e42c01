import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Test } from 'tap'
import { decodeText, encodeText, parseMessage } from '../../../adapters/hl7v2/index.ts'
import { frame, makeFramer, type MllpEvent, type MllpLimits, type MllpListener, type MllpSource, startMllpListener } from '../../../adapters/mllp/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { MessageOutcome, NewMessage, Receipt, ReceiveMessage } from '../../../core/inbox/index.ts'

const limits: MllpLimits = { maxMessageBytes: 16 * 1024 * 1024, maxConnections: 100, idleTimeoutMs: 60_000, messageTimeoutMs: 60_000, applyTimeoutMs: 1000 }

export interface Inbox {
  readonly receive: ReceiveMessage
  readonly messages: NewMessage[]
  /** How often `receive` was called. */
  calls: number
  isDown: boolean
}

/** Keeps what the contract says is kept: first come by its key, the same content again is a duplicate, other content a conflict. */
export function memoryInbox (): Inbox {
  const inbox: Inbox = {
    messages: [],
    calls: 0,
    isDown: false,
    receive: async (message): Promise<Receipt> => {
      inbox.calls++
      if (inbox.isDown) throw new DomainError('STORE_UNAVAILABLE', 'The disk is full; make room.')
      const known = inbox.messages.findIndex(({ dedupeKey }) => dedupeKey !== null && dedupeKey === message.dedupeKey)
      const first = inbox.messages[known]
      if (first !== undefined && first.contentHash === message.contentHash) return { kind: 'duplicate', id: first.id, sequence: known, ack: first.ack }
      inbox.messages.push(first === undefined ? message : { ...message, dedupeKey: null })
      return { kind: first === undefined ? 'stored' : 'conflict', id: message.id, sequence: inbox.messages.length - 1, ack: message.ack }
    }
  }
  return inbox
}

export interface Listening {
  readonly listener: MllpListener
  readonly inbox: Inbox
  readonly events: MllpEvent[]
}

export async function listen (t: Test, { limits: some, inbox = memoryInbox(), outcome = async () => ({ kind: 'applied' }), ...source }:
Partial<Omit<MllpSource, 'limits'>> & { limits?: Partial<MllpLimits>, inbox?: Inbox, outcome?: (id: string, timeoutMs: number) => Promise<MessageOutcome> } = {}): Promise<Listening> {
  const events: MllpEvent[] = []
  let ids = 0
  const listener = await startMllpListener({
    name: 'east', hospitalId: 'east', host: '127.0.0.1', port: 0, peers: [], tls: null, charset: 'UTF-8', mappingSite: 'base', ack: 'stored', keyRule: 'control_id', ...source,
    limits: { ...limits, ...some }
  }, {
    receive: inbox.receive,
    awaitOutcome: outcome,
    clock: { now: () => new Date('2026-03-02T00:30:01Z') },
    ids: { next: () => `id-${++ids}` },
    zone: 'Asia/Shanghai',
    on: (event) => events.push(event)
  })
  t.teardown(() => listener.close())
  return { listener, inbox, events }
}

export interface Peer {
  readonly socket: Socket
  readonly send: (bytes: string | Uint8Array) => Promise<void>
  /** The next answer, whole. */
  readonly answer: () => Promise<Buffer>
  /** MSA-1 and MSA-2 of the next answers. */
  readonly verdicts: (count: number) => Promise<string[]>
  /** Settles when the other side has ended; gives what came until then. */
  readonly ended: () => Promise<Buffer>
}

export async function dial (t: Test, port: number): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return peerOn(t, socket)
}

export function peerOn (t: Test, socket: Socket): Peer {
  t.teardown(() => { socket.destroy() })
  const framer = makeFramer({ maxMessageBytes: 1_000_000 })
  const answers: Buffer[] = []
  const rest: Buffer[] = []
  let wake = (): void => undefined
  socket.on('data', (chunk: Buffer) => {
    rest.push(chunk)
    for (const event of framer.push(chunk)) if (event.kind === 'frame') answers.push(event.bytes)
    wake()
  })
  socket.on('error', () => { wake() })
  socket.on('close', () => { wake() })
  const answer = async (): Promise<Buffer> => {
    for (;;) {
      const next = answers.shift()
      if (next !== undefined) return next
      if (socket.destroyed || socket.readableEnded) throw new Error('the connection ended without an answer')
      await new Promise<void>((resolve) => { wake = resolve })
    }
  }
  return {
    socket,
    send: (bytes) => new Promise((resolve) => { socket.write(bytes, () => { resolve() }) }),
    answer,
    verdicts: async (count) => {
      const verdicts: string[] = []
      while (verdicts.length < count) verdicts.push(verdictOf(await answer()))
      return verdicts
    },
    ended: async () => {
      while (!socket.readableEnded && !socket.destroyed) await new Promise<void>((resolve) => { wake = resolve })
      return Buffer.concat(rest)
    }
  }
}

export function verdictOf (answer: Buffer): string {
  const message = parseMessage(answer.toString('latin1'))
  return `${message.get('MSA-1') ?? ''} ${message.get('MSA-2') ?? ''}`.trim()
}

/** A registration; `more` are MSH-13 to -18. */
export function registration (controlId: string, { version = '2.5.1', more = '', body = 'PID|1||P1^^^EAST^MR', charset = 'utf8', end = '\r' } = {}): Buffer {
  return encodeText([`MSH|^~\\&|HIS|EAST|YIQIAO|HUB|20260302083000||ADT^A04^ADT_A01|${controlId}|P|${version}${more}`, ...body.split('\r'), ''].join(end), charset)
}

export function framed (controlId: string, options: Parameters<typeof registration>[1] = {}): Buffer {
  return frame(registration(controlId, options))
}

export function segmentsOf (answer: Buffer, charset = 'utf8'): string[] {
  return decodeText(answer, charset).split('\r').filter((segment) => segment !== '')
}
