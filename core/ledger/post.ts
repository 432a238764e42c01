import { effectiveOnFor } from './effective-on.ts'
import { assertBalanced, type Entry } from './entry.ts'
import type { LedgerStore } from './ports.ts'

/** What posting needs of the books. */
export type Books = Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'>

/**
 * 入账. Answers false where this effect is in the books already; the same key with other content is refused. What is told
 * late of a closed day takes effect on the first open one, with its own day as memo: a closed day's totals never change
 * (I-08). Told again, it is the entry that stands, whatever was closed meanwhile.
 */
export async function post ({ ledger }: { readonly ledger: Books }, entry: Entry): Promise<boolean> {
  assertBalanced(entry)
  const { effectiveOn, memo } = effectiveOnFor(entry.effectiveOn, await ledger.closedUntil(entry.hospitalId))
  if (effectiveOn === entry.effectiveOn) return await ledger.append(entry)
  const standing = await ledger.bySourceKey(entry.sourceKey)
  return await ledger.append(standing === null ? { ...entry, effectiveOn, memo: [entry.memo, memo].filter((part) => part !== null).join(' ') } : { ...entry, effectiveOn: standing.effectiveOn })
}
