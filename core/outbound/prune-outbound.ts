import type { InTransaction } from '../unit-of-work.ts'
import type { OutboundStore } from './ports.ts'

/** Small, so that nobody waits long for the writer. */
const perTransaction = 500
/** A million a night; what is left goes the next night. */
const mostTransactions = 2_000

/** Retention by age: what was sent or skipped and was written before goes. Answers how many went. */
export async function pruneOutbound (inTransaction: InTransaction<{ outbound: OutboundStore }>, before: Date): Promise<number> {
  let pruned = 0
  for (let turn = 0; turn < mostTransactions; turn += 1) {
    const gone = await inTransaction(({ outbound }) => outbound.prune(before, perTransaction))
    pruned += gone
    if (gone === 0) break
  }
  return pruned
}
