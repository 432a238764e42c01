import type { SlotWait, WaitStore } from '../../../core/appointments/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'

interface WaitRow {
  readonly id: string
  readonly slot_id: string
  readonly hospital_id: string
  readonly patient_id: string
  readonly purpose_kind: string
  readonly subject_id: string | null
  readonly state: SlotWait['state']
  readonly appointment_id: string | null
  readonly joined_at_ms: number
  readonly joined_by: string
}

const save = `insert into slot_waits (id, slot_id, hospital_id, patient_id, purpose_kind, subject_id, state, appointment_id, joined_at_ms, joined_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (id) do update set state = excluded.state, appointment_id = excluded.appointment_id`

/** 候补. The line is the order in which they came. */
export function sqlWaits ({ sql, dialect, build }: Unit): WaitStore {
  const one = async (text: string, value: string): Promise<SlotWait | null> => {
    const row = await sql.first<WaitRow>(text, [value])
    return row && waitOf(row)
  }
  return {
    find: (id) => one('select * from slot_waits where id = ?', id),
    save: async ({ id, slotId, hospitalId, patientId, purpose, state, appointmentId, joinedAt, by }) => {
      await sql.run(save, [id, slotId, hospitalId, patientId, purpose.kind, purpose.subjectId, state, appointmentId, joinedAt.getTime(), by])
    },
    inLine: async (slotId, limit) => (await sql.all<WaitRow>("select * from slot_waits where slot_id = ? and state = 'waiting' order by sequence limit ?", [slotId, limit])).map(waitOf),
    byOffer: (appointmentId) => one('select * from slot_waits where appointment_id = ?', appointmentId),
    list: async ({ patientIds, hospitalId, slotId }, { limit, offset }) => {
      const query = build('slot_waits').select('*').orderBy('sequence', 'desc').limit(limit).offset(offset)
      if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (slotId !== null) query.where('slot_id', slotId)
      return (await sql.built<WaitRow>(query)).map(waitOf)
    }
  }
}

function waitOf (row: WaitRow): SlotWait {
  return {
    id: row.id,
    slotId: row.slot_id,
    hospitalId: row.hospital_id,
    patientId: row.patient_id,
    purpose: { kind: row.purpose_kind, subjectId: row.subject_id },
    state: row.state,
    appointmentId: row.appointment_id,
    joinedAt: instant(row.joined_at_ms),
    by: row.joined_by
  }
}
