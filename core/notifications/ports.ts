import type { NoticeRecord, NoticeStore } from '../notice.ts'
import type { NoticeChannel } from './templates.ts'

/** 短信. A text message by a carrier's template; the words are the template's, so no clinical text can slip in. */
export interface SmsMessage {
  readonly to: string
  readonly templateId: string
  readonly params: Readonly<Record<string, string>>
  /** The carrier sends the same key once, for as long as it keeps keys. */
  readonly key: string
}

/** 回执. not_known: the carrier never took a message of this key. `proofId`: the carrier's number of the message. */
export type SmsReceipt =
  | { readonly kind: 'not_known' }
  | { readonly kind: 'pending', readonly proofId: string }
  | { readonly kind: 'delivered', readonly proofId: string, readonly at: Date }
  | { readonly kind: 'undelivered', readonly proofId: string, readonly code: string }

export interface SmsSender {
  /** Settles when the carrier has taken it over; refuses with OUTSIDE_UNAVAILABLE when it may be tried again. */
  readonly send: (message: SmsMessage) => Promise<void>
  /** What became of the message of a key. */
  readonly receipt: (key: string) => Promise<SmsReceipt>
}

export const devicePlatforms = ['ios', 'android', 'harmony'] as const
export type DevicePlatform = typeof devicePlatforms[number]

/** 推送. gone: the app is not on that device any more. Refuses with OUTSIDE_UNAVAILABLE or OUTSIDE_REFUSED. */
export interface PushSender {
  readonly push: (message: { readonly token: string, readonly platform: DevicePlatform, readonly title: string, readonly text: string, readonly key: string }) => Promise<'taken' | 'gone'>
}

/** 公众号模板消息. refused: the person does not follow any more, or not this template. */
export interface TemplateMessageSender {
  readonly send: (message: { readonly openid: string, readonly template: string, readonly params: Readonly<Record<string, string>>, readonly key: string }) => Promise<'taken' | 'refused'>
}

/** A phone or tablet with the app. */
export interface Device {
  readonly id: string
  /** The account; for a token without one, the person. */
  readonly ownerId: string
  /** Fingerprint of the token: one device has one owner. */
  readonly tokenKey: string
  /** Sealed. */
  readonly token: string
  readonly platform: DevicePlatform
  readonly registeredAt: Date
}

export interface DeviceStore {
  /** Inserts, or moves the device of this token to its new owner. */
  readonly save: (device: Device) => Promise<void>
  /** The newest first. */
  readonly ofOwners: (ownerIds: readonly string[]) => Promise<readonly Device[]>
  /** Answers false where the owner has no such device. */
  readonly drop: (id: string, ownerId: string) => Promise<boolean>
}

/** What is kept of a notice besides its record. */
export interface KeptNotice extends NoticeRecord {
  /** The outbox message that carries it: reopened when it is to go on. */
  readonly messageId: string
  readonly params: Readonly<Record<string, string>>
  /** Channels by which it did not arrive. */
  readonly tried: readonly NoticeChannel[]
  /** When to look after it again: it waits for the end of the quiet hours, or for its receipt. Business time. */
  readonly lookAt: Date | null
  /** How often its receipt was asked for. */
  readonly asks: number
}

export interface NoticeBook extends NoticeStore {
  readonly findKept: (key: string) => Promise<KeptNotice | null>
  /** Inserts or replaces by key. */
  readonly keep: (notice: KeptNotice) => Promise<void>
  /** To be looked after by an instant, oldest first. */
  readonly toLookAfter: (by: Date, limit: number) => Promise<readonly KeptNotice[]>
  readonly nextLookAt: () => Promise<Date | null>
  readonly listKept: NoticeListing
  /** Of somebody of the staff, the newest first. */
  readonly listOfStaff: (staffId: string, page: { readonly limit: number, readonly offset: number }) => Promise<readonly KeptNotice[]>
}

type NoticeListing = (patientIds: readonly string[], page: { readonly limit: number, readonly offset: number }) => Promise<readonly KeptNotice[]>
