import { exchanged, refused, unavailable, type WireAnswer } from '../exchange.ts'
import { readJson, textAt, type Json } from '../fields.ts'
import type { WechatPayOptions } from './options.ts'
import { authorization, proofOf } from './signature.ts'

export const channelName = 'WeChat Pay'

export interface WechatCall {
  readonly method: 'GET' | 'POST'
  /** Path with query. */
  readonly target: string
  readonly body?: Json
  /** Whose key sealed fields of the body. */
  readonly sealedTo?: string
}

/** `refusedWith` is the platform's error code. */
export type WechatAnswer = { readonly body: Json, readonly refusedWith: null } | { readonly body: Json, readonly refusedWith: string }

const passing: readonly string[] = ['SYSTEM_ERROR', 'FREQUENCY_LIMITED', 'FREQUENCY_LIMIT_EXCEED', 'BIZERR_NEED_RETRY']

/**
 * One signed call, and its answer once it is proven to be the platform's. An answer that is not, or none in time, leaves
 * the outcome unknown. A refusal without any signature is taken as TLS delivers it, as the platform's gateway sends
 * some; one with a wrong signature is not.
 */
export async function callWechat (options: WechatPayOptions, call: WechatCall): Promise<WechatAnswer> {
  const answer = await sent(options, call)
  const proof = proofOf(answer.headers, answer.body, { keys: options.platformKeys, now: options.clock.now() })
  if (answer.status >= 500 || answer.status === 429) throw unavailable(channelName, `answered ${answer.status}`)
  const isDone = answer.status >= 200 && answer.status < 300
  if (proof === 'not_proven' || (isDone && proof === 'unsigned')) throw unavailable(channelName, 'gave an answer that is not proven to be its own')
  const body = answer.body.length === 0 ? {} : readJson(answer.body)
  if (body === null) throw unavailable(channelName, 'gave an unreadable answer')
  if (isDone) return { body, refusedWith: null }
  const code = textAt(body, 'code') ?? `HTTP_${answer.status}`
  if (passing.includes(code)) throw unavailable(channelName, `answered ${code}`)
  return { body, refusedWith: code }
}

/** The body of an answer that must be a yes. */
export async function acceptedBy (options: WechatPayOptions, call: WechatCall): Promise<Json> {
  const { body, refusedWith } = await callWechat(options, call)
  if (refusedWith !== null) throw refused(channelName, refusedWith)
  return body
}

/** Signs and sends; also for downloads, whose answers carry no signature. */
export async function sent (options: WechatPayOptions, { method, target, body, sealedTo }: WechatCall): Promise<WireAnswer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const timestamp = String(Math.floor(options.clock.now().getTime() / 1000))
  const nonce = nonceOf(options)
  return await exchanged(options.exchange, {
    method,
    url: new URL(target, options.url).href,
    headers: {
      accept: 'application/json',
      'user-agent': 'yiqiao',
      authorization: authorization({ method, target, timestamp, nonce, body: text }, options),
      ...(text === '' ? {} : { 'content-type': 'application/json' }),
      ...(sealedTo === undefined ? {} : { 'wechatpay-serial': sealedTo })
    },
    body: text === '' ? null : text
  }, channelName)
}

/** 32 letters and digits at most. */
export function nonceOf ({ nonces }: Pick<WechatPayOptions, 'nonces'>): string {
  return nonces.next().replaceAll('-', '').slice(0, 32)
}
