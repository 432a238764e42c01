import type { Role, TokenStore } from '../../core/access/index.ts'
import { instant, instantOrNull, msOrNull } from './columns.ts'
import type { Unit } from './sql.ts'
import { upsert } from './upsert.ts'

interface TokenRow {
  readonly id: string
  readonly token_hash: string
  readonly role: Role
  readonly person_id: string | null
  readonly organization_id: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
  readonly revoked_at_ms: number | null
}

const columns = ['id', 'token_hash', 'role', 'person_id', 'organization_id', 'created_at_ms', 'expires_at_ms', 'revoked_at_ms']
const save = upsert('tokens', ['id'], columns)

export function sqlTokens ({ sql }: Unit): TokenStore {
  return {
    byHash: async (tokenHash) => {
      const row = await sql.first<TokenRow>('select * from tokens where token_hash = ?', [tokenHash])
      return row && {
        tokenId: row.id,
        tokenHash: row.token_hash,
        role: row.role,
        personId: row.person_id,
        organizationId: row.organization_id,
        createdAt: instant(row.created_at_ms),
        expiresAt: instantOrNull(row.expires_at_ms),
        revokedAt: instantOrNull(row.revoked_at_ms)
      }
    },
    save: async (token) => {
      await sql.run(save, [token.tokenId, token.tokenHash, token.role, token.personId, token.organizationId, token.createdAt.getTime(),
        msOrNull(token.expiresAt), msOrNull(token.revokedAt)])
    },
    revoke: async (tokenId, at) => {
      await sql.run('update tokens set revoked_at_ms = ? where id = ? and revoked_at_ms is null', [at.getTime(), tokenId])
    }
  }
}
