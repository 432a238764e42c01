import { isLive, type Appointment, type AppointmentFilter, type AppointmentStore } from '../../../core/appointments/index.ts'
import { instant, instantOrNull, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface AppointmentRow {
  readonly id: string
  readonly hospital_id: string
  readonly slot_id: string | null
  readonly is_ours: number
  readonly is_made_here: number
  readonly patient_id: string
  readonly practitioner_id: string | null
  readonly department: string | null
  readonly service_type: string | null
  readonly purpose_kind: string
  readonly subject_id: string | null
  readonly state: Appointment['state']
  readonly asking: Appointment['asking']
  readonly wanted_slot_id: string | null
  readonly starts_at_ms: number
  readonly ends_at_ms: number
  readonly placer_number: string | null
  readonly filler_number: string | null
  readonly hold_until_ms: number | null
  readonly moves: number
  readonly answer_key: string | null
  readonly reason: string | null
  readonly made_at_ms: number
  readonly made_by: string
}

const columns = ['id', 'hospital_id', 'slot_id', 'is_ours', 'is_made_here', 'patient_id', 'practitioner_id', 'department', 'service_type', 'purpose_kind', 'subject_id', 'state', 'is_live', 'asking', 'wanted_slot_id',
  'starts_at_ms', 'ends_at_ms', 'placer_number', 'filler_number', 'hold_until_ms', 'moves', 'answer_key', 'reason', 'made_at_ms', 'made_by']
const save = upsert('appointments', ['id'], columns)
const awaited = "is_live = 1 and is_made_here = 1 and state <> 'held'"

/** 预约. One of a subject at a time by its unique index; one person after the other by a lock on the person. */
export function sqlAppointments (unit: Unit): AppointmentStore {
  const { sql, dialect } = unit
  const one = async (text: string, params: readonly string[]): Promise<Appointment | null> => {
    const row = await sql.first<AppointmentRow>(text, params)
    return row && appointmentOf(row)
  }
  const several = async (text: string, params: Parameters<typeof sql.all>[1]): Promise<readonly Appointment[]> => (await sql.all<AppointmentRow>(text, params)).map(appointmentOf)
  const lock = async (text: string): Promise<void> => {
    if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [text])
  }
  const earliest = async (text: string): Promise<Date | null> => instantOrNull((await sql.first<{ readonly at_ms: number | null }>(text, []))?.at_ms ?? null)
  const find = (id: string): Promise<Appointment | null> => one('select * from appointments where id = ?', [id])
  return {
    find,
    findForChange: async (id) => {
      await lock(`appointment ${id}`)
      return await find(id)
    },
    byNumber: (hospitalId, number) => 'placer' in number
      ? one('select * from appointments where hospital_id = ? and placer_number = ?', [hospitalId, number.placer])
      : one('select * from appointments where hospital_id = ? and filler_number = ? order by is_made_here desc, id limit 1', [hospitalId, number.filler]),
    save: async (appointment) => { await sql.run(save, valuesOf(appointment)) },
    lockPerson: (personId) => lock(`appointments of ${personId}`),
    overlapping: (patientIds, { from, to }) => several(
      `select * from appointments where ${dialect.isIn('patient_id')} and is_live = 1 and starts_at_ms < ? and ends_at_ms > ? order by starts_at_ms, id`, [dialect.list(patientIds), to.getTime(), from.getTime()]),
    liveOf: ({ kind, subjectId }) => one('select * from appointments where purpose_kind = ? and subject_id = ? and is_live = 1', [kind, subjectId ?? '']),
    list: (filter, page) => listAppointments(unit, filter, page),
    holdsEnding: (by, limit) => several("select * from appointments where state = 'held' and hold_until_ms <= ? order by hold_until_ms, id limit ?", [by.getTime(), limit]),
    nextHoldEnd: () => earliest("select min(hold_until_ms) as at_ms from appointments where state = 'held'"),
    ending: (by, limit) => several(`select * from appointments where ${awaited} and ends_at_ms <= ? order by ends_at_ms, id limit ?`, [by.getTime(), limit]),
    nextEnd: () => earliest(`select min(ends_at_ms) as at_ms from appointments where ${awaited}`),
    toRemind: ({ from, to }, limit) => several(
      `select * from appointments where state = 'booked' and is_made_here = 1 and is_live = 1 and starts_at_ms >= ? and starts_at_ms < ? and (reminded_for_ms is null or reminded_for_ms <> starts_at_ms)
        order by starts_at_ms, id limit ?`, [from.getTime(), to.getTime(), limit]),
    markReminded: async (id, startsAt) => { await sql.run('update appointments set reminded_for_ms = ? where id = ?', [startsAt.getTime(), id]) }
  }
}

async function listAppointments ({ sql, dialect, build }: Unit, { patientIds, hospitalId, state, slotId, purpose, from, to }: AppointmentFilter, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly Appointment[]> {
  const query = build('appointments').select('*').orderBy([{ column: 'starts_at_ms', order: 'desc' }, { column: 'id' }]).limit(limit).offset(offset)
  if (patientIds !== null) query.whereRaw(dialect.isIn('patient_id'), [dialect.list(patientIds)] as never)
  if (hospitalId !== null) query.where('hospital_id', hospitalId)
  if (state !== null) query.where('state', state)
  if (slotId !== null) query.where('slot_id', slotId)
  if (purpose !== null) query.where('purpose_kind', purpose.kind)
  if (purpose !== null && purpose.subjectId !== null) query.where('subject_id', purpose.subjectId)
  if (from !== null) query.where('ends_at_ms', '>', from.getTime())
  if (to !== null) query.where('starts_at_ms', '<', to.getTime())
  return (await sql.built<AppointmentRow>(query)).map(appointmentOf)
}

function valuesOf (appointment: Appointment): ReadonlyArray<string | number | null> {
  const { id, hospitalId, slotId, isOurs, isMadeHere, patientId, practitionerId, department, serviceType, purpose, state, asking, wantedSlotId, startsAt, endsAt } = appointment
  return [id, hospitalId, slotId, isOurs ? 1 : 0, isMadeHere ? 1 : 0, patientId, practitionerId, department, serviceType, purpose.kind, purpose.subjectId, state, isLive(appointment) ? 1 : 0, asking, wantedSlotId,
    startsAt.getTime(), endsAt.getTime(), appointment.placerNumber, appointment.fillerNumber, msOrNull(appointment.holdUntil), appointment.moves, appointment.answerKey, appointment.reason, appointment.madeAt.getTime(), appointment.by]
}

function appointmentOf (row: AppointmentRow): Appointment {
  return {
    id: row.id,
    hospitalId: row.hospital_id,
    slotId: row.slot_id,
    isOurs: row.is_ours === 1,
    isMadeHere: row.is_made_here === 1,
    patientId: row.patient_id,
    practitionerId: row.practitioner_id,
    department: row.department,
    serviceType: row.service_type,
    purpose: { kind: row.purpose_kind, subjectId: row.subject_id },
    state: row.state,
    asking: row.asking,
    wantedSlotId: row.wanted_slot_id,
    startsAt: instant(row.starts_at_ms),
    endsAt: instant(row.ends_at_ms),
    placerNumber: row.placer_number,
    fillerNumber: row.filler_number,
    holdUntil: instantOrNull(row.hold_until_ms),
    moves: row.moves,
    answerKey: row.answer_key,
    reason: row.reason,
    madeAt: instant(row.made_at_ms),
    by: row.made_by
  }
}
