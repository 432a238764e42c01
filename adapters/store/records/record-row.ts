import type { RecordVersion, Resource } from '../../../core/records/index.ts'
import { instant, json } from '../columns.ts'

export interface RecordRow {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly last_updated_ms: number
  readonly resource: string
  readonly element_times: string
  readonly hospital_id: string | null
  readonly patient_id: string | null
  readonly source: string
  readonly mapping_version: string | null
}

export function versionOf (row: RecordRow): RecordVersion {
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    lastUpdated: instant(row.last_updated_ms),
    resource: json<Resource>(row.resource),
    elementTimes: json<Readonly<Record<string, number>>>(row.element_times),
    hospitalId: row.hospital_id,
    patientId: row.patient_id,
    source: row.source,
    mappingVersion: row.mapping_version
  }
}
