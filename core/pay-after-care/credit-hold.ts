import type { Fen } from '../money.ts'

/**
 * 授信占用. A part of the credit limit that a service about to be done has reserved. It ends exactly once (I-12):
 * held → posted (the charge came) | released (not done after all) | expired (its time ran out).
 */
export interface CreditHold {
  readonly id: string
  readonly contractId: string
  readonly visitId: string
  /** The HIS's own number of the line (FT1-2) or of the order at its filler (FT1-23), which its charge will carry; of an order with several lines the first one ends the hold. */
  readonly reference: string
  readonly amountFen: Fen
  readonly state: 'held' | 'posted' | 'released' | 'expired'
  readonly heldAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
}
