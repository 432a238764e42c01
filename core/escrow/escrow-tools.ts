import type { Calendar } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { post, type Entry, type LedgerStore, type Posting } from '../ledger/index.ts'
import type { OutboxMessage } from '../outbox.ts'

/** What is needed inside a transaction that stands. */
export interface EscrowTools {
  readonly ids: Ids
  readonly calendar: Calendar
}

/** Kinds of outbox messages of this context; app/compose/wallets.ts says what carries each out. */
export const escrowKinds = { split: 'escrow-split', payout: 'wallet-payout' } as const

export const noEscrow = (): DomainError => new DomainError('ESCROW_NOT_FOUND', 'Nothing was paid into escrow under this id; list what was paid.')
export const noWithdrawal = (): DomainError => new DomainError('WITHDRAWAL_NOT_FOUND', 'No withdrawal has this id; list them.')

interface Booking extends Pick<Entry, 'hospitalId' | 'sourceKey' | 'postings' | 'memo'> {
  readonly kind: 'escrow' | 'payout' | 'refund'
}

/** Posts once for a source key; false where it stands already. Postings of nothing are left out. */
export async function bookOnce ({ ledger }: { readonly ledger: Pick<LedgerStore, 'append' | 'bySourceKey' | 'closedUntil'> }, { ids, calendar }: EscrowTools, booking: Booking, at: Date): Promise<boolean> {
  if (await ledger.bySourceKey(booking.sourceKey) !== null) return false
  const postings: readonly Posting[] = booking.postings.filter(({ amountFen }) => amountFen !== 0)
  return await post({ ledger }, { id: ids.next(), effectiveOn: calendar(at), postedAt: at, reverses: null, ...booking, postings })
}

export function splitMessage (escrowId: string, number: string, { id, at }: { readonly id: string, readonly at: Date }): OutboxMessage {
  return { id, kind: escrowKinds.split, key: number, payload: { escrowId }, createdAt: at }
}

export function payoutMessage (withdrawalId: string, { id, at }: { readonly id: string, readonly at: Date }): OutboxMessage {
  return { id, kind: escrowKinds.payout, key: withdrawalId, payload: { withdrawalId }, createdAt: at }
}
