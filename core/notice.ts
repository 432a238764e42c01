import type { OutboxMessage } from './outbox.ts'

/**
 * 通知. What a person is to be told. The context where something happens writes it to the outbox (kind `notice`) in the
 * transaction of its cause; notifications chooses channels and has the words. No clinical detail: parameters are
 * amounts, days, names of hospitals and numbers of our own.
 */
export const noticeTemplates = [
  'contract_signed', 'contract_terminated', 'contract_suspended', 'contract_cured',
  'visit_registered', 'checked_in', 'queue_called', 'report_ready', 'skin_test_done', 'medication_ready', 'infusion_ready',
  'bill_due', 'bill_changed', 'bill_paid', 'bill_written_off',
  'dunning', 'dunning_deadline', 'pre_report_notice', 'card_locked', 'card_unlocked', 'reported', 'report_cured',
  'appointment_booked', 'appointment_refused', 'appointment_cancelled', 'appointment_moved', 'appointment_unchanged', 'appointment_reminder', 'seat_offered',
  'voucher_issued', 'voucher_used', 'voucher_examined', 'voucher_redeemed', 'voucher_restored', 'voucher_void', 'voucher_expiring', 'voucher_expired',
  'call_ringing',
  'membership_active', 'membership_expiring', 'membership_expired', 'membership_refunded', 'qualification_decided',
  'invitation_received', 'invitation_accepted', 'invitation_ended', 'invitation_performed', 'invitation_unsaid', 'invitation_withdrawn', 'invitation_message', 'complaint_answered', 'complaint_upheld', 'complaint_overturned',
  'document_issued', 'document_rejected', 'purchase_confirmed', 'purchase_ready', 'purchase_cancelled', 'parcel_sent', 'parcel_delivered', 'parcel_returned',
  'payment_failed', 'refund_done', 'dispute_opened', 'dispute_answered',
  'consultation_accepted', 'consultation_refunded', 'consultation_finished', 'consultation_switched', 'consultation_refund_refused', 'consultation_message',
  'order_assigned', 'order_urged', 'order_withdrawn', 'order_message'
] as const
export type NoticeTemplate = typeof noticeTemplates[number]

export function isNoticeTemplate (name: unknown): name is NoticeTemplate {
  return (noticeTemplates as readonly unknown[]).includes(name)
}

export interface Notice {
  readonly template: NoticeTemplate
  /** Any patient record of the person; null: it is for somebody of a hospital's staff. */
  readonly patientId: string | null
  /** The practitioner; absent or null: it is for a patient. */
  readonly staffId?: string | null
  /** Sealed; null: the phone that the person's contract or account knows. */
  readonly phone: string | null
  readonly params: Readonly<Record<string, string>>
}

export const noticeKind = 'notice'

/** `key` names the occasion: the same key is told once. */
export function noticeMessage (notice: Notice, { id, key, at }: { readonly id: string, readonly key: string, readonly at: Date }): OutboxMessage {
  return { id, kind: noticeKind, key, payload: { ...notice }, createdAt: at }
}

/** 通知医生. To a practitioner's own devices, else the phone that the directory knows; in words without anything clinical, as all. */
export function staffNotice ({ staffId, ...notice }: Pick<Notice, 'template' | 'params'> & { readonly staffId: string }, told: { readonly id: string, readonly key: string, readonly at: Date }): OutboxMessage {
  return noticeMessage({ ...notice, patientId: null, staffId, phone: null }, told)
}

/**
 * What became of a notice, by its key. queued → sent → delivered | undelivered; sent | undelivered → read in the app.
 * suppressed: it was decided not to send it, with the reason.
 */
export type NoticeState = 'queued' | 'sent' | 'delivered' | 'undelivered' | 'read' | 'suppressed'

export interface NoticeRecord {
  readonly key: string
  readonly template: NoticeTemplate
  /** One of the two is there. */
  readonly patientId: string | null
  readonly staffId: string | null
  readonly state: NoticeState
  readonly channel: 'sms' | 'push' | 'wechat' | 'letter' | null
  /** The carrier's number of the message, or of its receipt. */
  readonly proofId: string | null
  readonly reason: string | null
  readonly queuedAt: Date
  readonly sentAt: Date | null
  /** When it was delivered or read: from then on the notice is proven. */
  readonly provenAt: Date | null
}

export interface NoticeStore {
  readonly find: (key: string) => Promise<NoticeRecord | null>
  /** Those that there are, in no order. */
  readonly findAll: (keys: readonly string[]) => Promise<readonly NoticeRecord[]>
  /** Inserts or replaces by key. */
  readonly save: (record: NoticeRecord) => Promise<void>
  /** Sent and not yet delivered, read or given up, oldest first. */
  readonly awaitingReceipt: (limit: number) => Promise<readonly NoticeRecord[]>
  /** Of these patient records, the newest first. */
  readonly list: (patientIds: readonly string[], page: { readonly limit: number, readonly offset: number }) => Promise<readonly NoticeRecord[]>
}
