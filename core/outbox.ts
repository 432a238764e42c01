/** An effect outside this system, written in the transaction that causes it and carried out afterwards (decision 3). */
export interface OutboxMessage {
  readonly id: string
  /** What carries it out: `sms`, … */
  readonly kind: string
  /** The effect's own key: a second message with the same kind and key is not written. */
  readonly key: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly createdAt: Date
}

export interface WaitingOutboxMessage extends OutboxMessage {
  readonly attempts: number
}

export interface OutboxStore {
  /** Answers false where kind and key are there already. */
  readonly add: (message: OutboxMessage) => Promise<boolean>
  /** Kinds with a message whose next attempt is due: most looks find none, and none of its kinds is asked for then. */
  readonly dueKinds: (at: Date) => Promise<readonly string[]>
  /** Messages of a kind whose next attempt is due, oldest first. By kind, so that a slow carrier holds up its own only. */
  readonly due: (at: Date, limit: number, kind: string) => Promise<readonly WaitingOutboxMessage[]>
  /** The same for a kind that keeps its order: the oldest ones, up to the first that still waits for its retry. */
  readonly dueInOrder: (at: Date, limit: number, kind: string) => Promise<readonly WaitingOutboxMessage[]>
  /** One message that waits and is due; null where it is settled, not due or unknown. */
  readonly dueOne: (id: string, at: Date) => Promise<WaitingOutboxMessage | null>
  readonly markDone: (id: string, at: Date) => Promise<void>
  readonly markRetry: (id: string, retry: { readonly attempts: number, readonly nextAt: Date, readonly reason: string }) => Promise<void>
  readonly markDead: (id: string, dead: { readonly attempts: number, readonly reason: string, readonly at: Date }) => Promise<void>
  /** Dead or done → waiting, as if it had not been tried; false where it waits already or is unknown. */
  readonly reopen: (id: string) => Promise<boolean>
  /** Dead → done without being carried out, by somebody's decision; false where it is not dead. */
  readonly dismiss: (id: string, at: Date) => Promise<boolean>
  /** Kinds of which there are done messages that still have their payload. */
  readonly doneKinds: () => Promise<readonly string[]>
  /** Deletes done messages of a kind that were settled before; answers how many. Their keys may come again. */
  readonly forgetDone: (kind: string, before: Date, limit: number) => Promise<number>
  /** Takes away what they said and keeps their keys; such a message is never reopened. Answers how many. */
  readonly emptyDone: (kind: string, before: Date, limit: number) => Promise<number>
  readonly counts: () => Promise<{ readonly waiting: number, readonly dead: number, readonly oldestAt: Date | null }>
}

/**
 * Carries one message out. It may be called again for the same message (a crash between the effect and its record), so
 * it passes `key` on to the other party. A refusal of kind `unavailable` is tried again, any other is final.
 */
export type CarryOut = (message: OutboxMessage) => Promise<void>

/** How the messages of one kind go beside each other. */
export interface KindRule {
  /** At a time, on all nodes together where `inOrder`, else on each node. */
  readonly maxRunning: number
  /** The next one is not begun before the one ahead of it is done or dead; so its retries hold up its own kind. */
  readonly inOrder: boolean
}

/** What carries the outbox out: in process, or a queue server. */
export interface OutboxEngine {
  /** There may be new messages: called after a transaction that wrote some. */
  readonly notify: () => void
  /** Settles when nothing is due any more, but for kinds that are paused. */
  readonly drain: () => Promise<void>
  /** Settles when what was begun is recorded; nothing new is begun. */
  readonly stop: () => Promise<void>
}
