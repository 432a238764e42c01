import type { Visit, VisitStep, VisitStore } from '../../../core/visits/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

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
  readonly placer_number: string | null
  readonly pay_mode: Visit['payMode']
  readonly continued_as: string | null
}

interface StepRow {
  readonly visit_id: string
  readonly kind: VisitStep['kind']
  readonly key: string
  readonly at_ms: number
  readonly about: string | null
  readonly queue_number: string | null
  readonly room: string | null
}

const columns = ['id', 'hospital_id', 'visit_number', 'patient_id', 'class', 'state', 'started_at_ms', 'ended_at_ms', 'department', 'practitioner_id', 'placer_number', 'pay_mode', 'continued_as']
const save = upsert('visits', ['id'], columns)

export function sqlVisits ({ sql, dialect, build }: Unit): VisitStore {
  return {
    find: async (id) => {
      const row = await sql.first<VisitRow>('select * from visits where id = ?', [id])
      return row && visitOf(row)
    },
    save: async (visit) => {
      await sql.run(save, [visit.id, visit.hospitalId, visit.visitNumber, visit.patientId, visit.class, visit.state, msOrNull(visit.startedAt),
        msOrNull(visit.endedAt), visit.department, visit.practitionerId, visit.placerNumber, visit.payMode, visit.continuedAs])
    },
    list: async ({ patientIds, hospitalId, state }, { limit, offset }) => {
      const query = build('visits').select('*').limit(limit).offset(offset).whereNull('continued_as').orderByRaw('started_at_ms desc nulls last, id')
      if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (state !== null) query.where('state', state)
      return (await sql.built<VisitRow>(query)).map(visitOf)
    },
    addStep: async ({ visitId, kind, key, at, about, queueNumber, room }) => await sql.run(
      'insert into visit_steps (visit_id, kind, key, at_ms, about, queue_number, room) values (?, ?, ?, ?, ?, ?, ?) on conflict (visit_id, kind, key) do nothing',
      [visitId, kind, key, at.getTime(), about, queueNumber, room]) === 1,
    steps: async (visitId, limit) => (await sql.all<StepRow>(
      'select * from visit_steps where visit_id = ? or visit_id in (select id from visits where continued_as = ?) order by at_ms, kind, key limit ?', [visitId, visitId, limit])).map(stepOf)
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
    practitionerId: row.practitioner_id,
    placerNumber: row.placer_number,
    payMode: row.pay_mode,
    continuedAs: row.continued_as
  }
}

function stepOf (row: StepRow): VisitStep {
  return { visitId: row.visit_id, kind: row.kind, key: row.key, at: instant(row.at_ms), about: row.about, queueNumber: row.queue_number, room: row.room }
}
