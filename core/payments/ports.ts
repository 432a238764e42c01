import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { Payer, PaymentChannel, PaymentOrder, PaymentPart, PaymentState, Refund, RefundState } from './payment-order.ts'

type Page = { readonly limit: number, readonly offset: number }

export interface PaymentStore {
  readonly find: (id: string) => Promise<PaymentOrder | null>
  /** Whoever asks for the same order waits until the transaction ends. */
  readonly findForChange: (id: string) => Promise<PaymentOrder | null>
  readonly byOrderNumber: (orderNumber: string) => Promise<PaymentOrder | null>
  /** Whoever asks for the same subject waits until the transaction ends, so that one debt has one open order of a kind. */
  readonly lockSubject: (purpose: string, subjectId: string) => Promise<void>
  /** Parts are written once, with the order; afterwards only the order changes. */
  readonly save: (order: PaymentOrder) => Promise<void>
  /** The newest first. `hospitalId`: of which a part is for this hospital. */
  /** Whether money of this purpose and subject is under way: an order that is created, pending or unknown. */
  readonly hasOpen: (purpose: string, subjectId: string) => Promise<boolean>
  readonly list: (filter: { readonly payerPatientIds: readonly string[] | null, readonly subjectId: string | null, readonly states: readonly PaymentState[] | null, readonly purpose?: string, readonly hospitalId?: string, readonly payerOrganizationId?: string | null }, page: Page) => Promise<readonly PaymentOrder[]>
  /** Created, pending or unknown ones whose next query is due, and when the earliest is. */
  readonly toQuery: (by: Date, limit: number) => Promise<readonly PaymentOrder[]>
  readonly nextQueryAt: () => Promise<Date | null>
  /** Created, pending or unknown ones that expired before, the oldest first. */
  readonly undecided: (expiredBefore: Date, limit: number) => Promise<readonly PaymentOrder[]>
  /** Succeeded on a business day of the channel, for reconciliation; by order number after `after`. */
  readonly succeededOn: (channel: PaymentChannel, day: CalendarDate, page: { readonly limit: number, readonly after: string | null }) => Promise<readonly PaymentOrder[]>
  readonly findRefund: (id: string) => Promise<Refund | null>
  readonly refundBySourceKey: (sourceKey: string) => Promise<Refund | null>
  readonly refundByNumber: (refundNumber: string) => Promise<Refund | null>
  /** Inserts or replaces by id; a second refund of one source key is refused with STORE_WRITE_CONFLICT. */
  readonly saveRefund: (refund: Refund) => Promise<void>
  /** The newest first. */
  readonly refunds: (filter: { readonly orderId: string | null, readonly state: RefundState | null, readonly hospitalId: string | null, readonly payerPatientIds: readonly string[] | null, readonly payerOrganizationId?: string | null }, page: Page) => Promise<readonly Refund[]>
  readonly nextRefundQueryAt: () => Promise<Date | null>
  readonly refundsOf: (orderId: string) => Promise<readonly Refund[]>
  readonly refundsToQuery: (by: Date, limit: number) => Promise<readonly Refund[]>
  readonly refundsDoneOn: (channel: PaymentChannel, day: CalendarDate, page: { readonly limit: number, readonly after: string | null }) => Promise<ReadonlyArray<Refund & { readonly order: PaymentOrder }>>
  /** Keeps a call-back as it came, before anything is made of it; false where this one is kept already. */
  readonly keepCallback: (callback: { readonly id: string, readonly channel: string, readonly key: string, readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array, readonly at: Date }) => Promise<boolean>
  readonly callback: (id: string) => Promise<{ readonly channel: string, readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array, readonly outcome: string | null } | null>
  readonly settleCallback: (id: string, outcome: string, at: Date) => Promise<void>
  /** Forgets call-backs that were kept before an instant; answers how many. */
  readonly dropCallbacks: (before: Date, limit: number) => Promise<number>
}

/** What a channel says of an order, by call-back, answer or query. */
export interface ChannelNotice {
  readonly orderNumber: string
  readonly state: 'pending' | 'success' | 'failed' | 'closed'
  /** The whole sum, to be compared with the order's (I-52). */
  readonly amountFen: Fen
  readonly channelNumber: string | null
  readonly at: Date | null
  /** Of a mixed order. */
  readonly cashState?: PaymentState
  readonly insuranceState?: PaymentState
}

export interface RefundNotice {
  readonly refundNumber: string
  readonly state: 'pending' | 'success' | 'failed'
  readonly amountFen: Fen
  readonly channelNumber: string | null
  readonly at: Date | null
}

