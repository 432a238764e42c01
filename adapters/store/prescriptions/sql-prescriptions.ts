import type { PharmacistReview, Prescription, PrescriptionFilter, PrescriptionStore } from '../../../core/prescriptions/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import { signatureOf, signatureText } from './signature-columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface PrescriptionRow {
  readonly id: string
  readonly number: string
  readonly consultation_id: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly doctor_id: string
  readonly record_id: string
  readonly record_version: number
  readonly diagnoses: string
  readonly items: string
  readonly is_guardian_present: number
  readonly state: Prescription['state']
  readonly drafted_at_ms: number
  readonly signature: string | null
  readonly valid_until_ms: number | null
  readonly review: string | null
  readonly ended_at_ms: number | null
  readonly reason: string | null
}

const columns = ['id', 'number', 'consultation_id', 'hospital_id', 'patient_id', 'doctor_id', 'record_id', 'record_version', 'diagnoses', 'items', 'is_guardian_present', 'state', 'drafted_at_ms', 'signature', 'valid_until_ms', 'review', 'ended_at_ms', 'reason']
const save = upsert('prescriptions', ['id'], columns)
/** Drugs that are paid for are dispensed, so the order decides. */
const mayExpire = `state in ('signed', 'pharmacist_approved') and not exists (select 1 from drug_order_items taken join drug_orders o on o.id = taken.order_id
  where taken.prescription_id = prescriptions.id and o.state in ('created', 'paid', 'rx_checked'))`

/** 处方. */
export function sqlPrescriptions (unit: Unit): PrescriptionStore {
  const { sql, dialect } = unit
  const find = async (id: string): Promise<Prescription | null> => {
    const row = await sql.first<PrescriptionRow>('select * from prescriptions where id = ?', [id])
    return row && prescriptionOf(row)
  }
  return {
    find,
    findForChange: async (id) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`prescription ${id}`])
      return await find(id)
    },
    save: async (prescription) => { await sql.run(save, valuesOf(prescription)) },
    list: (filter, page) => listPrescriptions(unit, filter, page),
    expiring: async (by, limit) => (await sql.all<PrescriptionRow>(`select * from prescriptions where valid_until_ms <= ? and ${mayExpire} order by valid_until_ms, id limit ?`, [by.getTime(), limit])).map(prescriptionOf),
    nextExpiry: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>(`select min(valid_until_ms) as at_ms from prescriptions where ${mayExpire}`, []))?.at_ms ?? null)
  }
}

async function listPrescriptions ({ sql, dialect, build }: Unit, { patientIds, hospitalId, doctorId, consultationId, states }: PrescriptionFilter, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly Prescription[]> {
  const query = build('prescriptions').select('*').orderBy([{ column: 'drafted_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
  if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
  if (hospitalId !== null) query.where('hospital_id', hospitalId)
  if (doctorId !== null) query.where('doctor_id', doctorId)
  if (consultationId !== null) query.where('consultation_id', consultationId)
  if (states !== null) query.whereIn('state', [...states])
  return (await sql.built<PrescriptionRow>(query)).map(prescriptionOf)
}

function valuesOf (prescription: Prescription): ReadonlyArray<string | number | null> {
  const { id, number, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, diagnoses, items, isGuardianPresent, state, draftedAt, signature, validUntil, review, endedAt, reason } = prescription
  return [id, number, consultationId, hospitalId, patientId, doctorId, recordId, recordVersion, JSON.stringify(diagnoses), JSON.stringify(items), isGuardianPresent ? 1 : 0, state, draftedAt.getTime(),
    signature === null ? null : signatureText(signature), msOrNull(validUntil), review === null ? null : reviewText(review), msOrNull(endedAt), reason]
}

function reviewText ({ signature, ...review }: PharmacistReview): string {
  return JSON.stringify({ ...review, signature: signatureText(signature) })
}

function reviewOf (text: string): PharmacistReview {
  const { signature, ...review } = json<Omit<PharmacistReview, 'signature'> & { readonly signature: string }>(text)
  return { ...review, signature: signatureOf(signature) }
}

function prescriptionOf (row: PrescriptionRow): Prescription {
  return {
    id: row.id, number: row.number, consultationId: row.consultation_id, hospitalId: row.hospital_id, patientId: row.patient_id, doctorId: row.doctor_id, recordId: row.record_id, recordVersion: row.record_version,
    diagnoses: json(row.diagnoses), items: json(row.items), isGuardianPresent: row.is_guardian_present === 1, state: row.state, draftedAt: instant(row.drafted_at_ms),
    signature: row.signature === null ? null : signatureOf(row.signature), validUntil: instantOrNull(row.valid_until_ms), review: row.review === null ? null : reviewOf(row.review),
    endedAt: instantOrNull(row.ended_at_ms), reason: row.reason
  }
}
