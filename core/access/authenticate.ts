import type { Principal } from './principal.ts'
import type { TokenStore } from './ports.ts'

/** Finds who a bearer token stands for; null where it is unknown, revoked or out of time (real time). */
export async function authenticate ({ tokens, hash }: { readonly tokens: Pick<TokenStore, 'byHash'>, readonly hash: (secret: string) => string }, secret: string, now: Date): Promise<Principal | null> {
  const token = await tokens.byHash(hash(secret))
  if (token === null || token.revokedAt !== null) return null
  if (token.expiresAt !== null && token.expiresAt <= now) return null
  const { tokenId, role, personId, organizationId, scopes, clientId, speaksFor, accountId } = token
  return {
    tokenId, role, personId, organizationId, scopes,
    ...(clientId === undefined ? {} : { clientId }),
    ...(speaksFor === undefined ? {} : { speaksFor }),
    ...(accountId === undefined ? {} : { accountId })
  }
}
