import type { WebSocket } from 'ws'
import type { RoomSocket } from '../../../core/dialogue/index.ts'

/** One socket in a room: what it was sent already, and its turns. */
export interface RoomGuest extends RoomSocket {
  readonly socket: WebSocket
  /** Number of the last message that went out to it. */
  sentTo: number
  /** What it was told last of the call and of who is there. */
  toldCall: string
  toldPresent: string
  isOpen: boolean
  isAlive: boolean
  /** This node has ended its presence already, since it closes. */
  isDrained: boolean
  /** Frames that wait for their turn. */
  waiting: number
  /** Frames that it may still send now, and since when that is so (ms, monotonic). */
  allowance: number
  allowedAtMs: number
  turn: Promise<void>
}

export function newGuest (socket: WebSocket, place: RoomSocket, sentTo: number): RoomGuest {
  return { ...place, socket, sentTo, toldCall: '', toldPresent: '', isOpen: true, isAlive: true, isDrained: false, waiting: 0, allowance: burst, allowedAtMs: performance.now(), turn: Promise.resolve() }
}

/** A burst of candidates is some dozens; a person says a few things a minute. */
const burst = 400
const perSecond = 100
const mostWaiting = 500
/** Who does not take what is sent is cut off; on return everything is sent from where it stopped. */
const mostBuffered = 8 * 1024 * 1024

/** 1008: policy violation (RFC 6455 §7.4.1). */
export const tooMany = 1008

/** Whether one more frame may come now. */
export function mayCome (guest: RoomGuest): boolean {
  const nowMs = performance.now()
  guest.allowance = Math.min(burst, guest.allowance + (nowMs - guest.allowedAtMs) / 1000 * perSecond)
  guest.allowedAtMs = nowMs
  if (guest.allowance < 1 || guest.waiting >= mostWaiting) return false
  guest.allowance -= 1
  return true
}

/** One after the other: an answer never overtakes the offer, nor a candidate its description. */
export function inTurn (guest: RoomGuest, work: () => Promise<void>): void {
  guest.waiting += 1
  guest.turn = guest.turn.then(work).finally(() => { guest.waiting -= 1 })
}

export function tell (guest: RoomGuest, frame: object): void {
  if (guest.socket.readyState !== guest.socket.OPEN) return
  if (guest.socket.bufferedAmount > mostBuffered) {
    guest.socket.terminate()
    return
  }
  guest.socket.send(JSON.stringify(frame))
}
