import type { RecordStore } from '../records/index.ts'
import { offerSeats } from './offer-seats.ts'
import type { BookingStores, BookingTools, SlotStore } from './ports.ts'
import { mostCapacity, type Schedule } from './slot.ts'

/** What a stored FHIR Schedule says. */
export interface ScheduleFacts extends Omit<Schedule, 'owner' | 'isActive'> {
  readonly owner: 'ours' | null
  readonly isActive: boolean | null
  /** Where only the role of a doctor is named. */
  readonly roleId: string | null
}

/** What a stored FHIR Slot says; status in the words of FHIR R4 slotstatus. */
export interface SlotFacts {
  readonly id: string
  readonly hospitalId: string
  readonly scheduleId: string
  readonly status: string | null
  readonly startsAt: Date
  readonly endsAt: Date
  readonly capacity: number | null
}

/** 排班. Whoever publishes it, hospital or we. */
export async function keepSchedule ({ slots, records }: { readonly slots: Pick<SlotStore, 'saveSchedule'>, readonly records: Pick<RecordStore, 'current'> }, { roleId, owner, isActive, ...facts }: ScheduleFacts): Promise<void> {
  const practitionerId = facts.practitionerId ?? (roleId === null ? null : await doctorOf(records, roleId))
  await slots.saveSchedule({ ...facts, practitionerId, owner: owner ?? 'his', isActive: isActive ?? true })
}

async function doctorOf (records: Pick<RecordStore, 'current'>, roleId: string): Promise<string | null> {
  const [role] = await records.current([{ type: 'PractitionerRole', id: roleId }])
  const reference = (role?.resource['practitioner'] as { readonly reference?: unknown } | undefined)?.reference
  return typeof reference === 'string' && reference.startsWith('Practitioner/') ? reference.slice('Practitioner/'.length) : null
}

/** 号源. The hospital says of its own when they are full; of ours only their closing counts, for we count the seats. */
export async function keepSlot<Stores extends BookingStores> (stores: Stores, tools: BookingTools<Stores>, { status, capacity, ...slot }: SlotFacts, at: Date): Promise<void> {
  const { slots } = stores
  const schedule = await slots.findSchedule(slot.scheduleId)
  const isOpen = schedule?.owner === 'ours' ? status === 'free' || status === 'busy' : status === 'free'
  await slots.save({ ...slot, capacity: Math.min(mostCapacity, capacity ?? 1), isOpen })
  if (isOpen && slot.startsAt > at) await offerSeats(stores, tools, slot.id, at)
}
