import type { CalendarDate } from '../clock.ts'
import { sumFen, type Fen } from '../money.ts'
import { isPastDeadline, undisputedOf, type Bill } from './bill.ts'
import type { CardLock } from './card-lock.ts'
import type { Contract } from './contract.ts'
import type { PayAfterCareSettings } from './settings.ts'

/** What of a contract's debts is past its deadline, undisputed, and still owed to the hospitals themselves. */
export interface Arrears {
  readonly overdueFen: Fen
  /** The earliest missed deadline: names the episode. Null where nothing is overdue. */
  readonly since: CalendarDate | null
  /** The missed deadlines with their hospitals: these days must be reconciled before anything follows (D-6). */
  readonly days: ReadonlyArray<{ readonly hospitalId: string, readonly on: CalendarDate }>
}

export function arrearsOf (bills: readonly Bill[], today: CalendarDate): Arrears {
  const overdue = overdueOf(bills, today)
  const days = new Map(overdue.flatMap(({ hospitalId, dueOn }) => dueOn === null ? [] : [[`${hospitalId} ${dueOn}`, { hospitalId, on: dueOn }] as const]))
  const [since = null] = [...days.values()].map(({ on }) => on).sort()
  return { overdueFen: sumFen(overdue.map(undisputedOf)), since, days: [...days.values()] }
}

export function overdueOf (bills: readonly Bill[], today: CalendarDate): readonly Bill[] {
  return bills.filter((bill) => bill.funder === null && isPastDeadline(bill, today) && undisputedOf(bill) > 0)
}

/** Circumstances in which nothing may follow from arrears yet (I-25). */
export interface Standing {
  readonly isReconciled: boolean
  readonly isPaymentPending: boolean
}

export type WhyNothing = 'nothing_overdue' | 'below_minimum' | 'day_not_reconciled' | 'payment_pending'

/** Null: every precondition is proven, so the privilege is lost, and where a legal basis stands the card is locked. */
export function whyNothingFollows ({ overdueFen }: Arrears, { isReconciled, isPaymentPending }: Standing, { minimumOverdueFen }: Pick<PayAfterCareSettings, 'minimumOverdueFen'>): WhyNothing | null {
  if (overdueFen === 0) return 'nothing_overdue'
  if (overdueFen <= minimumOverdueFen) return 'below_minimum'
  if (!isReconciled) return 'day_not_reconciled'
  return isPaymentPending ? 'payment_pending' : null
}

export type LockDecision = { readonly kind: 'lock', readonly episode: CalendarDate } | { readonly kind: 'no_lock', readonly because: 'no_legal_basis' | 'switched_off' | 'locked_already' | 'unlocked_before' }

/**
 * Whether the card is to be locked for these arrears. The soft mode, without a legal basis, only loses the privilege. An
 * episode is locked once: what was unlocked stays so until another deadline is missed (I-26).
 */
export function lockFor ({ since }: Arrears, locks: readonly CardLock[], { legalBasis, locksCards }: Pick<PayAfterCareSettings, 'legalBasis' | 'locksCards'>): LockDecision {
  if (legalBasis === null) return { kind: 'no_lock', because: 'no_legal_basis' }
  if (!locksCards || since === null) return { kind: 'no_lock', because: 'switched_off' }
  if (locks.some(({ state }) => state !== 'unlocked' && state !== 'lock_rejected')) return { kind: 'no_lock', because: 'locked_already' }
  if (locks.some(({ episode }) => episode >= since)) return { kind: 'no_lock', because: 'unlocked_before' }
  return { kind: 'lock', episode: since }
}

/** A contract that was suspended for arrears is in force again as soon as nothing undisputed is overdue (D-5). */
export function isCured (contract: Contract, { overdueFen }: Arrears): boolean {
  return contract.state === 'suspended' && contract.suspendedBecause === 'overdue' && overdueFen === 0
}
