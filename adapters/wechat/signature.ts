import { createHash, timingSafeEqual } from 'node:crypto'

export interface SignedCall {
  /** Seconds since 1970. */
  readonly timestamp: string
  readonly nonce: string
}

/** 公众平台 "接入指南": SHA-1 over token, timestamp and nonce, sorted and joined, in hex. It does not cover the body. */
export function callbackSignature ({ timestamp, nonce }: SignedCall, token: string): string {
  return createHash('sha1').update([token, timestamp, nonce].sort().join('')).digest('hex')
}

export function isCallbackSigned (call: SignedCall, signature: string, token: string): boolean {
  const right = Buffer.from(callbackSignature(call, token))
  const given = Buffer.from(signature)
  return given.length === right.length && timingSafeEqual(given, right)
}
