import { randomBytes, randomUUID } from 'node:crypto'
import { openStore } from '../../adapters/store/index.ts'
import { sha256 } from '../../app/compose/sha256.ts'
import { issueToken } from '../../core/access/index.ts'

/** A token of an installation that is not running yet. */
export async function operatorToken (dataDir: string): Promise<string> {
  const store = await openStore({ dataDir })
  await store.migrate()
  const { secret } = await store.inTransaction(({ tokens }) => issueToken(
    { tokens, ids: { next: randomUUID }, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') },
    { role: 'operator', personId: null, organizationId: null, at: new Date(), expiresAt: null }))
  await store.close()
  return secret
}
