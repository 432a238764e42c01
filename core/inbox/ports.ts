import type { Failure, MessageStatus, NewMessage, Receipt, StoredMessage } from './message.ts'

export interface QueuedMessage {
  readonly id: string
  readonly sequence: number
  readonly lanes: readonly string[]
  readonly attempts: number
  readonly nextAt: Date | null
}

export interface MessageFilter {
  readonly ids?: readonly string[]
  readonly source?: string
  readonly type?: string
  readonly trigger?: string
  readonly status?: MessageStatus
  readonly failureCode?: string
  readonly lane?: string
  readonly controlId?: string
  readonly replayOf?: string
  /** What a message is about: for each, one of its lanes or one of the records it made or changed. */
  readonly about?: ReadonlyArray<{ readonly lanes: readonly string[], readonly records: readonly string[] }>
  readonly producedRecord?: string
  readonly receivedFrom?: Date
  readonly receivedTo?: Date
}

/** A message without its bytes, for lists. */
export type MessageSummary = Omit<StoredMessage, 'raw' | 'ack'>

export interface InboxStore {
  /**
   * Stores a group in order. A dedupe key that is taken gives `duplicate` (same content hash: nothing is written) or
   * `conflict` (other content: stored with status conflict and without a key). Two of one group may share a key.
   */
  readonly receive: (messages: readonly NewMessage[]) => Promise<readonly Receipt[]>
  /** Messages with status received and a sequence above `after`, in order; those of paused sources are left out. */
  readonly queued: (after: number, limit: number, pausedSources?: readonly string[]) => Promise<readonly QueuedMessage[]>
  /** The newest sequence of all, whatever its status; 0 where there is none. */
  readonly newest: () => Promise<number>
  /** In the order of the ids given. */
  readonly load: (ids: readonly string[]) => Promise<readonly StoredMessage[]>
  /** Refused with STORE_WRITE_CONFLICT unless the message still has status received: nobody applies twice. */
  readonly markApplied: (id: string, applied: { readonly at: Date, readonly mappingVersion: string, readonly produced: readonly string[], readonly notes: readonly string[] }) => Promise<void>
  readonly markRetry: (id: string, retry: { readonly attempts: number, readonly nextAt: Date, readonly failure: Failure }) => Promise<void>
  readonly markDead: (id: string, dead: { readonly attempts: number, readonly failure: Failure }) => Promise<void>
  /** From dead or conflict only; answers false where it was in another status. */
  readonly markSkipped: (id: string, by: { readonly at: Date, readonly actor: string, readonly reason: string }) => Promise<boolean>
  readonly list: (filter: MessageFilter, page: { readonly limit: number, readonly before: number | null }) => Promise<readonly MessageSummary[]>
  readonly statistics: () => Promise<InboxStatistics>
  /** Dead letters by failure code. */
  readonly deadLetterGroups: () => Promise<ReadonlyArray<{ readonly code: string, readonly source: string, readonly count: number, readonly oldestAt: Date, readonly sampleId: string }>>
  /** Empties what applied and skipped ones said; their acknowledgements and keys stay. Answers how many. */
  readonly dropContent: (ids: readonly string[]) => Promise<number>
  /** Deletes applied, skipped (and their replays') bytes received before; adds them to the kept day statistics. Answers how many. */
  readonly prune: (before: Date, limit: number) => Promise<number>
}

export interface InboxStatistics {
  readonly bySource: ReadonlyArray<{ readonly source: string, readonly status: MessageStatus, readonly count: number, readonly lastReceivedAt: Date }>
  readonly oldestQueuedAt: Date | null
  /** Kept after pruning: messages by day (UTC), source, type and status. */
  readonly prunedByDay: ReadonlyArray<{ readonly day: string, readonly source: string, readonly type: string, readonly status: MessageStatus, readonly count: number }>
}
