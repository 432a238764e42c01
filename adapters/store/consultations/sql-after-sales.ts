import type { AfterSales, AfterSalesStore, DoctorFee, DoctorFeeStore, PresenceStore } from '../../../core/consultations/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface AfterSalesRow {
  readonly id: string
  readonly consultation_id: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly type: AfterSales['type']
  readonly state: AfterSales['state']
  readonly reason: string | null
  readonly doctor_id: string | null
  readonly asked_at_ms: number
  readonly asked_by: string
  readonly due_at_ms: number | null
  readonly alerted_at_ms: number | null
  readonly decided_at_ms: number | null
  readonly decided_by: string | null
  readonly decision: string | null
}

const save = upsert('after_sales', ['id'], ['id', 'consultation_id', 'hospital_id', 'patient_id', 'type', 'state', 'reason', 'doctor_id', 'asked_at_ms', 'asked_by', 'due_at_ms', 'alerted_at_ms', 'decided_at_ms', 'decided_by', 'decision'])
const unseen = "state = 'open' and alerted_at_ms is null and due_at_ms is not null"

/** 售后. */
export function sqlAfterSales ({ sql, dialect, build }: Unit): AfterSalesStore {
  const find = async (id: string): Promise<AfterSales | null> => {
    const row = await sql.first<AfterSalesRow>('select * from after_sales where id = ?', [id])
    return row && afterSalesOf(row)
  }
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`after-sales ${id}`])
      return await find(id)
    },
    save: async ({ id, consultationId, hospitalId, patientId, type, state, reason, doctorId, askedAt, askedBy, dueAt, alertedAt, decidedAt, decidedBy, decision }) => {
      await sql.run(save, [id, consultationId, hospitalId, patientId, type, state, reason, doctorId, askedAt.getTime(), askedBy, msOrNull(dueAt), msOrNull(alertedAt), msOrNull(decidedAt), decidedBy, decision])
    },
    list: async ({ consultationId, hospitalId, type, state }, { limit, offset }) => {
      const query = build('after_sales').select('*').orderBy([{ column: 'asked_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
      if (consultationId !== null) query.where('consultation_id', consultationId)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (type !== null) query.where('type', type)
      if (state !== null) query.where('state', state)
      return (await sql.built<AfterSalesRow>(query)).map(afterSalesOf)
    },
    late: async (by, limit) => (await sql.all<AfterSalesRow>(`select * from after_sales where ${unseen} and due_at_ms <= ? order by due_at_ms, id limit ?`, [by.getTime(), limit])).map(afterSalesOf),
    nextLate: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>(`select min(due_at_ms) as at_ms from after_sales where ${unseen}`, []))?.at_ms ?? null)
  }
}

function afterSalesOf (row: AfterSalesRow): AfterSales {
  return {
    id: row.id,
    consultationId: row.consultation_id,
    hospitalId: row.hospital_id,
    patientId: row.patient_id,
    type: row.type,
    state: row.state,
    reason: row.reason,
    doctorId: row.doctor_id,
    askedAt: instant(row.asked_at_ms),
    askedBy: row.asked_by,
    dueAt: instantOrNull(row.due_at_ms),
    alertedAt: instantOrNull(row.alerted_at_ms),
    decidedAt: instantOrNull(row.decided_at_ms),
    decidedBy: row.decided_by,
    decision: row.decision
  }
}

interface FeeRow {
  readonly doctor_id: string
  readonly hospital_id: string
  readonly product: DoctorFee['product']
  readonly price_fen: number
  readonly set_at_ms: number
  readonly set_by: string
}

/** 医生定价. */
export function sqlDoctorFees ({ sql, dialect }: Unit): DoctorFeeStore {
  return {
    replace: async (doctorId, fees) => {
      await sql.run('delete from doctor_fees where doctor_id = ?', [doctorId])
      for (const { hospitalId, product, priceFen, setAt, setBy } of fees) {
        await sql.run('insert into doctor_fees (doctor_id, hospital_id, product, price_fen, set_at_ms, set_by) values (?, ?, ?, ?, ?, ?)', [doctorId, hospitalId, product, priceFen, setAt.getTime(), setBy])
      }
    },
    ofDoctors: async (doctorIds) => (await sql.all<FeeRow>(`select * from doctor_fees where ${dialect.isIn('doctor_id')} order by doctor_id, product`, [dialect.list(doctorIds)])).map(feeOf),
    upTo: async ({ hospitalId, product, mostFen }, limit) => (await sql.all<FeeRow>(
      'select * from doctor_fees where hospital_id = ? and product = ? and price_fen <= ? order by price_fen desc, doctor_id limit ?', [hospitalId, product, mostFen, limit])).map(feeOf)
  }
}

function feeOf (row: FeeRow): DoctorFee {
  return { doctorId: row.doctor_id, hospitalId: row.hospital_id, product: row.product, priceFen: fen(row.price_fen), setAt: instant(row.set_at_ms), setBy: row.set_by }
}

const savePresence = upsert('doctor_presences', ['doctor_id'], ['doctor_id', 'is_online', 'seen_at_ms'])

/** 医生在线. */
export function sqlPresences ({ sql, dialect }: Unit): PresenceStore {
  return {
    save: async ({ doctorId, isOnline, seenAt }) => { await sql.run(savePresence, [doctorId, isOnline ? 1 : 0, seenAt.getTime()]) },
    ofDoctors: async (doctorIds) => (await sql.all<{ readonly doctor_id: string, readonly is_online: number, readonly seen_at_ms: number }>(
      `select * from doctor_presences where ${dialect.isIn('doctor_id')} order by doctor_id`, [dialect.list(doctorIds)]))
      .map((row) => ({ doctorId: row.doctor_id, isOnline: row.is_online === 1, seenAt: instant(row.seen_at_ms) }))
  }
}
