import type { Visit, VisitStore } from '../../core/visits/index.ts'
import { instantOrNull, msOrNull } from './columns.ts'
import type { Unit } from './sql.ts'
import { upsert } from './upsert.ts'

interface VisitRow {
  readonly id: string
  readonly hospital_id: string
  readonly visit_number: string | null
  readonly patient_id: string
  readonly class: Visit['class']
  readonly state: Visit['state']
  readonly started_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly department: string | null
  readonly practitioner_id: string | null
}

const columns = ['id', 'hospital_id', 'visit_number', 'patient_id', 'class', 'state', 'started_at_ms', 'ended_at_ms', 'department', 'practitioner_id']
const save = upsert('visits', ['id'], columns)

export function sqlVisits ({ sql, dialect, build }: Unit): VisitStore {
  return {
    find: async (id) => {
      const row = await sql.first<VisitRow>('select * from visits where id = ?', [id])
      return row && visitOf(row)
    },
    save: async (visit) => {
      await sql.run(save, [visit.id, visit.hospitalId, visit.visitNumber, visit.patientId, visit.class, visit.state, msOrNull(visit.startedAt),
        msOrNull(visit.endedAt), visit.department, visit.practitionerId])
    },
    list: async ({ patientIds, hospitalId, state }, { limit, offset }) => {
      const query = build('visits').select('*').limit(limit).offset(offset).orderByRaw('started_at_ms desc nulls last, id')
      if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (state !== null) query.where('state', state)
      return (await sql.built<VisitRow>(query)).map(visitOf)
    }
  }
}

function visitOf (row: VisitRow): Visit {
  return {
    id: row.id,
    hospitalId: row.hospital_id,
    visitNumber: row.visit_number,
    patientId: row.patient_id,
    class: row.class,
    state: row.state,
    startedAt: instantOrNull(row.started_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    department: row.department,
    practitionerId: row.practitioner_id
  }
}
