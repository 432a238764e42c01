import type { Socket } from 'node:net'
import type { Answer } from './answer-message.ts'
import { frame, type FrameEvent, type Framer, makeFramer } from './frames.ts'
import type { OnMllpEvent } from './events.ts'
import type { Reject } from './rejecting.ts'
import type { MllpLimits } from './source.ts'

export interface ConnectionDeps {
  readonly source: string
  readonly limits: MllpLimits
  readonly answer: (bytes: Buffer) => Promise<Answer>
  /** What is told of bytes that are no message. */
  readonly reject: Reject
  readonly on: OnMllpEvent
}

export interface Connection {
  /** Takes no more, lets what is begun be answered, then hangs up. */
  readonly close: () => void
}

/** Messages of one connection that are being stored at the same time; the socket rests while more are waiting. */
const mostInFlight = 64
/** Messages of one connection whose later answer is outstanding. */
const mostDeferred = 1024
/** Bytes outside any frame are let pass when a frame follows within this time, else answered. */
const garbageGraceMs = 1000
/** Between the last answer and the end, so that a peer that still sends can read it. */
const lingerMs = 2000

interface State {
  readonly socket: Socket
  readonly deps: ConnectionDeps
  readonly framer: Framer
  readonly waiting: FrameEvent[]
  /** In the order of the messages; null while the answer is being made. */
  readonly slots: Array<{ answer: Answer | null, closes: boolean }>
  deferred: number
  /** The peer sends no more, or we take no more. */
  isEnding: boolean
  isOver: boolean
  timer: NodeJS.Timeout | null
  timerFor: 'message' | 'garbage' | null
}

/** Reads frames off a socket and answers them in their order. */
export function serveConnection (socket: Socket, deps: ConnectionDeps): Connection {
  const state: State = {
    socket,
    deps,
    framer: makeFramer(deps.limits),
    waiting: [],
    slots: [],
    deferred: 0,
    isEnding: false,
    isOver: false,
    timer: null,
    timerFor: null
  }
  socket.setTimeout(deps.limits.idleTimeoutMs)
  socket.on('data', (chunk: Buffer) => { read(state, chunk) })
  socket.on('drain', () => { advance(state) })
  socket.on('timeout', () => { idle(state) })
  socket.on('end', () => { peerEnded(state) })
  socket.on('error', () => { socket.destroy() })
  socket.on('close', () => {
    state.isOver = true
    state.waiting.length = 0
    stopTimer(state)
  })
  return {
    close: () => {
      state.isEnding = true
      state.waiting.length = 0
      state.deferred = 0
      endIfDone(state)
    }
  }
}

function read (state: State, chunk: Buffer): void {
  if (state.isEnding || state.isOver) return
  const events = state.framer.push(chunk)
  state.waiting.push(...events)
  watchBegun(state, events.length > 0)
  advance(state)
}

/** Begins what may be begun; the socket rests while something has to wait. */
function advance (state: State): void {
  const { socket, waiting, slots } = state
  while (waiting.length > 0 && slots.length < mostInFlight && state.deferred < mostDeferred && !socket.writableNeedDrain && !state.isOver) {
    const event = waiting.shift()
    if (event !== undefined) begin(state, event)
  }
  if (waiting.length > 0 && !state.isOver) socket.pause()
  else if (socket.isPaused()) socket.resume()
}

function begin (state: State, event: FrameEvent): void {
  const { deps, slots } = state
  if (event.kind === 'frame') {
    const slot: State['slots'][number] = { answer: null, closes: false }
    slots.push(slot)
    deps.on({ source: deps.source, kind: 'received', bytes: event.bytes.length })
    void answerTo(state, event.bytes).then((answer) => {
      slot.answer = answer
      flush(state)
    })
    return
  }
  deps.on({ source: deps.source, kind: 'fault', fault: event.kind })
  slots.push({ answer: { first: deps.reject(event.kind, event.head), later: null }, closes: event.isLast })
  flush(state)
}

