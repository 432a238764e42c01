import type { Role, SpeaksFor, Token, TokenHolder, TokenStore } from '../../../core/access/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface TokenRow {
  readonly id: string
  readonly token_hash: string
  readonly role: Role
  readonly person_id: string | null
  readonly organization_id: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
  readonly revoked_at_ms: number | null
  readonly scopes: string | null
  readonly client_id: string | null
  readonly speaks_for: SpeaksFor | null
  readonly account_id: string | null
  readonly session_id: string | null
}

const columns = ['id', 'token_hash', 'role', 'person_id', 'organization_id', 'created_at_ms', 'expires_at_ms', 'revoked_at_ms',
  'scopes', 'client_id', 'speaks_for', 'account_id', 'session_id']
const save = upsert('tokens', ['id'], columns)

export function sqlTokens ({ sql }: Unit): TokenStore {
  return {
    byHash: async (tokenHash) => {
      const row = await sql.first<TokenRow>('select * from tokens where token_hash = ?', [tokenHash])
      return row && tokenOf(row)
    },
    find: async (tokenId) => {
      const row = await sql.first<TokenRow>('select * from tokens where id = ?', [tokenId])
      return row && tokenOf(row)
    },
    save: async (token) => {
      await sql.run(save, [token.tokenId, token.tokenHash, token.role, token.personId, token.organizationId, token.createdAt.getTime(),
        msOrNull(token.expiresAt), msOrNull(token.revokedAt), token.scopes === null ? null : JSON.stringify(token.scopes),
        token.clientId ?? null, token.speaksFor ?? null, token.accountId ?? null, token.sessionId ?? null])
    },
    revoke: async (tokenId, at) => {
      await sql.run('update tokens set revoked_at_ms = ? where id = ? and revoked_at_ms is null', [at.getTime(), tokenId])
    },
    revokeOf: async (holder, at) => {
      const [column, value] = holderColumn(holder)
      await sql.run(`update tokens set revoked_at_ms = ? where ${column} = ? and revoked_at_ms is null`, [at.getTime(), value])
    },
    setPerson: async (accountId, personId) => {
      await sql.run('update tokens set person_id = ? where account_id = ?', [personId, accountId])
    },
    list: async ({ limit, offset }) => (await sql.all<TokenRow>('select * from tokens order by created_at_ms desc, id limit ? offset ?', [limit, offset])).map(tokenOf),
    dropExpired: async (before) => {
      await sql.run('delete from tokens where expires_at_ms < ? and (client_id is not null or session_id is not null)', [before.getTime()])
    }
  }
}

function holderColumn (holder: TokenHolder): readonly [column: string, value: string] {
  if ('clientId' in holder) return ['client_id', holder.clientId]
  return 'sessionId' in holder ? ['session_id', holder.sessionId] : ['account_id', holder.accountId]
}

function tokenOf (row: TokenRow): Token {
  return {
    tokenId: row.id,
    tokenHash: row.token_hash,
    role: row.role,
    personId: row.person_id,
    organizationId: row.organization_id,
    createdAt: instant(row.created_at_ms),
    expiresAt: instantOrNull(row.expires_at_ms),
    revokedAt: instantOrNull(row.revoked_at_ms),
    scopes: row.scopes === null ? null : json<readonly string[]>(row.scopes),
    ...(row.client_id === null ? {} : { clientId: row.client_id }),
    ...(row.speaks_for === null ? {} : { speaksFor: row.speaks_for }),
    ...(row.account_id === null ? {} : { accountId: row.account_id }),
    ...(row.session_id === null ? {} : { sessionId: row.session_id })
  }
}
