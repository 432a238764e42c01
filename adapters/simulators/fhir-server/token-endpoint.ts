import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../../core/clock.ts'
import type { Ids } from '../../../core/ids.ts'

export interface TokenEndpoint {
  /** Status and body of OAuth client credentials (RFC 6749 §4.4), with the client's secret as Basic. */
  readonly grant: (authorization: string | undefined, form: URLSearchParams) => { readonly status: number, readonly body: unknown }
  readonly isValid: (authorization: string | undefined) => boolean
  /** Every token so far is refused from now on, though its time has not run out. */
  readonly expireAll: () => void
  readonly granted: () => number
}

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

const mostTokens = 1_000

/** Without credentials everybody is let in. */
export function tokenEndpoint ({ credentials, ids, wallClock, lifeMs }: { readonly credentials: Credentials | null, readonly ids: Ids, readonly wallClock: Clock, readonly lifeMs: number }): TokenEndpoint {
  const validUntilMs = new Map<string, number>()
  let granted = 0
  return {
    grant: (authorization, form) => {
      if (credentials === null || form.get('grant_type') !== 'client_credentials') return { status: 400, body: { error: 'unsupported_grant_type' } }
      if (!isSame(basicOf(authorization), `${credentials.clientId}:${credentials.clientSecret}`)) return { status: 401, body: { error: 'invalid_client' } }
      const token = ids.next()
      granted += 1
      for (const [old] of validUntilMs) if (validUntilMs.size >= mostTokens) validUntilMs.delete(old); else break
      validUntilMs.set(token, wallClock.now().getTime() + lifeMs)
      return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: Math.floor(lifeMs / 1000) } }
    },
    isValid: (authorization) => credentials === null || (validUntilMs.get(authorization?.replace(/^Bearer /, '') ?? '') ?? 0) > wallClock.now().getTime(),
    expireAll: () => { validUntilMs.clear() },
    granted: () => granted
  }
}

/** Name and secret are form-encoded before they are joined (RFC 6749 §2.3.1). */
function basicOf (authorization: string | undefined): string {
  const joined = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString('utf8')
  return joined.split(':').map((part) => new URLSearchParams(`part=${part}`).get('part')).join(':')
}

function isSame (one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)]
  return first.length === second.length && timingSafeEqual(first, second)
}
