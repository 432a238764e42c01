import type { VoucherState } from './voucher.ts'

export const voucherHappenings = ['generated', 'sent', 'converted', 'issued', 'booked', 'rebooked', 'released', 'used', 'left', 'examined', 'redeemed', 'rolled_back', 'voided', 'expired'] as const
export type VoucherHappening = typeof voucherHappenings[number]

/**
 * What happened to one voucher, or to a run of them in one step. Events are only ever added: what a voucher is, and
 * every figure of the statistics, follows from them (V-08, I-44).
 */
export interface VoucherEvent {
  readonly batch: number
  /** The places in the batch, both included. */
  readonly fromSeq: number
  readonly toSeq: number
  readonly what: VoucherHappening
  readonly from: VoucherState | null
  readonly to: VoucherState
  readonly communityId: string | null
  readonly hospitalId: string | null
  /** `2027-03` in the business zone. */
  readonly month: string
  /** The appointment or the use. */
  readonly subjectId: string | null
  readonly reason: string | null
  readonly by: string
  readonly at: Date
}
