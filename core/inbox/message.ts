import type { ErrorKind } from '../errors.ts'

/**
 * The inbox: what an outside system sent, kept as it came before it is acknowledged, then applied once.
 *
 * received → applied                       all its effects are in the same transaction as this step
 * received → received (attempts + 1)       a failure that may pass; its lanes wait until `nextAt`
 * received → dead                          a failure that will not pass, or too many attempts; an operator decides
 * (new)    → dead                          stored but unreadable: its bytes could not be decoded, or it has no type
 * (new)    → conflict                      the control id was used before with other content
 * dead | conflict → skipped                an operator decided that it has no effect
 * dead | conflict | applied → received     replay: only through a new message that is linked to this one (`replayOf`)
 */
export type MessageStatus = 'received' | 'applied' | 'dead' | 'conflict' | 'skipped'

/** hl7v2: one message. fhir: one resource or Bundle, JSON. row: one row of a view, JSON. */
export type MessageFormat = 'hl7v2' | 'fhir' | 'row'

export interface NewMessage {
  readonly id: string
  /** The configured source it came by (SITE_CONFIG sources[].name). */
  readonly source: string
  readonly hospitalId: string
  readonly format: MessageFormat
  readonly raw: Uint8Array
  /** SHA-256 of the raw bytes, hex. */
  readonly contentHash: string
  /** Unique per source by its key rule; null for what has no readable header. */
  readonly dedupeKey: string | null
  readonly controlId: string | null
  readonly type: string | null
  readonly trigger: string | null
  /** MSH-7 or what stands for it, when readable; of a replay that has none, when the original came. */
  readonly sentAt: Date | null
  /** Character set the bytes are to be read with (iconv name). */
  readonly charset: string
  /** Lanes it must be applied in order in: one a patient, two for a merge. */
  readonly lanes: readonly string[]
  readonly receivedAt: Date
  /** Set where it cannot even be queued. */
  readonly parked: Failure | null
  /** The acknowledgement that is to be answered, byte for byte, also to every resend. */
  readonly ack: Uint8Array
  readonly replayOf: string | null
}

/** Why a message stands still. `code` groups dead letters; `detail` and `place` carry no personal data. */
export interface Failure {
  readonly code: string
  readonly detail: string
  readonly place: string | null
}

export interface StoredMessage extends NewMessage {
  /** Grows with arrival; the order within a lane. */
  readonly sequence: number
  readonly status: MessageStatus
  readonly attempts: number
  readonly nextAt: Date | null
  readonly failure: Failure | null
  readonly appliedAt: Date | null
  readonly mappingVersion: string | null
  /** `Type/id` of what it made or changed. */
  readonly produced: readonly string[]
  /** What the mapping did not read, e.g. segment names without a table. */
  readonly notes: readonly string[]
  readonly skipped: { readonly at: Date, readonly actor: string, readonly reason: string } | null
}

/** Where a message came to rest on arrival. */
export type Receipt =
  | { readonly kind: 'stored', readonly id: string, readonly sequence: number, readonly ack: Uint8Array }
  | { readonly kind: 'duplicate', readonly id: string, readonly sequence: number, readonly ack: Uint8Array }
  | { readonly kind: 'conflict', readonly id: string, readonly sequence: number, readonly ack: Uint8Array }

/** What became of a stored message, for a sender that waits for it. */
export type MessageOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'parked', readonly failure: Failure, readonly errorKind: ErrorKind }
  /** Still in the queue when the time to wait ran out; it will be applied later. */
  | { readonly kind: 'pending' }

/** Durable when it settles (group commit). Refuses with STORE_UNAVAILABLE. */
export type ReceiveMessage = (message: NewMessage) => Promise<Receipt>

/** Waits until a stored message is applied or parked, at most `timeoutMs`. */
export type AwaitOutcome = (id: string, timeoutMs: number) => Promise<MessageOutcome>
