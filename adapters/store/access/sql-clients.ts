import type { Client, ClientStore, SpeaksFor } from '../../../core/access/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ClientRow {
  readonly id: string
  readonly name: string
  readonly organization_id: string | null
  readonly scopes: string
  readonly speaks_for: SpeaksFor
  readonly secret_hash: string
  readonly previous_hash: string | null
  readonly previous_until_ms: number | null
  readonly created_at_ms: number
  readonly revoked_at_ms: number | null
}

const save = upsert('clients', ['id'], ['id', 'name', 'organization_id', 'scopes', 'speaks_for', 'secret_hash', 'previous_hash', 'previous_until_ms', 'created_at_ms', 'revoked_at_ms'])

export function sqlClients ({ sql }: Unit): ClientStore {
  return {
    find: async (id) => {
      const row = await sql.first<ClientRow>('select * from clients where id = ?', [id])
      return row && clientOf(row)
    },
    save: async (client) => {
      const { previousSecret } = client
      await sql.run(save, [client.id, client.name, client.organizationId, JSON.stringify(client.scopes), client.speaksFor, client.secretHash,
        previousSecret?.hash ?? null, msOrNull(previousSecret?.until ?? null), client.createdAt.getTime(), msOrNull(client.revokedAt)])
    },
    list: async ({ limit, offset }) => (await sql.all<ClientRow>('select * from clients order by created_at_ms desc, id limit ? offset ?', [limit, offset])).map(clientOf)
  }
}

function clientOf (row: ClientRow): Client {
  const until = instantOrNull(row.previous_until_ms)
  return {
    id: row.id,
    name: row.name,
    role: 'integrator',
    organizationId: row.organization_id,
    scopes: json<readonly string[]>(row.scopes),
    speaksFor: row.speaks_for,
    secretHash: row.secret_hash,
    previousSecret: row.previous_hash === null || until === null ? null : { hash: row.previous_hash, until },
    createdAt: instant(row.created_at_ms),
    revokedAt: instantOrNull(row.revoked_at_ms)
  }
}
