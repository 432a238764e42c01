import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { ConnectionStatus } from '../../core/operations/index.ts'
import type { Answer, Carrier } from '../../core/outbound/index.ts'
import { readHeader } from '../hl7v2/index.ts'
import { answerOf, type ReadAnswer } from './answer.ts'
import { detailOf, dial, isAboutCertificates, type Dialled } from './dial.ts'
import { frame, makeFramer, type FrameEvent } from './frames.ts'

export interface MllpClientOptions extends Dialled {
  /** From the message to its answer; also how long a connection may take to come up, at most 10 s. */
  readonly ackTimeoutMs: number
  /** Business time, for `status`. */
  readonly clock: Clock
  readonly on?: (event: MllpClientEvent) => void
}

/** foreign_answer: one that names another message, or none; it is passed over. */
export interface MllpClientEvent {
  readonly kind: 'connected' | 'disconnected' | 'foreign_answer' | 'timed_out' | 'garbage'
}

export interface MllpClient extends Carrier {
  readonly status: () => ConnectionStatus
  /** Takes no more; settles when the message in flight is answered or 5 s are over. */
  readonly close: () => Promise<void>
}

const mostAnswerBytes = 65_536
const mostConnectMs = 10_000
const closeGraceMs = 5_000

interface InFlight {
  readonly controlId: string
  /** MSH-16 asks for the application's answer after the accept one (HL7 v2.5.1 §2.9.3). */
  readonly wantsApplication: boolean
  /** The accept answer, where the application's is still awaited. */
  accepted: Answer | null
  readonly settle: (answer: Answer | DomainError) => void
}

interface State {
  readonly options: MllpClientOptions
  socket: Socket | null
  inFlight: InFlight | null
  last: Promise<unknown>
  isClosing: boolean
  status: ConnectionStatus
}

/**
 * Sends to one destination: one connection, kept between messages, and one message in flight. An answer counts only
 * when its MSA-2 is the message's MSH-10. After a time-out the connection is closed, so that a late answer cannot meet
 * the next message; whoever sends again does so with the same bytes.
 */
export function mllpClient (options: MllpClientOptions): MllpClient {
  const state: State = {
    options, socket: null, inFlight: null, last: Promise.resolve(), isClosing: false,
    status: { state: 'starting', since: options.clock.now(), code: null, detail: null, lastAt: null }
  }
  return {
    send: (message) => {
      const sent = state.last.then(() => send(state, message))
      state.last = sent.catch(() => undefined)
      return sent
    },
    status: () => state.status,
    close: async () => {
      state.isClosing = true
      const late = setTimeout(() => { hangUp(state, unavailable('The client was closed before the answer came.')) }, closeGraceMs)
      await state.last
      clearTimeout(late)
      hangUp(state, null)
    }
  }
}

const down = (detail: string): DomainError => new DomainError('OUTSIDE_DOWN', detail)
const unavailable = (detail: string): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', detail)

async function send (state: State, { controlId, content }: Parameters<Carrier['send']>[0]): Promise<Answer> {
  if (state.isClosing) throw down('The client is closed; it is sent after the restart.')
  const socket = state.socket ?? await open(state)
  const outcome = await new Promise<Answer | DomainError>((resolve) => {
    const timer = setTimeout(() => { timedOut(state) }, state.options.ackTimeoutMs)
    state.inFlight = {
      controlId,
      wantsApplication: wantsApplication(content),
      accepted: null,
      settle: (answer) => {
        clearTimeout(timer)
        state.inFlight = null
        resolve(answer)
      }
    }
    socket.write(frame(content))
  })
  if (outcome instanceof DomainError) {
    note(state, 'down', outcome)
    throw outcome
  }
  note(state, 'up', null)
  return outcome
}

/** Once it has said that it keeps the message (CA), the sender need not send it again (§2.9.3): silence after that is no failure. */
function timedOut (state: State): void {
  const { inFlight, options: { on } } = state
  on?.({ kind: 'timed_out' })
  const accepted = inFlight?.accepted ?? null
  if (accepted !== null) inFlight?.settle(accepted)
  else hangUp(state, unavailable('No answer came in time. The connection is closed and the same message is sent again.'))
}

function open (state: State): Promise<Socket> {
  const { options } = state
  return new Promise((resolve, reject) => {
    const socket = dial(options)
    let wasUp = false
    const giveUp = (detail: string): void => {
      clearTimeout(timer)
      socket.destroy()
      const error = down(detail)
      note(state, 'down', error)
      reject(error)
    }
    const timer = setTimeout(() => { giveUp('The connection does not come up. Check the address and the network.') }, Math.min(options.ackTimeoutMs, mostConnectMs))
    const framer = makeFramer({ maxMessageBytes: mostAnswerBytes })
    socket.on('data', (bytes: Buffer) => { for (const event of framer.push(bytes)) take(state, socket, event) })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!wasUp) giveUp(detailOf(error))
      // TLS 1.3 tells of a certificate that was turned down only after the handshake.
      else if (state.socket === socket && isAboutCertificates(error)) hangUp(state, down(detailOf(error)))
    })
    const ended = (): void => {
      if (state.socket === socket) lost(state)
      else if (!wasUp) giveUp('The connection was closed before it was up. Check the destination.')
    }
    socket.on('end', ended)
    socket.on('close', ended)
    socket.once(options.tls === null ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      wasUp = true
      state.socket = socket
      options.on?.({ kind: 'connected' })
      note(state, 'up', null)
      resolve(socket)
    })
  })
}

function lost (state: State): void {
  state.options.on?.({ kind: 'disconnected' })
  hangUp(state, unavailable('The connection broke before the answer came. The same message is sent again.'))
  note(state, 'down', down('The destination has closed the connection; the next message opens it again.'))
}

/** `why` is what a message in flight ends with, unless it was accepted already. */
function hangUp (state: State, why: DomainError | null): void {
  const { socket, inFlight } = state
  state.socket = null
  socket?.destroy()
  if (inFlight !== null && why !== null) inFlight.settle(inFlight.accepted ?? why)
}

function take (state: State, socket: Socket, event: FrameEvent): void {
  if (state.socket !== socket) return
  const { inFlight, options: { on } } = state
  if (event.kind !== 'frame') {
    on?.({ kind: 'garbage' })
    hangUp(state, unavailable('What came back is no HL7 message. Check that the port is the destination\'s.'))
    return
  }
  const read = answerOf(event.bytes)
  if (inFlight === null || read === null || !isSameId(read.controlId, inFlight.controlId)) on?.({ kind: 'foreign_answer' })
  else takeAnswer(inFlight, read)
}

/** Some engines put control ids into capitals or pad them to the width of a column; no two of ours differ by that alone. */
function isSameId (one: string, other: string): boolean {
  return one.trim().toUpperCase() === other.trim().toUpperCase()
}

function takeAnswer (inFlight: InFlight, { isAccept, answer }: ReadAnswer): void {
  if (isAccept && answer.verdict === 'accepted' && inFlight.wantsApplication) inFlight.accepted = answer
  else inFlight.settle(answer)
}

function wantsApplication (content: Uint8Array): boolean {
  const condition = readHeader(content, 'utf8')?.raw(16) ?? ''
  return condition !== '' && condition !== 'NE' && condition !== 'ER'
}

function note (state: State, to: 'up' | 'down', error: DomainError | null): void {
  const now = state.options.clock.now()
  const { state: from, since, lastAt } = state.status
  state.status = { state: to, since: from === to ? since : now, code: error?.code ?? null, detail: error?.message ?? null, lastAt: to === 'up' ? now : lastAt }
}
