import assert from 'node:assert'
import type { Ids } from '../ids.ts'
import type { TokenStore } from './ports.ts'
import type { Principal, Role, Token } from './principal.ts'

export interface IssueTokenDeps {
  readonly tokens: Pick<TokenStore, 'save'>
  readonly ids: Ids
  /** 256 random bits, base64url (43 characters). */
  readonly randomSecret: () => string
  /** SHA-256, hex. */
  readonly hash: (secret: string) => string
}

export interface IssueToken {
  readonly role: Role
  readonly personId: string | null
  readonly organizationId: string | null
  /** Real time. */
  readonly at: Date
  readonly expiresAt: Date | null
  /** Null or absent = all that the role may. */
  readonly scopes?: readonly string[] | null
  /** Whose token it is besides, if it was not issued by hand. */
  readonly holder?: Pick<Token, 'clientId' | 'speaksFor' | 'accountId' | 'sessionId'>
}

export interface IssuedToken {
  readonly principal: Principal
  /** To be shown once: only its hash is kept. */
  readonly secret: string
}

/** The prefix lets secret scanners find a token that was committed by mistake. */
const prefix = 'yq_'

export async function issueToken ({ tokens, ids, randomSecret, hash }: IssueTokenDeps, command: IssueToken): Promise<IssuedToken> {
  const random = randomSecret()
  assert(/^[\w-]{43,}$/.test(random), 'a token carries at least 256 random bits as base64url')
  const secret = prefix + random
  const { role, personId, organizationId, scopes = null } = command
  const principal: Principal = { tokenId: ids.next(), role, personId, organizationId, scopes }
  await tokens.save({ ...principal, ...command.holder, tokenHash: hash(secret), createdAt: command.at, expiresAt: command.expiresAt, revokedAt: null })
  return { principal, secret }
}
