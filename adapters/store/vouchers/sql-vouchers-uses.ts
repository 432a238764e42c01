import type { Evidence, Presentation, VoucherUse, VoucherUseStore } from '../../../core/vouchers/index.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface UseRow {
  readonly id: string
  readonly voucher_id: string
  readonly use_no: number
  readonly hospital_id: string
  readonly patient_id: string
  readonly appointment_id: string | null
  readonly state: VoucherUse['state']
  readonly used_at_ms: number
  readonly used_by: string
  readonly evidence: string | null
  readonly examined_at_ms: number | null
  readonly redeemed_at_ms: number | null
  readonly redeemed_by: string | null
  readonly rollback: string | null
}

interface PresentationRow {
  readonly voucher_id: string
  readonly hospital_id: string
  readonly code: string
  readonly appointment_id: string | null
  readonly sent_at_ms: number
}

const columns = ['id', 'voucher_id', 'use_no', 'hospital_id', 'patient_id', 'appointment_id', 'state', 'used_at_ms', 'used_by', 'evidence', 'examined_at_ms', 'redeemed_at_ms', 'redeemed_by', 'rollback', 'rollback_state']
const present = upsert('voucher_presentations', ['voucher_id'], ['voucher_id', 'hospital_id', 'code', 'appointment_id', 'sent_at_ms'])

export function sqlVoucherUses (unit: Unit): VoucherUseStore {
  const { sql, build } = unit
  const several = async (text: string, params: Parameters<typeof sql.all>[1]): Promise<readonly VoucherUse[]> => (await sql.all<UseRow>(text, params)).map(useOf)
  return {
    find: async (id) => {
      const row = await sql.first<UseRow>('select * from voucher_uses where id = ?', [id])
      return row && useOf(row)
    },
    list: async ({ hospitalId, voucherId, state, hasRollbackAsked }, { limit, offset }) => {
      const query = build('voucher_uses').select('*').orderBy([{ column: 'used_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (voucherId !== null) query.where('voucher_id', voucherId)
      if (state !== null) query.where('state', state)
      if (hasRollbackAsked) query.where('rollback_state', 'asked')
      return (await sql.built<UseRow>(query)).map(useOf)
    },
    ofVoucher: (voucherId) => several('select * from voucher_uses where voucher_id = ? order by use_no', [voucherId]),
    add: async (use) => { await sql.run(`insert into voucher_uses (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`, valuesOf(use)) },
    save: async (before, after) => await sql.run(
      `update voucher_uses set state = ?, evidence = ?, examined_at_ms = ?, redeemed_at_ms = ?, redeemed_by = ?, rollback = ?, rollback_state = ?
        where id = ? and state = ? and coalesce(rollback_state, '') = ?`,
      [after.state, writeJson(after.evidence), msOrNull(after.examinedAt), msOrNull(after.redeemedAt), after.redeemedBy, writeJson(after.rollback), after.rollback?.state ?? null, before.id, before.state, before.rollback?.state ?? '']) === 1,
    // Sorted here: an order in the statement would tempt SQLite to walk through all uses of the hospital.
    awaitingExamination: async (hospitalId, patientId) => [...await several(
      `select * from voucher_uses where hospital_id = ? and state = 'used'
        and patient_id in (select cast(? as text) union all select id from patients where person_id = (select person_id from patients where id = ?))`, [hospitalId, patientId, patientId])]
      .sort((one, other) => one.usedAt.getTime() - other.usedAt.getTime() || (one.id < other.id ? -1 : 1)),
    examinedBy: (by, limit) => several("select * from voucher_uses where state = 'examined' and examined_at_ms <= ? order by examined_at_ms, id limit ?", [by.getTime(), limit]),
    nextExamined: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>("select min(examined_at_ms) as at_ms from voucher_uses where state = 'examined'", []))?.at_ms ?? null),
    present: async ({ voucherId, hospitalId, code, appointmentId, sentAt }) => { await sql.run(present, [voucherId, hospitalId, code, appointmentId, sentAt.getTime()]) },
    presented: async (voucherId) => {
      const row = await sql.first<PresentationRow>('select * from voucher_presentations where voucher_id = ?', [voucherId])
      return row && presentationOf(row)
    },
    presentedTo: async (hospitalId, since, { limit, offset }) => (await sql.all<PresentationRow>(
      `select p.* from voucher_presentations p join vouchers v on v.id = p.voucher_id
        where p.hospital_id = ? and p.sent_at_ms >= ? and v.state in ('issued', 'booked') order by p.sent_at_ms desc, p.voucher_id limit ? offset ?`, [hospitalId, since.getTime(), limit, offset])).map(presentationOf)
  }
}

const writeJson = (value: object | null): string | null => value === null ? null : JSON.stringify(value)

function valuesOf (use: VoucherUse): ReadonlyArray<string | number | null> {
  return [use.id, use.voucherId, use.useNo, use.hospitalId, use.patientId, use.appointmentId, use.state, use.usedAt.getTime(), use.usedBy, writeJson(use.evidence), msOrNull(use.examinedAt), msOrNull(use.redeemedAt), use.redeemedBy,
    writeJson(use.rollback), use.rollback?.state ?? null]
}

function useOf (row: UseRow): VoucherUse {
  return {
    id: row.id,
    voucherId: row.voucher_id,
    useNo: row.use_no,
    hospitalId: row.hospital_id,
    patientId: row.patient_id,
    appointmentId: row.appointment_id,
    state: row.state,
    usedAt: instant(row.used_at_ms),
    usedBy: row.used_by,
    evidence: row.evidence === null ? null : evidenceOf(json<Stored<Evidence>>(row.evidence)),
    examinedAt: instantOrNull(row.examined_at_ms),
    redeemedAt: instantOrNull(row.redeemed_at_ms),
    redeemedBy: row.redeemed_by,
    rollback: row.rollback === null ? null : rollbackOf(json<Stored<NonNullable<VoucherUse['rollback']>>>(row.rollback))
  }
}

/** Instants of JSON are text. */
type Stored<Value> = { readonly [Key in keyof Value]: Value[Key] extends Date ? string : Value[Key] extends Date | null ? string | null : Value[Key] }

function evidenceOf ({ performedAt, ...rest }: Stored<Evidence>): Evidence {
  return { ...rest, performedAt: new Date(performedAt) }
}

function rollbackOf ({ askedAt, decidedAt, ...rest }: Stored<NonNullable<VoucherUse['rollback']>>): NonNullable<VoucherUse['rollback']> {
  return { ...rest, askedAt: new Date(askedAt), decidedAt: decidedAt === null ? null : new Date(decidedAt) }
}

function presentationOf (row: PresentationRow): Presentation {
  return { voucherId: row.voucher_id, hospitalId: row.hospital_id, code: row.code, appointmentId: row.appointment_id, sentAt: instant(row.sent_at_ms) }
}
