import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What proves a request or call-back: who holds the secret sent these bytes, to this path, at this moment, once. */
interface SignedParts {
  readonly appId: string
  /** Seconds since 1970. */
  readonly timestamp: string
  readonly nonce: string
  readonly path: string
  readonly body: string
}

const carrierHeaders = { appId: 'x-carrier-app', timestamp: 'x-carrier-timestamp', nonce: 'x-carrier-nonce', signature: 'x-carrier-signature' } as const

/** How old a signature may be, either way. */
const freshMs = 300_000

/** HMAC-SHA256 over application, time stamp, nonce, path and the body's SHA-256, one a line, in hex. */
function carrierSignature ({ appId, timestamp, nonce, path, body }: SignedParts, secret: Uint8Array): string {
  const bodyHash = createHash('sha256').update(body, 'utf8').digest('hex')
  return createHmac('sha256', secret).update([appId, timestamp, nonce, path, bodyHash].join('\n')).digest('hex')
}

export function signedHeaders (parts: SignedParts, secret: Uint8Array): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json', [carrierHeaders.appId]: parts.appId, [carrierHeaders.timestamp]: parts.timestamp, [carrierHeaders.nonce]: parts.nonce, [carrierHeaders.signature]: carrierSignature(parts, secret)
  }
}

interface Proving {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly path: string
  readonly body: string
}

/** Whether a request is the other side's own and new enough; a replay of an event changes nothing, so nonces are not kept. */
export function isProven ({ headers, path, body }: Proving, { appId, secret }: { readonly appId: string, readonly secret: Uint8Array }, now: Date): boolean {
  const [timestamp = '', nonce = '', signature = ''] = [carrierHeaders.timestamp, carrierHeaders.nonce, carrierHeaders.signature].map((name) => headers[name])
  if (headers[carrierHeaders.appId] !== appId || !/^\d{1,12}$/.test(timestamp) || Math.abs(now.getTime() - Number(timestamp) * 1000) > freshMs) return false
  const right = Buffer.from(carrierSignature({ appId, timestamp, nonce, path, body }, secret))
  const given = Buffer.from(signature)
  return given.length === right.length && timingSafeEqual(given, right)
}
