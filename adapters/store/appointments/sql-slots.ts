import type { OfferedSlot, Schedule, SlotFilter, SlotStore } from '../../../core/appointments/index.ts'
import { instant } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface ScheduleRow {
  readonly id: string
  readonly hospital_id: string
  readonly owner: Schedule['owner']
  readonly practitioner_id: string | null
  readonly department: string | null
  readonly service_type: string | null
  readonly is_active: number
}

interface SlotRow extends Omit<ScheduleRow, 'is_active'> {
  readonly schedule_id: string
  readonly starts_at_ms: number
  readonly ends_at_ms: number
  readonly capacity: number
  readonly taken: number
  readonly is_open: number
}

const saveSchedule = upsert('schedules', ['id'], ['id', 'hospital_id', 'owner', 'practitioner_id', 'department', 'service_type', 'is_active'])
/** The seats that are taken stay as they are. */
const saveSlot = `insert into slots (id, schedule_id, hospital_id, starts_at_ms, ends_at_ms, capacity, taken, is_open) values (?, ?, ?, ?, ?, ?, 0, ?)
  on conflict (id) do update set schedule_id = excluded.schedule_id, starts_at_ms = excluded.starts_at_ms, ends_at_ms = excluded.ends_at_ms, capacity = excluded.capacity, is_open = excluded.is_open
  where (slots.schedule_id, slots.starts_at_ms, slots.ends_at_ms, slots.capacity, slots.is_open) is distinct from (excluded.schedule_id, excluded.starts_at_ms, excluded.ends_at_ms, excluded.capacity, excluded.is_open)`

const columns = ['slots.id', 'slots.schedule_id', 'slots.hospital_id', 'starts_at_ms', 'ends_at_ms', 'capacity', 'taken', 'is_open', 'owner', 'practitioner_id', 'department', 'service_type']
const joined = `select ${columns.join(', ')} from slots join schedules on schedules.id = slots.schedule_id`
const otherService = '(service_type is null or service_type <> ?)'
const free = 'is_open = 1 and taken < capacity and schedules.is_active = 1'

/** 号源. A seat is taken and given back in one conditional step, which is what keeps a slot from being booked beyond its seats. */
export function sqlSlots (unit: Unit): SlotStore {
  const { sql, dialect, build } = unit
  return {
    saveSchedule: async ({ id, hospitalId, owner, practitionerId, department, serviceType, isActive }) => {
      await sql.run(saveSchedule, [id, hospitalId, owner, practitionerId, department, serviceType, isActive ? 1 : 0])
    },
    findSchedule: async (id) => {
      const row = await sql.first<ScheduleRow>('select * from schedules where id = ?', [id])
      return row && scheduleOf(row)
    },
    schedules: async ({ hospitalId, department, practitionerId, exceptService }, { limit, offset }) => {
      const query = build('schedules').select('*').where('is_active', 1).orderBy('id').limit(limit).offset(offset)
      if (hospitalId !== null) query.where('hospital_id', hospitalId)
      if (department !== null) query.where('department', department)
      if (practitionerId !== null) query.where('practitioner_id', practitionerId)
      if (exceptService !== undefined) query.whereRaw(otherService, [exceptService])
      return (await sql.built<ScheduleRow>(query)).map(scheduleOf)
    },
    save: async ({ id, scheduleId, hospitalId, startsAt, endsAt, capacity, isOpen }) => {
      await sql.run(saveSlot, [id, scheduleId, hospitalId, startsAt.getTime(), endsAt.getTime(), capacity, isOpen ? 1 : 0])
    },
    find: async (id) => {
      const row = await sql.first<SlotRow>(`${joined} where slots.id = ?`, [id])
      return row && slotOf(row)
    },
    list: (filter, page) => listSlots(unit, filter, page),
    overlapping: async ({ hospitalId, practitionerId, from, to }, limit) => (await sql.all<SlotRow>(
      `${joined} where practitioner_id = ? and slots.hospital_id = ? and starts_at_ms < ? and ends_at_ms > ? order by starts_at_ms, slots.id limit ?`,
      [practitionerId, hospitalId, to.getTime(), from.getTime(), limit])).map(slotOf),
    takeSeat: async (slotId, { isBooked }) => await sql.run(
      `update slots set taken = taken + 1 where id = ? and taken < capacity ${isBooked ? '' : 'and is_open = 1'}`, [slotId]) === 1,
    freeSeat: async (slotId) => {
      await sql.run('update slots set taken = taken - 1 where id = ? and taken > 0', [slotId])
    },
    firstFree: async (practitionerIds, { at, until }) => (await sql.all<{ readonly practitioner_id: string, readonly starts: number }>(
      `select practitioner_id, min(starts_at_ms) as starts from slots join schedules on schedules.id = slots.schedule_id
        where ${dialect.isIn('practitioner_id')} and ${free} and ends_at_ms > ? and starts_at_ms < ? group by practitioner_id`,
      [dialect.list(practitionerIds), at.getTime(), until.getTime()])).map((row) => ({ practitionerId: row.practitioner_id, startsAt: instant(row.starts) })),
    practitionersWithSchedule: async (practitionerIds) => (await sql.all<{ readonly practitioner_id: string }>(
      `select distinct practitioner_id from schedules where ${dialect.isIn('practitioner_id')}`, [dialect.list(practitionerIds)])).map((row) => row.practitioner_id)
  }
}

async function listSlots ({ sql, build }: Unit, { hospitalId, department, practitionerId, scheduleId, onlyFree, exceptService, from, to }: SlotFilter, { limit, offset }: { readonly limit: number, readonly offset: number }): Promise<readonly OfferedSlot[]> {
  const query = build('slots').join('schedules', 'schedules.id', 'slots.schedule_id').select(columns).orderBy([{ column: 'starts_at_ms' }, { column: 'slots.id' }]).limit(limit).offset(offset)
  if (hospitalId !== null) query.where('slots.hospital_id', hospitalId)
  if (department !== null) query.where('department', department)
  if (practitionerId !== null) query.where('practitioner_id', practitionerId)
  if (scheduleId !== null) query.where('schedule_id', scheduleId)
  if (from !== null) query.where('ends_at_ms', '>', from.getTime())
  if (to !== null) query.where('starts_at_ms', '<', to.getTime())
  if (onlyFree) query.whereRaw(free)
  if (exceptService !== undefined) query.whereRaw(otherService, [exceptService])
  return (await sql.built<SlotRow>(query)).map(slotOf)
}

function scheduleOf (row: ScheduleRow): Schedule {
  return { id: row.id, hospitalId: row.hospital_id, owner: row.owner, practitionerId: row.practitioner_id, department: row.department, serviceType: row.service_type, isActive: row.is_active === 1 }
}

function slotOf (row: SlotRow): OfferedSlot {
  return {
    id: row.id,
    scheduleId: row.schedule_id,
    hospitalId: row.hospital_id,
    startsAt: instant(row.starts_at_ms),
    endsAt: instant(row.ends_at_ms),
    capacity: row.capacity,
    isOpen: row.is_open === 1,
    owner: row.owner,
    practitionerId: row.practitioner_id,
    department: row.department,
    serviceType: row.service_type,
    taken: row.taken
  }
}
