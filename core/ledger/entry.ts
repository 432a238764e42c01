import assert from 'node:assert'
import type { CalendarDate } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { negateFen, type Fen } from '../money.ts'

/** 分录行. Debit is positive, credit negative. */
export interface Posting {
  readonly account: string
  readonly amountFen: Fen
}

/**
 * charge, adjustment, payment: lines of the HIS, and payments through a channel. settlement: an insurance fund took its
 * part over. refund: money on its way back and gone back. credit: from or to the patient's own credit balance. clearing:
 * a channel paid out to the bank account. suspense: a channel has money that we know no order for. escrow: money that is held for
 * one thing comes, goes back, or becomes somebody's. payout: of a wallet, asked for, paid or failed.
 */
export type EntryKind = 'charge' | 'adjustment' | 'payment' | 'reversal' | 'settlement' | 'refund' | 'credit' | 'write_off' | 'recovery' | 'assignment' | 'clearing' | 'suspense' | 'escrow' | 'payout'

/** 分录. Append-only; a correction is a reversal (decision 4). */
export interface Entry {
  readonly id: string
  readonly hospitalId: string
  readonly kind: EntryKind
  /** One effect, one key: posting the same key again changes nothing. */
  readonly sourceKey: string
  readonly effectiveOn: CalendarDate
  readonly postedAt: Date
  readonly postings: readonly Posting[]
  /** The entry this one reverses. */
  readonly reverses: string | null
  /** Codes and ids only, no personal data. */
  readonly memo: string | null
}

/** Refuses what cannot stand in the books: I-01, at least two postings, none zero, sum zero. */
export function assertBalanced (entry: Pick<Entry, 'postings'>): void {
  const sum = entry.postings.reduce<number>((total, posting) => total + posting.amountFen, 0)
  const stands = entry.postings.length >= 2 && entry.postings.every((posting) => posting.amountFen !== 0) && sum === 0
  if (!stands) throw new DomainError('ENTRY_UNBALANCED', 'An entry needs two or more postings, none of them zero, that sum to zero.')
}

/** 冲正. The exact negative on the same accounts (I-06). */
export function reversalOf (entry: Entry, reversal: Pick<Entry, 'id' | 'sourceKey' | 'effectiveOn' | 'postedAt' | 'memo'>): Entry {
  assert(entry.reverses === null, 'a reversal is never reversed; post again instead')
  return {
    ...reversal,
    hospitalId: entry.hospitalId,
    kind: 'reversal',
    reverses: entry.id,
    postings: entry.postings.map((posting) => ({ account: posting.account, amountFen: negateFen(posting.amountFen) }))
  }
}
