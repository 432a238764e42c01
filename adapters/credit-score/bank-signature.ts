import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What proves a message between us and the bank's platform, in either direction. */
export interface BankSigned {
  /** Seconds since 1970. */
  readonly timestamp: string
  /** Of the request; the answer carries the same one, so that it answers this request and no other. */
  readonly nonce: string
  /** Path of the request. */
  readonly path: string
  readonly body: string
}

export const bankHeaders = { client: 'x-client-id', timestamp: 'x-timestamp', nonce: 'x-nonce', signature: 'x-signature' } as const

/** HMAC-SHA256 over direction, time stamp, nonce, path and the body's SHA-256, one a line, in hex. */
export function bankSignature (direction: 'request' | 'answer', { timestamp, nonce, path, body }: BankSigned, secret: Uint8Array): string {
  const bodyHash = createHash('sha256').update(body, 'utf8').digest('hex')
  return createHmac('sha256', secret).update([direction, timestamp, nonce, path, bodyHash].join('\n')).digest('hex')
}

export function isBankSigned (direction: 'request' | 'answer', signed: BankSigned, { signature, secret }: { readonly signature: string, readonly secret: Uint8Array }): boolean {
  const right = Buffer.from(bankSignature(direction, signed, secret))
  const given = Buffer.from(signature)
  return given.length === right.length && timingSafeEqual(given, right)
}
