import assert from 'node:assert'
import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'

export const paymentChannels = ['wechat', 'alipay', 'bank', 'insurance', 'mixed'] as const
/** mixed: WeChat Pay with the insurance account, one order of two parts (domain document §4.1). */
export type PaymentChannel = typeof paymentChannels[number]

/** Who pays: a person by any patient record, or an organization (a third-party hospital). */
export type Payer =
  | { readonly kind: 'person', readonly patientId: string }
  | { readonly kind: 'organization', readonly organizationId: string }

export function payerOf ({ payerPatientId, payerOrganizationId }: Pick<PaymentOrder, 'payerPatientId' | 'payerOrganizationId'>): Payer {
  if (payerPatientId !== null) return { kind: 'person', patientId: payerPatientId }
  assert(typeof payerOrganizationId === 'string', 'a payment has a payer')
  return { kind: 'organization', organizationId: payerOrganizationId }
}

/**
 * 支付单. What somebody is about to pay or has paid through a channel, for one purpose, over one or more hospitals.
 *
 * created → pending (the channel knows it) → success | failed | closed; pending → unknown → success | failed by query.
 * A success that comes after `closed` or `failed` is taken all the same: the payee decides where the money belongs.
 * Success is final; refunds are things of their own. The table is in payment-states.ts.
 */
export interface PaymentOrder {
  readonly id: string
  /** What the channels call it: 32 letters and digits at most. The same on every repetition. */
  readonly orderNumber: string
  /** Whose rules decide what the money is for; the payee of that name hears of it (ports.ts). */
  readonly purpose: string
  /** What the payee knows it by, e.g. the contract. */
  readonly subjectId: string
  /** Any patient record of the person who pays; null: an organization does. */
  readonly payerPatientId: string | null
  /** A hospital that pays; absent or null: a person does. */
  readonly payerOrganizationId?: string | null
  /** The channel keeps the money frozen until it is split or freed (D4). */
  readonly isHeld?: boolean
  readonly channel: PaymentChannel
  /** How it is presented: inside an app, as the wallet's own QR at a kiosk or window, or by the insurance card there. */
  readonly mode: PaymentMode
  readonly amountFen: Fen
  readonly parts: readonly PaymentPart[]
  readonly state: PaymentState
  /** Of a mixed order each part's own state; the whole is success only when both are (I-51). */
  readonly cashFen: Fen
  readonly insuranceFen: Fen
  readonly cashState: PaymentState | null
  readonly insuranceState: PaymentState | null
  /** The channel's number of the transaction, known at success. */
  readonly channelNumber: string | null
  /** What the app or kiosk shows or hands to the wallet; kept, so that a repetition gets the same. */
  readonly prepay: Readonly<Record<string, string>> | null
  /** Fingerprint of the wallet that `prepay` is bound to: nobody else is handed it. */
  readonly walletKey?: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The channel's own time of success, which counts for deadlines (D-7). */
  readonly paidAt: Date | null
  /** The business day of `paidAt`, which statements go by. */
  readonly paidOn?: CalendarDate | null
  /** Gone back for good. */
  readonly refundedFen: Fen
  /** Queries so far, and when the next one is due while it is pending or unknown. */
  readonly queries: number
  readonly nextQueryAt: Date | null
}

/** What of the order is for which hospital and thing. */
export interface PaymentPart {
  readonly hospitalId: string
  /** The payee's own, e.g. a bill. */
  readonly referenceId: string
  /** Null: it is for nobody, as where a hospital pays. */
  readonly patientId: string | null
  readonly amountFen: Fen
}

export const paymentModes = ['app', 'qr', 'card'] as const
export type PaymentMode = typeof paymentModes[number]

export const paymentStates = ['created', 'pending', 'success', 'failed', 'closed', 'unknown'] as const
export type PaymentState = typeof paymentStates[number]

/** The two halves of a mixed order. */
export type PaymentHalf = 'cash' | 'insurance'

/**
 * 退款. requested → approved (four eyes over a limit) → submitted → success | failed | unknown → by query.
 * The sum of those that are not failed never exceeds what was paid (I-09).
 */
export interface Refund {
  readonly id: string
  readonly orderId: string
  /** What the channel calls it. */
  readonly refundNumber: string
  /** One effect, one key: asking again answers with this refund and moves nothing. */
  readonly sourceKey: string
  readonly amountFen: Fen
  readonly parts: readonly PaymentPart[]
  /** Only this half of a mixed order goes back: the other one failed (I-51), or it is a part of the cash. Absent: of the whole. */
  readonly half?: PaymentHalf
  /** A code or a few words for finance, no personal data. */
  readonly reason: string
  readonly state: RefundState
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly approvedBy: string | null
  readonly channelNumber: string | null
  readonly doneAt: Date | null
  /** The business day of a success. */
  readonly doneOn?: CalendarDate | null
  readonly queries: number
  readonly nextQueryAt: Date | null
}

export const refundStates = ['requested', 'approved', 'submitted', 'success', 'failed', 'unknown'] as const
export type RefundState = typeof refundStates[number]
