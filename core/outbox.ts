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
  /** Messages whose next attempt is due, oldest first. */
  readonly due: (at: Date, limit: number) => Promise<readonly WaitingOutboxMessage[]>
  readonly markDone: (id: string, at: Date) => Promise<void>
  readonly markRetry: (id: string, retry: { readonly attempts: number, readonly nextAt: Date, readonly reason: string }) => Promise<void>
  readonly markDead: (id: string, dead: { readonly attempts: number, readonly reason: string, readonly at: Date }) => Promise<void>
  readonly counts: () => Promise<{ readonly waiting: number, readonly dead: number, readonly oldestAt: Date | null }>
}
