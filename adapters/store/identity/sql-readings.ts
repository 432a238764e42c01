import type { IdentityReading, ReadingStore } from '../../../core/identity/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface ReadingRow {
  readonly id: string
  readonly token_id: string
  readonly hospital_id: string
  readonly kind: IdentityReading['kind']
  readonly patient_id: string
  readonly unknown_identifier: string | null
  readonly read_at_ms: number
  readonly expires_at_ms: number
}

export function sqlReadings ({ sql }: Unit): ReadingStore {
  return {
    add: async ({ id, tokenId, hospitalId, kind, patientId, unknownIdentifier, readAt, expiresAt }) => {
      await sql.run('insert into identity_readings (id, token_id, hospital_id, kind, patient_id, unknown_identifier, read_at_ms, expires_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)',
        [id, tokenId, hospitalId, kind, patientId, unknownIdentifier, readAt.getTime(), expiresAt.getTime()])
    },
    find: async (id) => {
      const row = await sql.first<ReadingRow>('select * from identity_readings where id = ?', [id])
      return row && { id: row.id, tokenId: row.token_id, hospitalId: row.hospital_id, kind: row.kind, patientId: row.patient_id, unknownIdentifier: row.unknown_identifier, readAt: instant(row.read_at_ms), expiresAt: instant(row.expires_at_ms) }
    },
    takeCode: async ({ tokenId, codeKey, usedAt }) => {
      await sql.run('delete from personal_code_uses where used_at_ms < ?', [usedAt.getTime() - 86_400_000])
      return await sql.run('insert into personal_code_uses (token_id, code_key, used_at_ms) values (?, ?, ?) on conflict (token_id, code_key) do nothing', [tokenId, codeKey, usedAt.getTime()]) === 1
    },
    end: async (ids, at) => { for (const id of ids) await sql.run('update identity_readings set expires_at_ms = ? where id = ? and expires_at_ms > ?', [at.getTime(), id, at.getTime()]) },
    dropExpired: async (before) => { await sql.run('delete from identity_readings where expires_at_ms < ?', [before.getTime()]) }
  }
}
