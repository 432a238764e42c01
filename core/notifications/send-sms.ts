import { DomainError } from '../errors.ts'
import type { CarryOut } from '../outbox.ts'
import type { SmsMessage, SmsSender } from './ports.ts'

/** Carries out outbox messages of kind `sms`: payload `{ to, templateId, params }`, the outbox key is the carrier's key. */
export function sendSms (sms: SmsSender): CarryOut {
  return ({ key, payload }) => sms.send({ ...smsOf(payload), key })
}

function smsOf ({ to, templateId, params }: Readonly<Record<string, unknown>>): Omit<SmsMessage, 'key'> {
  if (typeof to !== 'string' || typeof templateId !== 'string' || !isTexts(params)) {
    throw new DomainError('REQUEST_INVALID', 'A text message needs a number, a template and texts for it. Correct what wrote it.')
  }
  return { to, templateId, params }
}

function isTexts (params: unknown): params is Readonly<Record<string, string>> {
  return typeof params === 'object' && params !== null && Object.values(params).every((value) => typeof value === 'string')
}
