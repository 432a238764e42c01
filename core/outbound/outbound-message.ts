import type { Failure } from '../inbox/index.ts'

/**
 * A message to a destination. Whether it waits, how often it was tried and why it stands still is told by its outbox
 * message of the same id; here is what was written and what came back.
 *
 * waiting → sent        the destination has taken it
 * waiting → dead        it was refused, or tried often enough, or waited too long
 * dead → skipped        an operator decided that it is not needed
 * dead | sent | skipped → waiting     an operator sends it again
 */
export type OutboundState = 'waiting' | 'sent' | 'dead' | 'skipped'

export interface NewOutbound {
  /** That of its outbox message. */
  readonly id: string
  readonly destination: string
  /** e.g. ADT^A31; null where the resource itself is written. */
  readonly message: string | null
  readonly record: { readonly type: string, readonly id: string, readonly version: number }
  readonly patientId: string | null
  readonly createdAt: Date
}

/** The text as it was written once; every time it is sent it is these bytes. */
export interface Composed {
  /** MSH-10: 20 characters, unique, from the id and the revision. */
  readonly controlId: string
  readonly content: Uint8Array
  /** Iconv name. */
  readonly charset: string
  /** MSH-7. */
  readonly composedAt: Date
  /** What could not be told, without values. */
  readonly notes: readonly string[]
}

/** What the other party said of a message. */
export interface Answer {
  /** MSA-1, or the HTTP status that says the same. */
  readonly code: string
  /** accepted: it has the message. failed: an error that may pass. rejected: it will never take these bytes. */
  readonly verdict: 'accepted' | 'failed' | 'rejected'
  /** As it came, at most 64 kB; of a FHIR server what it holds now, as `Type/id/_history/version`. */
  readonly bytes: Uint8Array
}

/** One line of a message's history. `by` is an operator's token id. */
export interface OutboundEvent {
  readonly at: Date
  readonly what: 'written' | 'composed' | 'answered' | 'failed' | 'resent' | 'composed_anew' | 'skipped'
  readonly code: string | null
  readonly by: string | null
  readonly reason: string | null
  /** The same failure so often in a row, the last time at `at`. */
  readonly times: number
}

export interface OutboundSummary extends NewOutbound {
  /** Grows with each message. */
  readonly sequence: number
  readonly state: OutboundState
  readonly attempts: number
  readonly nextAt: Date | null
  /** Why the last attempt failed. */
  readonly failure: Failure | null
  readonly controlId: string | null
  readonly composedAt: Date | null
  readonly answeredAt: Date | null
  readonly answerCode: string | null
}

export interface OutboundMessage extends OutboundSummary {
  /** How often it was written anew: gives every text a control id of its own. */
  readonly revision: number
  readonly composed: Composed | null
  readonly answer: Answer | null
  readonly events: readonly OutboundEvent[]
}

/** 18 digits of the id, which are random in a UUID, and two of the revision: 20 characters are what MSH-10 holds up to v2.6. */
export function controlIdOf (id: string, revision: number): string {
  return id.replaceAll('-', '').slice(-18) + (revision % 256).toString(16).padStart(2, '0')
}

const keptEvents = 50

/** Appends to a history of bounded length; the same failure again is counted, not told again. */
export function withEvent (events: readonly OutboundEvent[], event: Omit<OutboundEvent, 'times'>): readonly OutboundEvent[] {
  const last = events.at(-1)
  const isSame = last !== undefined && event.what === 'failed' && last.what === 'failed' && last.code === event.code
  if (isSame) return [...events.slice(0, -1), { ...event, times: last.times + 1 }]
  const next = [...events, { ...event, times: 1 }]
  return next.length <= keptEvents ? next : [...next.slice(0, 1), ...next.slice(next.length - keptEvents + 1)]
}
