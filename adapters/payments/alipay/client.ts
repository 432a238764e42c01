import type { KeyObject } from 'node:crypto'
import type { AlipaySdk } from 'alipay-sdk'
import type { Clock } from '../../../core/clock.ts'
import { beijingTime } from '../beijing-time.ts'
import { exchanged, refused, unavailable, type Exchange } from '../exchange.ts'
import { readJson, textAt, type Json } from '../fields.ts'

export const channelName = 'Alipay'

export interface AlipayOptions {
  readonly appId: string
  /** 卖家: compared with call-backs where it is given. */
  readonly sellerId: string | null
  readonly appKey: KeyObject
  /** 支付宝公钥. All are believed, so a coming key is named before Alipay changes to it. */
  readonly platformKeys: readonly KeyObject[]
  readonly gatewayUrl: string
  readonly notifyUrl: string
  /** Real time. */
  readonly clock: Clock
  readonly exchange: Exchange
}

/** What the official SDK does for us: it signs requests, and proves answers and call-backs. */
export interface AlipayCrypto {
  /** A signed query string: the body of a call, or what an app hands to the wallet. */
  readonly signed: (method: string, content: Json, at: Date) => string
  /** The very span of the text that is signed, once it is proven; null otherwise. */
  readonly provenSpan: (text: string, responseKey: string, sign: string) => string | null
  readonly isProvenNotice: (fields: Readonly<Record<string, string>>) => boolean
}

/**
 * The SDK is loaded with the first call, since it brings an HTTP client of its own (0.4 s of start). That client is not
 * used: our exchange carries the calls, so that time-outs, sizes and errors are as with every other channel, and so that
 * a simulated Alipay can be called in process.
 */
export function alipayCrypto (options: AlipayOptions): () => Promise<AlipayCrypto> {
  let loading: Promise<AlipayCrypto> | null = null
  return async () => {
    loading ??= load(options)
    return await loading
  }
}

async function load ({ appId, appKey, platformKeys, notifyUrl }: AlipayOptions): Promise<AlipayCrypto> {
  const { AlipaySdk: Sdk } = await import('alipay-sdk')
  const privateKey = appKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
  const bySdk = platformKeys.map((key) => new Sdk({ appId, privateKey, keyType: 'PKCS8', alipayPublicKey: key.export({ type: 'spki', format: 'pem' }).toString().trim() }))
  const [signer] = bySdk
  if (signer === undefined) throw new Error('Alipay is configured with a platform key')
  return {
    signed: (method, content, at) => signer.sdkExecute(method, { notify_url: notifyUrl, timestamp: beijingTime(at), bizContent: content }, { bizContentAutoSnakeCase: false }),
    provenSpan: (text, responseKey, sign) => bySdk.some((sdk) => isSigned(sdk, text, { responseKey, sign })) ? signer.getSignStr(text, responseKey) : null,
    isProvenNotice: (fields) => bySdk.some((sdk) => sdk.checkNotifySignV2(fields))
  }
}

function isSigned (sdk: AlipaySdk, text: string, { responseKey, sign }: { readonly responseKey: string, readonly sign: string }): boolean {
  try {
    sdk.checkResponseSign(text, responseKey, sign, '')
    return true
  } catch {
    return false
  }
}

export type AlipayAnswer = { readonly body: Json, readonly refusedWith: null } | { readonly body: Json, readonly refusedWith: string }

const passing = /SYSTEM_ERROR$|^isp\.|^aop\./
/** … and means what it says: there is no such file. */
const missingFile = /bill_not_exist/i

/** One signed call. What counts is the proven span of the answer and nothing around it. */
export async function callAlipay (options: AlipayOptions, crypto: AlipayCrypto, method: string, content: Json): Promise<AlipayAnswer> {
  const answer = await exchanged(options.exchange, {
    method: 'POST', url: options.gatewayUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8', accept: 'application/json', 'user-agent': 'yiqiao' },
    body: crypto.signed(method, content, options.clock.now())
  }, channelName)
  if (answer.status !== 200) throw unavailable(channelName, `answered ${answer.status}`)
  const body = provenBody(crypto, Buffer.from(answer.body).toString('utf8'), `${method.replaceAll('.', '_')}_response`)
  if (body === null) throw unavailable(channelName, 'gave an answer that is not proven to be its own')
  if (body['code'] === '10000') return { body, refusedWith: null }
  const code = textAt(body, 'sub_code') ?? textAt(body, 'code') ?? 'no code'
  if (body['code'] === '20000' || (passing.test(code) && !missingFile.test(code))) throw unavailable(channelName, `answered ${code}`)
  return { body, refusedWith: code }
}

export async function acceptedByAlipay (options: AlipayOptions, crypto: AlipayCrypto, method: string, content: Json): Promise<Json> {
  const { body, refusedWith } = await callAlipay(options, crypto, method, content)
  if (refusedWith !== null) throw refused(channelName, refusedWith)
  return body
}

function provenBody (crypto: AlipayCrypto, text: string, method: string): Json | null {
  const whole = readJson(text)
  const sign = whole === null ? null : textAt(whole, 'sign')
  if (whole === null || sign === null) return null
  const responseKey = Object.hasOwn(whole, method) ? method : 'error_response'
  const span = crypto.provenSpan(text, responseKey, sign)
  return span === null ? null : readJson(span)
}
