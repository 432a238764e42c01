/** 短信. A text message by a carrier's template; the words are the template's, so no clinical text can slip in. */
export interface SmsMessage {
  readonly to: string
  readonly templateId: string
  readonly params: Readonly<Record<string, string>>
  /** The carrier sends the same key once. */
  readonly key: string
}

export interface SmsSender {
  /** Settles when the carrier has taken it over; refuses with OUTSIDE_UNAVAILABLE when it may be tried again. */
  readonly send: (message: SmsMessage) => Promise<void>
}
