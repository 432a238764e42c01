import type { OutboxStore } from '../outbox.ts'
import type { InTransaction } from '../unit-of-work.ts'

export interface OutboxRetention {
  /** Done ones go: nothing is lost with their keys. */
  readonly forgettable: readonly string[]
  /** Kinds that somebody else looks after. */
  readonly leavesAlone: (kind: string) => boolean
}

/** Small, so that nobody waits long for the writer. */
const perTransaction = 500
/** A million a night; what is left goes the next night. */
const mostTransactions = 2_000

/**
 * 发件箱留存. Done messages that were settled before go; of kinds where the key is all that keeps an effect from
 * happening twice, only what they said goes. Waiting and dead ones stay, whatever their age.
 */
export async function pruneOutbox (inTransaction: InTransaction<{ outbox: Pick<OutboxStore, 'doneKinds' | 'forgetDone' | 'emptyDone'> }>, before: Date, { forgettable, leavesAlone }: OutboxRetention): Promise<{ readonly forgotten: number, readonly emptied: number }> {
  const pruned = { forgotten: 0, emptied: 0 }
  let turns = 0
  const kinds = await inTransaction(({ outbox }) => outbox.doneKinds())
  for (const kind of kinds.filter((one) => !leavesAlone(one))) {
    const goes = forgettable.includes(kind)
    for (; turns < mostTransactions; turns += 1) {
      const gone = await inTransaction(({ outbox }) => goes ? outbox.forgetDone(kind, before, perTransaction) : outbox.emptyDone(kind, before, perTransaction))
      pruned[goes ? 'forgotten' : 'emptied'] += gone
      if (gone < perTransaction) break
    }
  }
  return pruned
}
