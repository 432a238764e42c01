import { DomainError } from '../errors.ts'
import type { Party } from './thread.ts'

export const callStates = ['idle', 'ringing', 'connecting', 'live', 'reconnecting', 'ended'] as const
export type CallState = typeof callStates[number]

/** What it is held in now; a weaker one may be used at any time (T11). */
export const callModes = ['text', 'voice', 'video'] as const
export type CallMode = typeof callModes[number]

/** Why it is idle again, or ended. */
export type CallOutcome = 'declined' | 'no_answer' | 'hung_up' | 'absent' | 'finished'

/**
 * 通话. Apart from what it is about: a call that drops, or that somebody hangs up, never ends the visit; only `finish` of the
 * visit ends the call (telemedicine document §1.4).
 */
export interface Call {
  readonly threadId: string
  readonly state: CallState
  readonly mode: CallMode
  /** Counts the times that it rang. */
  readonly attempt: number
  readonly outcome: CallOutcome | null
  readonly since: Date
  readonly dueAt: Date | null
  readonly dueFor: 'answer' | 'return' | null
}

export type CallEvent =
  | { readonly kind: 'start', readonly mode: CallMode }
  | { readonly kind: 'accept' | 'decline' | 'connected' | 'dropped' | 'hang_up' | 'finish' | 'no_answer' | 'absent' }
  | { readonly kind: 'mode', readonly mode: CallMode }
  /** Whether anybody is there at all. */
  | { readonly kind: 'presence', readonly isAnybodyThere: boolean }

export interface CallSettings {
  readonly ringSeconds: number
  /** Both away for so long: it is idle again, and the visit goes on. */
  readonly absentMinutes: number
}

export interface CallQuality {
  readonly threadId: string
  readonly party: Party
  readonly at: Date
  readonly mode: CallMode
  /** What comes in. */
  readonly kilobitsPerSecond: number
  readonly lossPermille: number
  readonly roundTripMs: number
}

/** Before it rang for the first time. */
export function noCall (threadId: string, mode: CallMode, at: Date): Call {
  return { threadId, state: 'idle', mode, attempt: 0, outcome: null, since: at, dueAt: null, dueFor: null }
}

type Decide = (call: Call, event: CallEvent, at: Date, settings: CallSettings) => Call | null

const minuteMs = 60_000
const goTo = (state: CallState, outcome: CallOutcome | null = null): Decide => (call, _event, at) => ({ ...call, state, outcome, since: at, dueAt: null, dueFor: null })
const same: Decide = (call) => call
const ring: Decide = (call, event, at, { ringSeconds }) => event.kind !== 'start' ? null : {
  ...call, state: 'ringing', mode: event.mode, attempt: call.attempt + 1, outcome: null, since: at, dueAt: new Date(at.getTime() + ringSeconds * 1000), dueFor: 'answer'
}
/** Until somebody is seen there it counts as nobody. */
const connect: Decide = (call, _event, at, { absentMinutes }) => ({ ...call, state: 'connecting', since: at, dueAt: new Date(at.getTime() + absentMinutes * minuteMs), dueFor: 'return' })
/** Rung again while it rings: the same ring, perhaps in another mode. */
const ringOn: Decide = (call, event) => event.kind === 'start' ? { ...call, mode: event.mode } : null
const changeMode: Decide = (call, event) => event.kind === 'mode' ? { ...call, mode: event.mode } : null
const watch: Decide = (call, event, at, { absentMinutes }) => {
  if (event.kind !== 'presence') return null
  if (event.isAnybodyThere) return { ...call, dueAt: null, dueFor: null }
  return call.dueFor === 'return' ? call : { ...call, dueAt: new Date(at.getTime() + absentMinutes * minuteMs), dueFor: 'return' }
}

const running = { hang_up: goTo('idle', 'hung_up'), absent: goTo('idle', 'absent'), mode: changeMode, presence: watch, finish: goTo('ended', 'finished') } as const

/** The whole table; what is not in it is refused and changes nothing. */
const table: Readonly<Record<CallState, Readonly<Partial<Record<CallEvent['kind'], Decide>>>>> = {
  idle: { start: ring, presence: same, finish: goTo('ended', 'finished') },
  ringing: { start: ringOn, accept: connect, decline: goTo('idle', 'declined'), no_answer: goTo('idle', 'no_answer'), hang_up: goTo('idle', 'hung_up'), mode: changeMode, presence: same, finish: goTo('ended', 'finished') },
  connecting: { ...running, connected: goTo('live'), dropped: goTo('reconnecting'), accept: same },
  live: { ...running, dropped: goTo('reconnecting'), connected: same, accept: same },
  reconnecting: { ...running, connected: goTo('live'), dropped: same, accept: same },
  ended: { presence: same, finish: same }
}

export function decideCall (call: Call, event: CallEvent, at: Date, settings: CallSettings): Call {
  const decided = table[call.state][event.kind]?.(call, event, at, settings) ?? null
  if (decided === null) throw new DomainError('CALL_STATE_REFUSED', `The call is ${call.state}; this cannot happen to it now. Read the call again.`)
  return decided
}

/** Who may do what: the doctor starts (C7), the other side answers; anybody else of the thread may leave or use less. */
const doneBy: Readonly<Partial<Record<CallEvent['kind'], ReadonlyArray<Party['kind']>>>> = { start: ['doctor'], accept: ['patient', 'hospital'], decline: ['patient', 'hospital'] }

export function refuseUnlessMay (party: Party, event: CallEvent): void {
  const allowed = doneBy[event.kind]
  if (allowed !== undefined && !allowed.includes(party.kind)) throw new DomainError('CALL_PARTY_REFUSED', event.kind === 'start' ? 'Only the doctor starts a call; wait for it.' : 'Only the side that is called answers a call.')
}
