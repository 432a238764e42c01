import { anaesthesiaService, publishSchedule, publishSlots, slotStatusChange, type OfferedSlot, type SlotStore } from '../appointments/index.ts'
import { DomainError } from '../errors.ts'
import type { RecordStore } from '../records/index.ts'
import type { Doctor } from './doctor.ts'
import type { MarketTools } from './settings.ts'

export interface CalendarStores {
  readonly slots: Pick<SlotStore, 'schedules' | 'findSchedule' | 'overlapping' | 'find'>
  readonly records: Pick<RecordStore, 'current'>
}

export interface CalendarSpan {
  readonly startsAt: Date
  readonly endsAt: Date
  /** 开放邀约; false: the doctor works then, and takes no invitation. */
  readonly isOpen: boolean
}

interface Publish {
  readonly doctor: Doctor
  readonly spans: readonly CalendarSpan[]
  readonly by: string
}

/** 上班日期与开放日期 (M2). Refuses with SLOT_OVERLAPS, and with REQUEST_INVALID. Answers the slots' ids, in the same order. */
export async function publishCalendar<Stores extends CalendarStores> (stores: Stores, tools: MarketTools<Stores>, { doctor, spans, by }: Publish, at: Date): Promise<readonly string[]> {
  if (doctor.hospitalId === null) throw new DomainError('REQUEST_INVALID', 'The doctor has no known employer yet. Name the hospital first.')
  const deps = { ...tools, slots: stores.slots, takeIn: (changes: Parameters<typeof tools.takeIn>[1]) => tools.takeIn(stores, changes, at) }
  const schedule = await stores.slots.findSchedule(await scheduleOf(stores, deps, { doctorId: doctor.id, hospitalId: doctor.hospitalId, by }, at))
  if (schedule === null) throw new Error('a schedule that was made or seen stands')
  const ids = await publishSlots(deps, { schedule, wanted: spans.map(({ startsAt, endsAt }) => ({ startsAt, endsAt, capacity: 1 })), by }, at)
  for (const [place, { isOpen }] of spans.entries()) {
    const id = ids[place]
    if (!isOpen && id !== undefined) await deps.takeIn([await slotStatusChange(stores, { id, hospitalId: schedule.hospitalId }, { status: 'busy-unavailable', by, at })])
  }
  return ids
}

async function scheduleOf ({ slots }: CalendarStores, deps: Parameters<typeof publishSchedule>[0], { doctorId, hospitalId, by }: { readonly doctorId: string, readonly hospitalId: string, readonly by: string }, at: Date): Promise<string> {
  const standing = (await slots.schedules({ hospitalId, department: null, practitionerId: doctorId }, { limit: 100, offset: 0 })).find(({ serviceType, owner }) => serviceType === anaesthesiaService && owner === 'ours')
  return standing?.id ?? await publishSchedule(deps, { hospitalId, practitionerId: doctorId, department: null, serviceType: anaesthesiaService, by }, at)
}

/** Opens a time to invitations, or closes it; who has it already keeps it. */
export async function setSlotOpen<Stores extends CalendarStores> (stores: Stores, { takeIn }: Pick<MarketTools<Stores>, 'takeIn'>, { slot, isOpen, by }: { readonly slot: OfferedSlot, readonly isOpen: boolean, readonly by: string }, at: Date): Promise<void> {
  await takeIn(stores, [await slotStatusChange(stores, slot, { status: isOpen ? 'free' : 'busy-unavailable', by, at })], at)
}
