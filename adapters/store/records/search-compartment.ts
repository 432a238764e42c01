import type { CompartmentSearch, RecordVersion } from '../../../core/records/index.ts'
import { versionOf, type RecordRow } from './record-row.ts'
import { every } from './search-conditions.ts'
import type { Unit } from '../sql.ts'

/** By the index of compartments; a person has few records, a hospital has many. */
export async function searchCompartment ({ sql, dialect }: Unit, { types, patientIds, hospitalId, since, limit, offset }: CompartmentSearch): Promise<{ readonly records: readonly RecordVersion[], readonly total: number }> {
  const found = every([
    { text: dialect.isIn('r.patient_id'), params: [dialect.list(patientIds)] },
    { text: dialect.isIn("r.type || ''"), params: [dialect.list(types)] },
    hospitalId === null ? null : { text: "r.hospital_id || '' = ?", params: [hospitalId] },
    since === null ? null : { text: '+r.last_updated_ms >= ?', params: [since] }
  ])
  const [counted] = await sql.anew<{ readonly total: number }>(`select count(*) as total from records r where ${found.text}`, found.params)
  const rows = limit === 0
    ? []
    : await sql.anew<RecordRow>(`select r.* from records r where ${found.text} order by case r.type when 'Patient' then 0 else 1 end, r.type, r.id limit ? offset ?`, [...found.params, limit, offset])
  return { records: rows.map(versionOf), total: Number(counted?.total ?? 0) }
}
