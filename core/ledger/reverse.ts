import { DomainError } from '../errors.ts'
import { reversalOf, type Entry } from './entry.ts'
import type { LedgerStore } from './ports.ts'
import { post } from './post.ts'

export interface ReverseCommand extends Pick<Entry, 'id' | 'sourceKey' | 'effectiveOn' | 'postedAt' | 'memo'> {
  readonly entryId: string
}

/** 冲正 of one entry, once (I-06). The same command again answers false; a second reversal is refused. */
export async function reverse ({ ledger }: { ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil' | 'byId'> }, { entryId, ...reversal }: ReverseCommand): Promise<boolean> {
  const entry = await ledger.byId(entryId)
  if (entry === null) throw new DomainError('ENTRY_NOT_FOUND', 'No entry has this id; look it up in the statement.')
  if (entry.reverses !== null) throw new DomainError('ENTRY_NOT_REVERSIBLE', 'A reversal is never reversed; post the charge again instead.')
  return await post({ ledger }, reversalOf(entry, reversal))
}
