import type { Consultation, ConsultationFilter, ConsultationStore } from '../../../core/consultations/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ConsultationRow {
  readonly id: string
  readonly number: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly kind: Consultation['kind']
  readonly mode: Consultation['mode']
  readonly channel: Consultation['channel']
  readonly accepted_by: Consultation['acceptedBy']
  readonly made_by: string
  readonly complaint: string
  readonly named_doctor_id: string | null
  readonly doctor_id: string | null
  readonly price_fen: number
  readonly fee_permille: number
  readonly state: Consultation['state']
  readonly reviewed_from: Consultation['reviewedFrom']
  readonly declined_by: string
  readonly hospital_answer: Consultation['hospitalAnswer']
  readonly end_reason: Consultation['endReason']
  readonly created_at_ms: number
  readonly paid_at_ms: number | null
  readonly assigned_at_ms: number | null
  readonly accepted_at_ms: number | null
  readonly replied_at_ms: number | null
  readonly urged_at_ms: number | null
  readonly finished_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly due_at_ms: number | null
  readonly due_for: Consultation['dueFor']
  readonly version: number
}

const columns = ['id', 'number', 'hospital_id', 'patient_id', 'kind', 'mode', 'channel', 'accepted_by', 'made_by', 'complaint', 'named_doctor_id', 'doctor_id', 'price_fen', 'fee_permille', 'state', 'reviewed_from', 'declined_by',
  'hospital_answer', 'end_reason', 'created_at_ms', 'paid_at_ms', 'assigned_at_ms', 'accepted_at_ms', 'replied_at_ms', 'urged_at_ms', 'finished_at_ms', 'ended_at_ms', 'due_at_ms', 'due_for', 'version']
const save = upsert('consultations', ['id'], columns)
const countUp = 'insert into consultation_days (day, last) values (?, 1) on conflict (day) do update set last = consultation_days.last + 1 returning last'

/** 问诊单. One order after the other by a lock; numbers of a day by one row. */
export function sqlConsultations (unit: Unit): ConsultationStore {
  const { sql, dialect } = unit
  const one = async (text: string, params: readonly string[]): Promise<Consultation | null> => {
    const row = await sql.first<ConsultationRow>(text, params)
    return row && consultationOf(row)
  }
  const find = (id: string): Promise<Consultation | null> => one('select * from consultations where id = ?', [id])
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`consultation ${id}`])
      return await find(id)
    },
    byNumber: (number) => one('select * from consultations where number = ?', [number]),
    save: async (consultation) => { await sql.run(save, valuesOf(consultation)) },
    nextOfDay: async (day) => {
      const row = await sql.first<{ readonly last: number }>(countUp, [day])
      if (row === null) throw new Error('a counter answers its number')
      return row.last
    },
    list: (filter, page) => listConsultations(unit, filter, page),
    due: async (by, limit) => (await sql.all<ConsultationRow>('select * from consultations where due_at_ms <= ? order by due_at_ms, id limit ?', [by.getTime(), limit])).map(consultationOf),
    nextDue: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(due_at_ms) as at_ms from consultations where due_at_ms is not null', []))?.at_ms ?? null),
    openOf: async (doctorIds) => new Map((await sql.all<{ readonly doctor_id: string, readonly open: number }>(
      `select doctor_id, count(*) as open from consultations where ${dialect.isIn('doctor_id')} and state in ('assigned', 'in_progress') group by doctor_id`, [dialect.list(doctorIds)])).map((row) => [row.doctor_id, Number(row.open)]))
  }
}

async function listConsultations ({ sql, dialect, build }: Unit, { patientIds, hospitalId, doctorId, states }: ConsultationFilter, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly Consultation[]> {
  const query = build('consultations').select('*').orderBy([{ column: 'created_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
  if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
  if (hospitalId !== null) query.where('hospital_id', hospitalId)
  if (doctorId !== null) query.where('doctor_id', doctorId)
  if (states !== null) query.whereRaw(dialect.isIn('state'), [dialect.list(states)] as never)
  return (await sql.built<ConsultationRow>(query)).map(consultationOf)
}

function valuesOf (order: Consultation): ReadonlyArray<string | number | null> {
  return [order.id, order.number, order.hospitalId, order.patientId, order.kind, order.mode, order.channel, order.acceptedBy, order.by, order.complaint, order.namedDoctorId, order.doctorId, order.priceFen, order.feePermille,
    order.state, order.reviewedFrom, JSON.stringify(order.declinedBy), order.hospitalAnswer, order.endReason, order.createdAt.getTime(), msOrNull(order.paidAt), msOrNull(order.assignedAt), msOrNull(order.acceptedAt),
    msOrNull(order.repliedAt), msOrNull(order.urgedAt), msOrNull(order.finishedAt), msOrNull(order.endedAt), msOrNull(order.dueAt), order.dueFor, order.version]
}

function consultationOf (row: ConsultationRow): Consultation {
  return {
    id: row.id,
    number: row.number,
    hospitalId: row.hospital_id,
    patientId: row.patient_id,
    kind: row.kind,
    mode: row.mode,
    channel: row.channel,
    acceptedBy: row.accepted_by,
    by: row.made_by,
    complaint: row.complaint,
    namedDoctorId: row.named_doctor_id,
    doctorId: row.doctor_id,
    priceFen: fen(row.price_fen),
    feePermille: row.fee_permille,
    state: row.state,
    reviewedFrom: row.reviewed_from,
    declinedBy: json<readonly string[]>(row.declined_by),
    hospitalAnswer: row.hospital_answer,
    endReason: row.end_reason,
    createdAt: instant(row.created_at_ms),
    paidAt: instantOrNull(row.paid_at_ms),
    assignedAt: instantOrNull(row.assigned_at_ms),
    acceptedAt: instantOrNull(row.accepted_at_ms),
    repliedAt: instantOrNull(row.replied_at_ms),
    urgedAt: instantOrNull(row.urged_at_ms),
    finishedAt: instantOrNull(row.finished_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    dueAt: instantOrNull(row.due_at_ms),
    dueFor: row.due_for,
    version: row.version
  }
}
