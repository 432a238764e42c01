import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'

/**
 * 费用. One transaction line of the HIS (FT1): a charge, an adjustment, or a payment at the hospital's own window.
 * The FHIR ChargeItem (PaymentNotice for a payment) has the same id. `amountFen` is null while only the credit of the
 * line has arrived; `creditedBy` is the transaction that cancelled it.
 */
export interface Charge {
  readonly id: string
  readonly hospitalId: string
  readonly kind: 'charge' | 'adjustment' | 'payment'
  /** FT1-2. */
  readonly transactionId: string
  /** FT1-23: the filler's number of the order that it is charged for; absent or null where the HIS names none. */
  readonly orderNumber?: string | null
  readonly patientId: string
  readonly visitId: string | null
  readonly amountFen: Fen | null
  readonly occurredOn: CalendarDate | null
  readonly code: string | null
  readonly text: string | null
  readonly creditedBy: { readonly transactionId: string, readonly amountFen: Fen | null, readonly occurredOn: CalendarDate } | null
  readonly state: ChargeState
  readonly receivedAt: Date
}

/** awaiting_charge: its credit came first; it nets to zero when the charge arrives. */
export type ChargeState = 'posted' | 'reversed' | 'awaiting_charge'
