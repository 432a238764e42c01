import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What proves a request to the gateway: who holds the secret sent these bytes, at this moment, once. */
interface SignedParts {
  /** Seconds since 1970. */
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}

export const signatureHeaders = { timestamp: 'x-sms-timestamp', nonce: 'x-sms-nonce', signature: 'x-sms-signature' } as const

/** HMAC-SHA256 over time stamp, nonce and the body's SHA-256, one a line, in hex. */
export function signatureOf (parts: SignedParts, secret: Uint8Array): string {
  const bodyHash = createHash('sha256').update(parts.body, 'utf8').digest('hex')
  return createHmac('sha256', secret).update(`${parts.timestamp}\n${parts.nonce}\n${bodyHash}`).digest('hex')
}

export function isSignedBy (parts: SignedParts, signature: string, secret: Uint8Array): boolean {
  const right = Buffer.from(signatureOf(parts, secret))
  const given = Buffer.from(signature)
  return given.length === right.length && timingSafeEqual(given, right)
}
