import type { CalendarDate } from '../clock.ts'
import type { Fen } from '../money.ts'
import type { PaymentChannel, PaymentOrder, PaymentState, Refund } from './payment-order.ts'

type Page = { readonly limit: number, readonly offset: number }

export interface PaymentStore {
  readonly find: (id: string) => Promise<PaymentOrder | null>
  /** Whoever asks for the same order waits until the transaction ends. */
  readonly findForChange: (id: string) => Promise<PaymentOrder | null>
  readonly byOrderNumber: (orderNumber: string) => Promise<PaymentOrder | null>
  readonly save: (order: PaymentOrder) => Promise<void>
  readonly list: (filter: { readonly payerPatientIds: readonly string[] | null, readonly subjectId: string | null, readonly states: readonly PaymentState[] | null }, page: Page) => Promise<readonly PaymentOrder[]>
  /** Created, pending or unknown ones whose next query is due, and when the earliest is. */
  readonly toQuery: (by: Date, limit: number) => Promise<readonly PaymentOrder[]>
  readonly nextQueryAt: () => Promise<Date | null>
  /** Succeeded on a business day of the channel, for reconciliation; by order number after `after`. */
  readonly succeededOn: (channel: PaymentChannel, day: CalendarDate, page: { readonly limit: number, readonly after: string | null }) => Promise<readonly PaymentOrder[]>
  readonly findRefund: (id: string) => Promise<Refund | null>
  readonly refundBySourceKey: (sourceKey: string) => Promise<Refund | null>
  readonly refundByNumber: (refundNumber: string) => Promise<Refund | null>
  readonly saveRefund: (refund: Refund) => Promise<void>
  readonly refundsOf: (orderId: string) => Promise<readonly Refund[]>
  readonly refundsToQuery: (by: Date, limit: number) => Promise<readonly Refund[]>
  readonly refundsDoneOn: (channel: PaymentChannel, day: CalendarDate, page: { readonly limit: number, readonly after: string | null }) => Promise<ReadonlyArray<Refund & { readonly order: PaymentOrder }>>
  /** Keeps a call-back as it came, before anything is made of it; false where this one is kept already. */
  readonly keepCallback: (callback: { readonly id: string, readonly channel: string, readonly key: string, readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array, readonly at: Date }) => Promise<boolean>
  readonly callback: (id: string) => Promise<{ readonly channel: string, readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array } | null>
  readonly settleCallback: (id: string, outcome: string, at: Date) => Promise<void>
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
   * Reads a call-back: verifies before it decrypts. Null: not proven to be the channel's, so nothing changes (I-52).
   * `now` is real time, for the age of signatures.
   */
  readonly readCallback: (headers: Readonly<Record<string, string>>, body: Uint8Array, now: Date) => Promise<{ readonly kind: 'payment', readonly key: string, readonly notice: ChannelNotice } | { readonly kind: 'refund', readonly key: string, readonly notice: RefundNotice } | null>
  /** What the channel wants to hear back. */
  readonly callbackAnswer: (isTaken: boolean) => { readonly status: number, readonly contentType: string, readonly body: string }
  /** The day's statement as the channel writes it, proven by its hash where it has one; null: not made yet. */
  readonly statement: (day: CalendarDate) => Promise<Uint8Array | null>
}

/** Whose money it is. Called in the transaction that records the success; must be safe to repeat. Names the order's purpose. */
export interface Payee<Stores> {
  readonly paid: (stores: Stores, order: PaymentOrder, at: Date) => Promise<void>
  /** The refund is accepted and its money reserved; later it is done or has failed. */
  readonly refunding: (stores: Stores, refund: Refund, order: PaymentOrder, at: Date) => Promise<void>
  readonly refunded: (stores: Stores, refund: Refund, order: PaymentOrder, at: Date) => Promise<void>
}

export const statementSources = ['his', 'insurance', 'wechat', 'alipay', 'bank'] as const
export type StatementSource = typeof statementSources[number]

/** 关账. Whether all sources that concern a hospital are reconciled for a business day: before that nothing is locked or reported. */
export interface DayStore {
  readonly isReconciled: (day: CalendarDate, hospitalId: string) => Promise<boolean>
}
