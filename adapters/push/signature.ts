import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What proves a request to the push provider. */
export interface SignedPush {
  /** Milliseconds since 1970. */
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}

export const pushHeaders = { app: 'x-push-app', timestamp: 'x-push-timestamp', nonce: 'x-push-nonce', signature: 'x-push-signature' } as const

/** HMAC-SHA256 over app, time stamp, nonce and the body's SHA-256, one a line, in base64. */
export function pushSignature (appId: string, { timestamp, nonce, body }: SignedPush, secret: Uint8Array): string {
  const bodyHash = createHash('sha256').update(body, 'utf8').digest('hex')
  return createHmac('sha256', secret).update([appId, timestamp, nonce, bodyHash].join('\n')).digest('base64')
}

export function isPushSigned (appId: string, signed: SignedPush, { signature, secret }: { readonly signature: string, readonly secret: Uint8Array }): boolean {
  const right = Buffer.from(pushSignature(appId, signed, secret))
  const given = Buffer.from(signature)
  return given.length === right.length && timingSafeEqual(given, right)
}
