import type { KeyObject } from 'node:crypto'
import { headerIn } from '../fields.ts'
import { isFresh, isSignedRsa, signRsa } from '../rsa.ts'

const scheme = 'WECHATPAY2-SHA256-RSA2048'
/** 签名探测: the platform sends such signatures now and then to see that they are refused. */
const probePrefix = 'WECHATPAY/SIGNTEST/'

export interface SignedRequest {
  readonly method: string
  /** Path with query. */
  readonly target: string
  /** Seconds since 1970. */
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}

/** What a request's signature is over: each part and a line feed. */
export function requestText ({ method, target, timestamp, nonce, body }: SignedRequest): string {
  return `${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`
}

/** What an answer's or call-back's signature is over. The body is taken byte by byte as it came. */
export function answerText (timestamp: string, nonce: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')])
}

export function authorization (request: SignedRequest, { merchantId, merchantSerial, merchantKey }: { readonly merchantId: string, readonly merchantSerial: string, readonly merchantKey: KeyObject }): string {
  const signature = signRsa(requestText(request), merchantKey)
  return `${scheme} mchid="${merchantId}",nonce_str="${request.nonce}",timestamp="${request.timestamp}",serial_no="${merchantSerial}",signature="${signature}"`
}

/** What the app hands to the wallet is signed likewise. */
export function walletSignature (parts: readonly string[], key: KeyObject): string {
  return signRsa(parts.map((part) => `${part}\n`).join(''), key)
}

export type Proof = 'proven' | 'unsigned' | 'not_proven'

/**
 * Whether these bytes come from the platform, now. `Wechatpay-Serial` names the key in either style: PUB_KEY_ID_… or the
 * serial number of a platform certificate; an id that we do not know proves nothing.
 */
export function proofOf (headers: Readonly<Record<string, string>>, body: Uint8Array, { keys, now }: { readonly keys: ReadonlyMap<string, KeyObject>, readonly now: Date }): Proof {
  const [serial, signature, timestamp, nonce] = ['Wechatpay-Serial', 'Wechatpay-Signature', 'Wechatpay-Timestamp', 'Wechatpay-Nonce'].map((name) => headerIn(headers, name)) as [string, string, string, string]
  if (serial === '' && signature === '') return 'unsigned'
  const key = keys.get(serial)
  if (key === undefined || signature.startsWith(probePrefix) || nonce === '') return 'not_proven'
  const signedAt = /^\d{1,12}$/.test(timestamp) ? new Date(Number(timestamp) * 1000) : null
  if (!isFresh(signedAt, now)) return 'not_proven'
  return isSignedRsa(answerText(timestamp, nonce, body), signature, key) ? 'proven' : 'not_proven'
}
