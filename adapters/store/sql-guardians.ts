import type { GuardianStore } from '../../core/access/index.ts'
import type { Unit } from './sql.ts'

export function sqlGuardians ({ sql }: Unit): GuardianStore {
  return {
    wardsOf: async (guardianPersonId) => (await sql.all<{ readonly ward_person_id: string }>(
      'select ward_person_id from guardianships where guardian_person_id = ? order by created_at_ms, ward_person_id', [guardianPersonId]))
      .map((row) => row.ward_person_id),
    save: async ({ guardianPersonId, wardPersonId, createdAt }) => {
      await sql.run(`insert into guardianships (guardian_person_id, ward_person_id, created_at_ms) values (?, ?, ?)
        on conflict (guardian_person_id, ward_person_id) do nothing`, [guardianPersonId, wardPersonId, createdAt.getTime()])
    }
  }
}
