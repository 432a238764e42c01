import type { IdentityReading, ReadingStore } from '../../core/identity/index.ts'
import { instant } from './columns.ts'
import type { Unit } from './sql.ts'

interface ReadingRow {
  readonly id: string
  readonly token_id: string
  readonly hospital_id: string
  readonly kind: IdentityReading['kind']
  readonly patient_id: string
  readonly read_at_ms: number
  readonly expires_at_ms: number
}

export function sqlReadings ({ sql }: Unit): ReadingStore {
  return {
    add: async ({ id, tokenId, hospitalId, kind, patientId, readAt, expiresAt }) => {
      await sql.run('insert into identity_readings (id, token_id, hospital_id, kind, patient_id, read_at_ms, expires_at_ms) values (?, ?, ?, ?, ?, ?, ?)',
        [id, tokenId, hospitalId, kind, patientId, readAt.getTime(), expiresAt.getTime()])
    },
    find: async (id) => {
      const row = await sql.first<ReadingRow>('select * from identity_readings where id = ?', [id])
      return row && { id: row.id, tokenId: row.token_id, hospitalId: row.hospital_id, kind: row.kind, patientId: row.patient_id, readAt: instant(row.read_at_ms), expiresAt: instant(row.expires_at_ms) }
    },
    dropExpired: async (before) => { await sql.run('delete from identity_readings where expires_at_ms < ?', [before.getTime()]) }
  }
}
