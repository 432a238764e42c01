import type { Failure } from '../inbox/index.ts'
import type { RecordVersion } from '../records/index.ts'
import type { Destination } from './destination.ts'
import type { Answer, Composed, NewOutbound, OutboundMessage, OutboundState, OutboundSummary } from './outbound-message.ts'

export interface OutboundFilter {
  readonly destination?: string
  readonly state?: OutboundState
  /** e.g. ADT^A31. */
  readonly message?: string
  /** `Type/id`. */
  readonly record?: string
  /** Code of the last failure. */
  readonly failureCode?: string
}

export interface OutboundCounts {
  readonly destination: string
  readonly waiting: number
  readonly dead: number
  /** Of those that wait. */
  readonly oldestAt: Date | null
}

export interface OutboundStore {
  /** Its outbox message is written in the same transaction. */
  readonly add: (message: NewOutbound) => Promise<void>
  readonly find: (id: string) => Promise<OutboundMessage | null>
  /** Keeps the text that is sent from now on; answers the one that stands, which may be another's. */
  readonly keep: (id: string, composed: Composed) => Promise<Composed>
  readonly answered: (id: string, answer: Answer & { readonly at: Date }) => Promise<void>
  readonly failed: (id: string, failed: { readonly failure: Failure, readonly at: Date }) => Promise<void>
  /** Forgets the answer and, for a new text, what was composed. */
  readonly again: (id: string, by: { readonly isAnew: boolean, readonly actor: string, readonly at: Date }) => Promise<void>
  readonly skipped: (id: string, by: { readonly actor: string, readonly reason: string, readonly at: Date }) => Promise<void>
  /** The newest first. */
  readonly list: (filter: OutboundFilter, page: { readonly limit: number, readonly before: number | null }) => Promise<readonly OutboundSummary[]>
  /** Destinations with messages that wait or are dead. */
  readonly counts: () => Promise<readonly OutboundCounts[]>
  /** Messages by destination that were answered well at or after `from`. */
  readonly sentSince: (from: Date) => Promise<ReadonlyArray<{ readonly destination: string, readonly count: number }>>
  /** Deletes what was sent or skipped and is older; answers how many. */
  readonly prune: (before: Date, limit: number) => Promise<number>
}

/** Writes a record for a destination. Refuses with a code of the catalogue and the place, which no retry mends. */
export type WriteOutbound = (outgoing: {
  readonly destination: Destination
  readonly message: string | null
  readonly focus: RecordVersion
  /** The version before `focus`, to tell what it took away; null where it is the first. */
  readonly before: RecordVersion | null
  /** What the record refers to, and what that refers to. */
  readonly related: readonly RecordVersion[]
  readonly controlId: string
  readonly at: Date
}) => Pick<Composed, 'content' | 'charset' | 'notes'>

/** The line to one destination. */
export interface Carrier {
  /**
   * Settles with the destination's answer. Refuses with OUTSIDE_DOWN where nothing was sent and OUTSIDE_UNAVAILABLE
   * where no answer came.
   */
  readonly send: (message: Pick<Composed, 'controlId' | 'content'>) => Promise<Answer>
  /**
   * What became of a message that may have been sent before and got no answer, where the destination can be asked; null:
   * it knows nothing of it, so it may be sent. Absent: it is sent again as it was.
   */
  readonly ask?: (message: Pick<Composed, 'controlId' | 'content'>) => Promise<Answer | null>
}