/** A fault of our own must not take the process down, nor leave the sender without an answer. */
async function answerTo ({ deps }: State, bytes: Buffer): Promise<Answer> {
  try {
    return await deps.answer(bytes)
  } catch (error) {
    deps.on({ source: deps.source, kind: 'failed', reason: error instanceof Error ? error.name : 'unknown' })
    return { first: deps.reject('failed', bytes), later: null }
  }
}

/** Writes the answers that are ready, up to the first that is not, in one go. */
function flush (state: State): void {
  const ready: Buffer[] = []
  const laters: Array<NonNullable<Answer['later']>> = []
  let closes = false
  while (!closes) {
    const [slot] = state.slots
    if (slot === undefined || slot.answer === null) break
    state.slots.shift()
    if (slot.answer.first !== null) ready.push(frame(slot.answer.first))
    if (slot.answer.later !== null) laters.push(slot.answer.later)
    closes = slot.closes
  }
  write(state, ready)
  for (const later of laters) defer(state, later)
  if (closes) hangUp(state)
  advance(state)
  endIfDone(state)
}

function defer (state: State, later: NonNullable<Answer['later']>): void {
  state.deferred++
  const isGone = (): boolean => state.isOver || !state.socket.writable
  void later(isGone).catch(() => null).then((answer) => {
    state.deferred--
    if (answer !== null) write(state, [frame(answer)])
    advance(state)
    endIfDone(state)
  })
}

function write ({ socket, isOver }: State, framed: readonly Buffer[]): void {
  const [first, ...more] = framed
  if (first === undefined || isOver || !socket.writable) return
  socket.write(more.length === 0 ? first : Buffer.concat(framed))
}

function peerEnded (state: State): void {
  if (state.isEnding || state.isOver) return
  state.isEnding = true
  giveUp(state)
  endIfDone(state)
}

function endIfDone (state: State): void {
  if (state.isEnding && state.waiting.length === 0 && state.slots.length === 0 && state.deferred <= 0) hangUp(state)
}

/** What still comes is read and thrown away, since unread bytes would make the system reset the connection. */
function hangUp (state: State): void {
  if (state.isOver) return
  state.isOver = true
  state.waiting.length = 0
  stopTimer(state)
  const { socket } = state
  socket.end()
  socket.resume()
  state.timer = setTimeout(() => { socket.destroy() }, lingerMs)
}

function idle (state: State): void {
  const { socket, deps } = state
  if (state.isOver) return
  const isBusy = state.slots.length > 0 || state.waiting.length > 0 || state.deferred > 0
  if (isBusy && !socket.writableNeedDrain) return
  deps.on({ source: deps.source, kind: 'timed_out', what: 'idle' })
  if (socket.writableNeedDrain) socket.destroy()
  else hangUp(state)
}

/** A message has its time from its first byte to its last; what is outside a frame waits for one a short while. */
function watchBegun (state: State, hasCompleted: boolean): void {
  const begun = state.framer.begun()
  if (begun === state.timerFor && !hasCompleted) return
  stopTimer(state)
  if (begun === null) return
  state.timerFor = begun
  state.timer = setTimeout(() => { begunTooLong(state, begun) }, begun === 'message' ? state.deps.limits.messageTimeoutMs : garbageGraceMs)
}

/** While the socket rests on our account, the peer is not to blame. */
function begunTooLong (state: State, begun: 'message' | 'garbage'): void {
  if (state.socket.isPaused()) {
    state.timer?.refresh()
    return
  }
  state.timer = null
  state.timerFor = null
  if (begun === 'message') state.deps.on({ source: state.deps.source, kind: 'timed_out', what: 'message' })
  giveUp(state)
}

function giveUp (state: State): void {
  stopTimer(state)
  const event = state.framer.giveUp()
  if (event === null) return
  state.waiting.push(event)
  advance(state)
}

function stopTimer (state: State): void {
  if (state.timer !== null) clearTimeout(state.timer)
  state.timer = null
  state.timerFor = null
}
