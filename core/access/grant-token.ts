import { isClientSecret, type Client } from './client.ts'
import { issueToken, type IssueTokenDeps } from './issue-token.ts'
import type { ClientStore, TokenStore } from './ports.ts'
import { grantScopes } from './scopes.ts'

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

export type Granted =
  | { readonly kind: 'granted', readonly accessToken: string, readonly expiresInSeconds: number, readonly scopes: readonly string[], readonly client: Client }
  | { readonly kind: 'refused', readonly error: 'invalid_client' | 'invalid_scope' }

type ClientDeps = Pick<IssueTokenDeps, 'hash'> & { readonly clients: Pick<ClientStore, 'find'> }

const accessTokenSeconds = 3600
/** An expired token is of no use, and its row no longer of any to an operator. */
const keepExpiredMs = 7 * 86_400_000

/** The client that shows these credentials; null where there is none, so that nobody learns which of the two was wrong. */
export async function findClient ({ clients, hash }: ClientDeps, { clientId, clientSecret }: ClientCredentials, now: Date): Promise<Client | null> {
  const client = await clients.find(clientId)
  return client !== null && isClientSecret(client, hash(clientSecret), now) ? client : null
}

/** RFC 6749 §4.4. Every outcome is an answer, since OAuth has words of its own for refusals. */
export async function grantToken (deps: ClientDeps & IssueTokenDeps & { readonly tokens: Pick<TokenStore, 'save' | 'dropExpired'> }, credentials: ClientCredentials, scope: string | undefined, now: Date): Promise<Granted> {
  const client = await findClient(deps, credentials, now)
  if (client === null) return { kind: 'refused', error: 'invalid_client' }
  const scopes = grantScopes(scope, client.scopes)
  if (scopes === null) return { kind: 'refused', error: 'invalid_scope' }
  await deps.tokens.dropExpired(new Date(now.getTime() - keepExpiredMs))
  const { secret } = await issueToken(deps, {
    role: client.role, personId: null, organizationId: client.organizationId, at: now, expiresAt: new Date(now.getTime() + accessTokenSeconds * 1000),
    scopes, holder: { clientId: client.id, speaksFor: client.speaksFor }
  })
  return { kind: 'granted', accessToken: secret, expiresInSeconds: accessTokenSeconds, scopes, client }
}

/** RFC 7009: a client ends a token of its own; of anybody else's it learns nothing. */
export async function revokeGranted ({ tokens, hash }: { readonly tokens: Pick<TokenStore, 'byHash' | 'revoke'>, readonly hash: (secret: string) => string }, client: Client, token: string, now: Date): Promise<void> {
  const found = await tokens.byHash(hash(token))
  if (found !== null && found.clientId === client.id) await tokens.revoke(found.tokenId, now)
}
