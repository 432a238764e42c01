/**
 * 使用. One use of a voucher at one hospital. used → examined → redeemed → rolled_back; used → cancelled.
 * A rolled back or cancelled use is over; the next one has the next number.
 */
export const useStates = ['used', 'examined', 'redeemed', 'cancelled', 'rolled_back'] as const
export type UseState = typeof useStates[number]

export interface VoucherUse {
  readonly id: string
  readonly voucherId: string
  /** From 1 on. */
  readonly useNo: number
  readonly hospitalId: string
  /** The person's record at this hospital. */
  readonly patientId: string
  readonly appointmentId: string | null
  readonly state: UseState
  readonly usedAt: Date
  readonly usedBy: string
  readonly evidence: Evidence | null
  readonly examinedAt: Date | null
  readonly redeemedAt: Date | null
  readonly redeemedBy: string | null
  readonly rollback: Rollback | null
}

/** 检查完成的依据. What the hospital's system said, or what a person has seen and written down. */
export interface Evidence {
  readonly kind: 'his' | 'by_hand'
  /** `DiagnosticReport/…` as it came from the hospital; null by hand. */
  readonly record: string | null
  /** By hand: number of the report or form. */
  readonly document: string | null
  readonly note: string | null
  readonly performedAt: Date
  /** The token that confirmed it, or the source of the message. */
  readonly by: string
}

/** 撤销核销. Asked by one person, decided by another. */
export interface Rollback {
  readonly state: 'asked' | 'confirmed' | 'refused'
  readonly reason: string
  readonly askedBy: string
  readonly askedAt: Date
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
}
