import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../../core/clock.ts'
import { fen, type Fen } from '../../../core/money.ts'
import { exchanged, refused, unavailable, type Exchange } from '../exchange.ts'
import { formText, isSignedFields, readForm, signFields, type Fields } from './wire.ts'

export interface BankOptions {
  readonly merchantId: string
  /** Of our own certificate, and its private key. */
  readonly certificateId: string
  readonly key: KeyObject
  /** The bank's certificates by id; a coming one is named before the bank changes to it. */
  readonly bankKeys: ReadonlyMap<string, KeyObject>
  readonly url: string
  readonly notifyUrl: string
  /** Real time. */
  readonly clock: Clock
  readonly exchange: Exchange
}

export const channelName = 'The bank gateway'
export const accepted = '00'
/** respCode: no such transaction. */
export const unknown = '34'
/** … in work, or the gateway does not know: query again. */
export const inWork: readonly string[] = ['03', '04', '05']

export async function call (options: BankOptions, path: string, fields: Fields): Promise<Fields> {
  const signed = signFields({ version: '5.1.0', encoding: 'UTF-8', bizType: '000201', channelType: '08', accessType: '0', merId: options.merchantId, ...fields }, options)
  const { status, body } = await exchanged(options.exchange, {
    method: 'POST', url: new URL(path, options.url).href, headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', 'user-agent': 'yiqiao' }, body: formText(signed)
  }, channelName)
  const answer = readForm(body)
  if (status !== 200) throw unavailable(channelName, `answered ${status}`)
  if (answer === null || !isSignedFields(answer, options.bankKeys) || answer['merId'] !== options.merchantId) throw unavailable(channelName, 'gave an answer that is not proven to be its own')
  return answer
}

export async function acceptedBy (options: BankOptions, path: string, fields: Fields): Promise<Fields> {
  return ok(await call(options, path, fields))
}

export function ok (answer: Fields): Fields {
  const code = answer['respCode'] ?? ''
  if (code === accepted) return answer
  throw inWork.includes(code) ? unavailable(channelName, `answered ${code}`) : refused(channelName, `respCode:${code}`)
}

export function amountOf (text: string | undefined): Fen | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? fen(Number(text)) : null
}
