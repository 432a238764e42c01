import { assertBalanced, type Entry } from './entry.ts'
import type { LedgerStore } from './ports.ts'

/** 入账. Answers false where this effect is in the books already; the same key with other content is refused. */
export async function post ({ ledger }: { ledger: Pick<LedgerStore, 'append'> }, entry: Entry): Promise<boolean> {
  assertBalanced(entry)
  return await ledger.append(entry)
}
