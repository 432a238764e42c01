/** Start block, end block and carriage return (HL7 v2.5.1 appendix C, minimal lower layer protocol). */
const startBlock = 0x0b
const endBlock = 0x1c
const carriageReturn = 0x0d

const startOfHeader = Buffer.from([startBlock, 0x4d, 0x53, 0x48])
const startOfMarkedHeader = Buffer.from([startBlock, 0xef, 0xbb, 0xbf, 0x4d, 0x53, 0x48])

/** As much of a broken frame is kept as its header may need. */
const headBytes = 16_384
/** So much that is in no frame is let pass; after that the peer does not speak MLLP. */
const mostGarbageBytes = 65_536
const smallestRoomBytes = 16_384
const nothing = Buffer.alloc(0)

/** Puts a message into its frame. */
export function frame (message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 3)
  framed[0] = startBlock
  framed.set(message, 1)
  framed[message.length + 1] = endBlock
  framed[message.length + 2] = carriageReturn
  return framed
}

/**
 * - frame: a whole message without its frame; a view of what was pushed where it came in one piece.
 * - oversize: more than the limit; nothing further is read.
 * - unframed: bytes outside any frame, with an end block or more than may pass.
 * - incomplete: only by `giveUp`.
 */
export type FrameEvent =
  | { readonly kind: 'frame', readonly bytes: Buffer }
  | BrokenFrame

export interface BrokenFrame {
  readonly kind: 'oversize' | 'unframed' | 'incomplete'
  /** Its first bytes. */
  readonly head: Buffer
  /** Nothing that follows can be read. */
  readonly isLast: boolean
}

export interface Framer {
  readonly push: (chunk: Buffer) => readonly FrameEvent[]
  /** What is begun: a message, something outside any frame, or nothing. */
  readonly begun: () => 'message' | 'garbage' | null
  /** No more will come: what is begun is told and forgotten. A message that lacks only the last CR counts as whole. */
  readonly giveUp: () => FrameEvent | null
}

interface State {
  readonly maxMessageBytes: number
  /** What is there of the frame that is being read, with room behind it; null outside a frame. */
  collected: Buffer | null
  length: number
  /** The last byte read was an end block. */
  isEnding: boolean
  garbage: Buffer[]
  garbageLength: number
  isStopped: boolean
}

/**
 * Cuts a stream of bytes into messages. Only new bytes are scanned, and only a message that comes in several pieces is
 * copied. An end block counts where CR follows, or a start block from a sender that leaves the CR out; any other is
 * part of the text. A frame that was broken off is passed over when a new one begins with MSH.
 */
export function makeFramer (limits: { readonly maxMessageBytes: number }): Framer {
  const state: State = {
    maxMessageBytes: limits.maxMessageBytes, collected: null, length: 0, isEnding: false, garbage: [], garbageLength: 0, isStopped: false
  }
  return {
    push: (chunk) => {
      const events: FrameEvent[] = []
      for (let at = 0; at < chunk.length && !state.isStopped;) {
        at = state.collected === null ? readOutside(state, chunk, at, events) : readInside(state, chunk, at, events)
      }
      return events
    },
    begun: () => state.collected !== null ? 'message' : state.garbageLength > 0 ? 'garbage' : null,
    giveUp: () => {
      if (state.collected !== null) return state.isEnding ? finish(state, takeCollected(state)) : { kind: 'incomplete', head: takeHead(state), isLast: true }
      return state.garbageLength > 0 ? takeGarbage(state, false) : null
    }
  }
}

/** Seeks the start of a frame; answers where to go on. */
function readOutside (state: State, chunk: Buffer, at: number, events: FrameEvent[]): number {
  const start = chunk.indexOf(startBlock, at)
  const end = chunk.indexOf(endBlock, at)
  if (end >= 0 && (start < 0 || end < start)) {
    addGarbage(state, chunk.subarray(at, end))
    if (state.garbageLength > 0) events.push(takeGarbage(state, false))
    return end + 1
  }
  if (start < 0) {
    addGarbage(state, chunk.subarray(at))
    if (state.garbageLength > mostGarbageBytes) {
      events.push(takeGarbage(state, true))
    }
    return chunk.length
  }
  forgetGarbage(state)
  state.collected = nothing
  return start + 1
}

/** Seeks the end of the frame; answers where to go on. */
function readInside (state: State, chunk: Buffer, at: number, events: FrameEvent[]): number {
  if (state.isEnding) {
    const next = chunk[at]
    if (next === carriageReturn || next === startBlock) {
      events.push(finish(state, takeCollected(state)))
      return next === carriageReturn ? at + 1 : at
    }
    state.isEnding = false
  }
  const end = chunk.indexOf(endBlock, at)
  if (state.length === 0 && end >= 0 && chunk[end + 1] === carriageReturn && end - at <= state.maxMessageBytes) {
    events.push(finish(state, chunk.subarray(at, end + 1)))
    return end + 2
  }
  const until = end < 0 ? chunk.length : end + 1
  collect(state, chunk.subarray(at, until))
  if (state.length > state.maxMessageBytes + 1) {
    events.push({ kind: 'oversize', head: takeHead(state), isLast: true })
    state.isStopped = true
    return chunk.length
  }
  state.isEnding = end >= 0
  return until
}

/** Room is doubled, so that a message in a million packets costs no more than one in ten. */
function collect (state: State, piece: Buffer): void {
  const collected = state.collected ?? nothing
  const length = state.length + piece.length
  if (length <= collected.length) {
    collected.set(piece, state.length)
  } else {
    const roomier = Buffer.allocUnsafeSlow(Math.max(2 * length, smallestRoomBytes))
    roomier.set(collected.subarray(0, state.length))
    roomier.set(piece, state.length)
    state.collected = roomier
  }
  state.length = length
}

function takeCollected (state: State): Buffer {
  return (state.collected ?? nothing).subarray(0, state.length)
}

/** `whole` ends with the end block. */
function finish (state: State, whole: Buffer): FrameEvent {
  state.collected = null
  state.length = 0
  state.isEnding = false
  return { kind: 'frame', bytes: fromLastHeader(whole.subarray(0, -1)) }
}

/** A start block inside a frame is text, unless a header follows: then the sender broke off and began again. */
function fromLastHeader (bytes: Buffer): Buffer {
  if (!bytes.includes(startBlock)) return bytes
  const plain = bytes.lastIndexOf(startOfHeader)
  const marked = bytes.lastIndexOf(startOfMarkedHeader)
  const last = Math.max(plain, marked)
  return last < 0 ? bytes : bytes.subarray(last + 1)
}

function takeHead (state: State): Buffer {
  const head = takeCollected(state).subarray(0, headBytes)
  state.collected = null
  state.length = 0
  state.isEnding = false
  return head
}

/** Blanks and line ends between frames are no garbage. */
function addGarbage (state: State, bytes: Buffer): void {
  const seen = state.garbageLength === 0 ? withoutBlanks(bytes) : bytes
  if (seen.length === 0) return
  if (state.garbageLength < headBytes) state.garbage.push(seen.subarray(0, headBytes))
  state.garbageLength += seen.length
}

function withoutBlanks (bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length && (bytes[start] ?? 0) <= 0x20) start++
  return bytes.subarray(start)
}

function takeGarbage (state: State, isLast: boolean): FrameEvent {
  state.isStopped = isLast
  const head = Buffer.concat(state.garbage).subarray(0, headBytes)
  forgetGarbage(state)
  return { kind: 'unframed', head, isLast }
}

function forgetGarbage (state: State): void {
  state.garbage = []
  state.garbageLength = 0
}
