import type { InTransaction } from '../unit-of-work.ts'
import type { InboxStore } from './ports.ts'

/** Small, so that no sender waits long for the writer. */
const perTransaction = 500
/** A million a night; what is left goes the next night. */
const mostTransactions = 2_000

/** Retention by age: settled messages received before go, their counts by day stay. Answers how many went. */
export async function pruneInbox (inTransaction: InTransaction<{ inbox: InboxStore }>, before: Date): Promise<number> {
  let pruned = 0
  for (let turn = 0; turn < mostTransactions; turn += 1) {
    const gone = await inTransaction(({ inbox }) => inbox.prune(before, perTransaction))
    pruned += gone
    if (gone === 0) break
  }
  return pruned
}
