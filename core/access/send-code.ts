import assert from 'node:assert'
import { DomainError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import { comparablePhone } from './phone.ts'
import type { CodeStore, Fingerprint } from './ports.ts'
import { codeLimits, isCodeOpen, nextCodeAt, type CodeUse, type SmsCode } from './sms-code.ts'

export interface CodeDeps {
  readonly codes: CodeStore
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly ids: Ids
  readonly fingerprint: Fingerprint
  /** Six digits. */
  readonly randomCode: () => string
  /** What the outbox holds of number and code until it is carried out: not for other eyes. */
  readonly sealed: (text: string) => string
}

export type SentCode = { readonly kind: 'sent' } | { readonly kind: 'too_soon', readonly at: Date }

const codeTemplates = { session: 'login_code', bind: 'bind_code', ward: 'guardian_code', sign: 'sign_code', terminate: 'terminate_code', identify: 'identify_code', doctor: 'doctor_code' } as const satisfies Record<CodeUse, string>

/** Sends a code to a phone, known or not: the answer is the same, so nobody learns who is registered. */
export async function sendCode (deps: CodeDeps, { phone, use, subject = null }: { readonly phone: string, readonly use: CodeUse, readonly subject?: string | null }, now: Date): Promise<SentCode> {
  const { codes, outbox, ids, fingerprint, sealed } = deps
  const phoneKey = phoneKeyOf(fingerprint, phone)
  await codes.dropBefore(new Date(now.getTime() - codeLimits.dayMs))
  const nextAt = nextCodeAt((await codes.ofPhone(phoneKey)).map(({ sentAt }) => sentAt), now)
  if (nextAt !== null) return { kind: 'too_soon', at: nextAt }
  const code = deps.randomCode()
  assert(/^\d{6}$/.test(code), 'a code has six digits')
  const id = ids.next()
  const isFirst = await codes.add({ id, phoneKey, use, subject, codeKey: codeKeyOf(fingerprint, { id, code }), sentAt: now, expiresAt: new Date(now.getTime() + codeLimits.livesMs), tries: 0, usedAt: null })
  if (!isFirst) return { kind: 'too_soon', at: new Date(now.getTime() + codeLimits.apartMs) }
  const minutes = String(codeLimits.livesMs / 60_000)
  await outbox.add({ id: ids.next(), kind: 'sms', key: `code:${id}`, payload: { to: sealed(phone.trim()), templateId: codeTemplates[use], params: { code: sealed(code), minutes } }, createdAt: now })
  return { kind: 'sent' }
}

/**
 * Uses a code up. A wrong one counts as a try and must stay counted, so the answer is a value: whoever refuses throws
 * after the transaction.
 */
export async function useCode ({ codes, fingerprint }: Pick<CodeDeps, 'codes' | 'fingerprint'>, { phoneKey, use, subject = null, code }: { readonly phoneKey: string, readonly use: CodeUse, readonly subject?: string | null, readonly code: string }, now: Date): Promise<boolean> {
  const newest = newestOf((await codes.ofPhone(phoneKey)).filter((one) => one.subject === subject), use)
  if (newest === null || !isCodeOpen(newest, now)) return false
  if (!await codes.countTry(newest.id, codeLimits.tries)) return false
  if (newest.codeKey !== codeKeyOf(fingerprint, { id: newest.id, code })) return false
  return await codes.markUsed(newest.id, now)
}

function newestOf (codes: readonly SmsCode[], use: CodeUse): SmsCode | null {
  return codes.filter((code) => code.use === use).reduce<SmsCode | null>((newest, code) => newest === null || code.sentAt > newest.sentAt ? code : newest, null)
}

export function phoneKeyOf (fingerprint: Fingerprint, phone: string): string {
  const digits = comparablePhone(phone)
  if (digits === null) throw new DomainError('REQUEST_INVALID', 'Write the phone number in digits.', 'phone')
  return fingerprint('phone', digits)
}

function codeKeyOf (fingerprint: Fingerprint, { id, code }: { readonly id: string, readonly code: string }): string {
  return fingerprint('code', `${id} ${code}`)
}

export const wrongCode = (): DomainError => new DomainError('CODE_INVALID', 'The code is wrong, used or out of time. After five wrong tries or five minutes ask for a new one.', 'code')