/**
 * One payment channel. Calls may be repeated with the same numbers: the channel carries them out once. An answer that did
 * not come is OUTSIDE_UNAVAILABLE (then the state is unknown and is queried); a refusal of this very order is
 * OUTSIDE_REFUSED.
 */
export interface PaymentGateway {
  readonly channel: PaymentChannel
  /** Answers what the app or kiosk needs to go on, e.g. { codeUrl } for a QR. */
  readonly create: (order: PaymentOrder, who: { readonly description: string, readonly openid: string | null, readonly person: { readonly residentId: string, readonly name: string } | null }) => Promise<Readonly<Record<string, string>>>
  /** Null: the channel does not know the order. */
  readonly query: (order: PaymentOrder) => Promise<ChannelNotice | null>
  readonly close: (order: PaymentOrder) => Promise<void>
  readonly refund: (refund: Refund, order: PaymentOrder) => Promise<RefundNotice>
  readonly queryRefund: (refund: Refund, order: PaymentOrder) => Promise<RefundNotice | null>
  /**
   * Reads a call-back: verifies before it decrypts. Null: not proven to be the channel's, or for another merchant than
   * ours, so nothing changes (I-52).
   * `now` is real time, for the age of signatures.
   */
  readonly readCallback: (headers: Readonly<Record<string, string>>, body: Uint8Array, now: Date) => Promise<{ readonly kind: 'payment', readonly key: string, readonly notice: ChannelNotice } | { readonly kind: 'refund', readonly key: string, readonly notice: RefundNotice } | null>
  /** What the channel wants to hear back. */
  readonly callbackAnswer: (isTaken: boolean) => { readonly status: number, readonly contentType: string, readonly body: string }
  /** The day's statement as the channel writes it, proven by its hash where it has one; null: not made yet. */
  readonly statement: (day: CalendarDate) => Promise<Uint8Array | null>
}

/** What somebody wants to pay. */
export interface WantedPayment {
  /** The person's records that the caller may see: nothing beyond them is paid or shown. */
  readonly patientIds: readonly string[]
  /** Single things, e.g. bills, each with what is paid of it now (null: all that is owed); null: whatever is owed. */
  readonly items: ReadonlyArray<{ readonly referenceId: string, readonly amountFen: Fen | null }> | null
  /** With `items` null: so much of it, the oldest first; null: all. */
  readonly amountFen: Fen | null
  readonly at: Date
}

/** What is to be paid: the sum of its parts, none of them zero. */
export interface Payable {
  readonly subjectId: string
  readonly parts: readonly PaymentPart[]
  /** What the wallet shows, e.g. 医后付账单; nothing clinical, no name. */
  readonly description: string
  /** How much of it the person's insurance account can take, where it is known: the insurance half of a mixed order. */
  readonly insuranceFen: Fen | null
  /** It stays frozen at the channel until it is split or freed: only a single wallet or bank can do that. */
  readonly isHeld?: boolean
}

/**
 * 应付. What there is to pay for one purpose; asked before an order is made, in its transaction. Refuses with
 * BILL_NOT_FOUND, PAYMENT_AMOUNT_INVALID, or PAYMENT_NOT_PAYABLE where nothing is owed.
 */
export interface Payables<Stores> {
  readonly owed: (stores: Stores, payer: Payer, wanted: WantedPayment) => Promise<Payable>
}

/** One purpose of payments: what may be paid, and whose money it becomes. */
export interface Purpose<Stores> {
  readonly payables: Payables<Stores>
  readonly payee: Payee<Stores>
}

/** Whose money it is. Called in the transaction that records the success; must be safe to repeat. Names the order's purpose. */
export interface Payee<Stores> {
  /** `order.paidAt` is the channel's own time, which counts for deadlines (D-7). Money that nothing stands against goes back by an outbox message of kind `refund-to-source`. */
  readonly paid: (stores: Stores, order: PaymentOrder, at: Date) => Promise<void>
  /** Before a refund is accepted, or waits for a second person: refuses what may not go back. Without it anything that was paid may. */
  readonly asked?: (stores: Stores, refund: Refund, order: PaymentOrder) => Promise<void>
  /** The refund is accepted and its money reserved; later it is done or has failed, as its state says. */
  readonly refunding: (stores: Stores, refund: Refund, order: PaymentOrder, at: Date) => Promise<void>
  readonly refunded: (stores: Stores, refund: Refund, order: PaymentOrder, at: Date) => Promise<void>
}

export const statementSources = ['his', 'insurance', 'wechat', 'alipay', 'bank'] as const
export type StatementSource = typeof statementSources[number]

/** 关账. Whether all sources that concern a hospital are reconciled for a business day: before that nothing is locked or reported. */
export interface DayStore {
  readonly isReconciled: (day: CalendarDate, hospitalId: string) => Promise<boolean>
}
