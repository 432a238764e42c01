import type { KeyObject } from 'node:crypto'
import type { WireRequest } from '../../payments/index.ts'
import { isSignedRsa } from '../../payments/rsa.ts'
import { requestText } from '../../payments/wechat/signature.ts'
import type { WechatMerchant } from './wechat-call.ts'

const freshForMs = 300_000
const authorization = /^WECHATPAY2-SHA256-RSA2048 mchid="([^"]*)",nonce_str="([^"]{1,32})",timestamp="(\d{1,12})",serial_no="([^"]*)",signature="([^"]*)"$/

function textOf ({ method, url, body }: Pick<WireRequest, 'method' | 'url' | 'body'>, signed: { readonly timestamp: string, readonly nonce: string }): string {
  const { pathname, search } = new URL(url)
  return requestText({ method, target: `${pathname}${search}`, ...signed, body: body ?? '' })
}

function forget (nonces: Map<string, number>, beforeMs: number): void {
  for (const [seen, at] of nonces) if (at < beforeMs) nonces.delete(seen); else break
}

/** Why a merchant's request is not taken, or null. A nonce works once. */
export function refuseWechatRequest ({ method, url, headers, body }: WireRequest, { merchant, key, nonces, now }: { readonly merchant: WechatMerchant, readonly key: KeyObject, readonly nonces: Map<string, number>, readonly now: Date }): string | null {
  const found = authorization.exec(headers['authorization'] ?? '')
  if (found === null) return 'Http头Authorization值格式错误'
  const [, merchantId, nonce = '', timestamp = '', serial, signature = ''] = found
  if (merchantId !== merchant.merchantId || serial !== merchant.merchantSerial) return '商户证书序列号有误'
  const nowMs = now.getTime()
  if (Math.abs(nowMs - Number(timestamp) * 1000) > freshForMs) return 'Http头Authorization中的timestamp已过期'
  forget(nonces, nowMs - 2 * freshForMs)
  if (nonces.has(nonce)) return 'nonce_str重复'
  if (!isSignedRsa(textOf({ method, url, body }, { timestamp, nonce }), signature, key)) return '签名错误'
  nonces.set(nonce, nowMs)
  return null
}
