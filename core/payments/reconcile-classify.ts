import type { CalendarDate } from '../clock.ts'
import { daysBetween } from '../days.ts'
import type { Fen } from '../money.ts'
import type { OurItem, StatementItem } from './reconcile-item.ts'
import type { DiscrepancyKind } from './reconcile-kinds.ts'

/** What a party's lines are measured by. A null is not checked. */
export interface Expectation {
  readonly merchants: readonly string[] | null
  /** Fee in millionths of the amount, rounded half up to the fen. */
  readonly feePpm: number | null
  readonly hospitalId: string | null
}

export interface SeenLine {
  readonly line: StatementItem
  readonly ours: OurItem | null
  /** It was matched before, by an earlier line or statement. */
  readonly isRepeated: boolean
  readonly day: CalendarDate
}

export type Verdict = 'matched' | DiscrepancyKind

/** One line gets one verdict: what is more wrong about it comes first. */
export function classifyLine ({ line, ours, isRepeated, day }: SeenLine, expects: Expectation): Verdict {
  if (expects.merchants !== null && line.merchant !== null && !expects.merchants.includes(line.merchant)) return 'wrong_merchant'
  if (isRepeated) return 'duplicate'
  if (ours === null) return line.kind === 'refund' ? 'refund_only_channel' : 'only_channel'
  return differenceIn(line, ours, expects) ?? classifyAgreed(line, ours.day === null ? 0 : daysBetween(day, ours.day), expects)
}

function differenceIn (line: StatementItem, ours: OurItem, expects: Expectation): DiscrepancyKind | null {
  const isRefund = line.kind === 'refund'
  if (ours.kind !== line.kind) return 'kind_diff'
  if (isOfOtherHospital(line, ours, expects)) return 'wrong_hospital'
  if (ours.amountFen !== line.amountFen) return isRefund ? 'refund_amount_diff' : 'amount_diff'
  if (ours.state !== 'done') return isRefund ? 'refund_state_diff' : 'state_diff'
  return isSplitOtherwise(line, ours) ? 'split_diff' : null
}

function classifyAgreed (line: StatementItem, days: number, { feePpm }: Expectation): Verdict {
  if (days !== 0) return Math.abs(days) === 1 ? 'date_shift' : 'day_diff'
  return feePpm !== null && line.feeFen !== feeOf(line.amountFen, feePpm) ? 'fee_diff' : 'matched'
}

/** What is done with us and not in the statement of its day. */
export function classifyMissing (ours: OurItem): DiscrepancyKind {
  return ours.kind === 'refund' ? 'refund_only_us' : 'only_us'
}

function isOfOtherHospital (line: StatementItem, ours: OurItem, expects: Expectation): boolean {
  const named = line.hospitalId
  if (named === null) return false
  return (expects.hospitalId !== null && named !== expects.hospitalId) || !ours.hospitals.some(({ hospitalId }) => hospitalId === named)
}

function isSplitOtherwise ({ split: theirs }: StatementItem, { split: ours }: OurItem): boolean {
  if (theirs === null || ours === null) return false
  return theirs.cashFen !== ours.cashFen || theirs.fundFen + theirs.accountFen !== ours.insuredFen || (ours.accountFen !== null && ours.accountFen !== theirs.accountFen)
}

/** A fee that is given back with a refund is the negative of what a payment of the sum would cost. */
function feeOf (amountFen: Fen, feePpm: number): number {
  const fee = Math.floor((Math.abs(amountFen) * feePpm + 500_000) / 1_000_000)
  return amountFen < 0 ? 0 - fee : fee
}
