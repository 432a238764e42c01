import { connect, type Socket } from 'node:net'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { DomainError } from '../../core/errors.ts'
import { parseMessage } from '../hl7v2/index.ts'
import { frame, makeFramer, type FrameEvent } from '../mllp/frames.ts'
import { strikingFaults, type Fault, type Striking } from './fault.ts'
import { seededChance, type Chance } from './random.ts'

/**
 * close_mid_frame hangs up inside a message, close_before_ack right behind it; split_packets sends it in shreds,
 * duplicate_send twice in a row.
 */
export type SenderFaultKind = 'close_mid_frame' | 'close_before_ack' | 'split_packets' | 'duplicate_send'

export interface MllpSenderOptions {
  readonly host: string
  readonly port: number
  readonly ackTimeoutMs: number
  /** Before it connects again. */
  readonly retryAfterMs: number
  /** Of the places where faults strike inside a message. */
  readonly seed: number
}

interface Answer {
  /** MSA-1. */
  readonly code: string
  /** MSA-2; empty where the receiver could not read the header. */
  readonly controlId: string
  readonly text: string
}

export interface MllpSender {
  /**
   * Settles with the answer that names this message; sends the same bytes again after a time-out or a lost
   * connection, for ever, until it is closed (OUTSIDE_UNAVAILABLE). Messages wait for each other.
   */
  readonly send: (message: OutgoingMessage) => Promise<Answer>
  readonly setFaults: (faults: ReadonlyArray<Fault<SenderFaultKind>>) => void
  readonly close: () => void
}

interface OutgoingMessage {
  /** MSH-10, as it stands in the bytes. */
  readonly controlId: string
  readonly bytes: Buffer
}

const longestAnswerBytes = 65_536

interface SenderState {
  readonly options: MllpSenderOptions
  readonly chance: Chance
  readonly closing: AbortController
  strikes: Striking<SenderFaultKind>
  socket: Socket | null
  waiting: { readonly controlId: string, readonly settle: (answer: Answer | null) => void } | null
  last: Promise<unknown>
}

/** Speaks MLLP as a careful HIS does: one message in flight, and an answer counts only when its MSA-2 is the message's MSH-10. */
export function createMllpSender (options: MllpSenderOptions): MllpSender {
  const state: SenderState = {
    options, chance: seededChance(options.seed), closing: new AbortController(), strikes: () => null, socket: null, waiting: null, last: Promise.resolve()
  }
  return {
    send: (message) => {
      const sent = state.last.then(() => deliver(state, message))
      state.last = sent.catch(() => undefined)
      return sent
    },
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    close: () => {
      state.closing.abort()
      hangUp(state)
    }
  }
}

async function deliver (state: SenderState, message: OutgoingMessage): Promise<Answer> {
  const { signal } = state.closing
  while (!signal.aborted) {
    const answer = await attempt(state, message)
    if (answer !== null) return answer
    await pause(state.options.retryAfterMs, undefined, { signal }).catch(() => undefined)
  }
  throw new DomainError('OUTSIDE_UNAVAILABLE', 'The sender was closed before the message was answered; send it again.')
}

/** Null where no answer came, for whatever reason; the connection is gone then. */
async function attempt (state: SenderState, message: OutgoingMessage): Promise<Answer | null> {
  const socket = state.socket ?? await open(state)
  if (socket === null || socket.destroyed) return null
  const answered = new Promise<Answer | null>((resolve) => { state.waiting = { controlId: message.controlId, settle: resolve } })
  const timer = setTimeout(() => { hangUp(state) }, state.options.ackTimeoutMs)
  try {
    await write(state, socket, frame(message.bytes))
    return await answered
  } finally {
    clearTimeout(timer)
  }
}

function open (state: SenderState): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: state.options.host, port: state.options.port, noDelay: true })
    const framer = makeFramer({ maxMessageBytes: longestAnswerBytes })
    const stop = (): void => { socket.destroy() }
    state.closing.signal.addEventListener('abort', stop, { once: true })
    socket.once('connect', () => {
      state.socket = socket
      resolve(socket)
    })
    socket.on('data', (bytes) => { for (const event of framer.push(bytes)) take(state, event) })
    // An error is always followed by close; what failed does not matter, the message is sent again.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      state.closing.signal.removeEventListener('abort', stop)
      if (state.socket === socket) hangUp(state)
      resolve(null)
    })
  })
}

function hangUp (state: SenderState): void {
  const { socket, waiting } = state
  state.socket = null
  state.waiting = null
  socket?.destroy()
  waiting?.settle(null)
}

/** An answer to an earlier copy names another message, or nothing waits any more: it is dropped. */
function take (state: SenderState, event: FrameEvent): void {
  if (event.kind !== 'frame') return
  const answer = readAnswer(event.bytes)
  const isOurs = state.waiting !== null && (answer.controlId === state.waiting.controlId || answer.controlId === '')
  if (!isOurs) return
  const { waiting } = state
  state.waiting = null
  waiting?.settle(answer)
}

function readAnswer (bytes: Buffer): Answer {
  const text = bytes.toString('latin1')
  const message = parseMessage(text)
  return { code: message.get('MSA-1') ?? '', controlId: message.get('MSA-2') ?? '', text }
}

async function write (state: SenderState, socket: Socket, framed: Buffer): Promise<void> {
  switch (state.strikes()) {
    case null:
      socket.write(framed)
      return
    case 'duplicate_send':
      socket.write(framed)
      socket.write(framed)
      return
    case 'split_packets':
      return await writeShreds(state, socket, framed)
    case 'close_mid_frame':
      socket.write(framed.subarray(0, 1 + state.chance.below(framed.length - 1)), () => { hangUp(state) })
      return
    case 'close_before_ack':
      socket.write(framed, () => { hangUp(state) })
  }
}

async function writeShreds (state: SenderState, socket: Socket, framed: Buffer): Promise<void> {
  for (let start = 0; start < framed.length;) {
    const end = start + 1 + state.chance.below(Math.ceil(framed.length / 4))
    socket.write(framed.subarray(start, end))
    start = end
    await turn()
  }
}
