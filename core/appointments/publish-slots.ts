import { DomainError } from '../errors.ts'
import { ownNumberFrom, placerSystem } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import { afterAllSaid, type RecordChange, type RecordStore } from '../records/index.ts'
import type { SlotStore } from './ports.ts'
import { mostCapacity, type Schedule, type Slot } from './slot.ts'

export interface NewSchedule {
  readonly hospitalId: string
  readonly practitionerId: string | null
  readonly department: string | null
  readonly serviceType: string | null
  readonly by: string
}

export interface NewSlot {
  readonly startsAt: Date
  readonly endsAt: Date
  readonly capacity: number
}

interface PublishDeps {
  readonly slots: Pick<SlotStore, 'overlapping'>
  readonly takeIn: (changes: readonly RecordChange[], at: Date) => Promise<unknown>
  readonly ids: Ids
  readonly stableId: StableId
}

const longestMs = 24 * 3_600_000
const horizonMs = 366 * 86_400_000

/** 自有排班. A schedule whose seats are given away here; told as a FHIR Schedule. Answers its id. */
export async function publishSchedule ({ takeIn, ids, stableId }: Omit<PublishDeps, 'slots'>, { hospitalId, practitionerId, department, serviceType, by }: NewSchedule, at: Date): Promise<string> {
  if (practitionerId === null && department === null) throw new DomainError('REQUEST_INVALID', 'Say whose schedule it is: a practitioner, a department, or both.', 'department')
  const { id, identifier } = numbered({ ids, stableId }, hospitalId, 'Schedule')
  await takeIn([directoryChange({
    resourceType: 'Schedule', id, identifier, active: true,
    extension: [{ url: 'urn:yiqiao:fhir:schedule-owner', valueCode: 'ours' }],
    ...department === null ? {} : { serviceCategory: [{ text: department }] },
    ...serviceType === null ? {} : { serviceType: [{ text: serviceType }] },
    actor: practitionerId === null ? [{ display: department }] : [{ reference: `Practitioner/${practitionerId}`, type: 'Practitioner' }]
  }, { hospitalId, by, at })], at)
  return id
}

/** Refuses with SLOT_OVERLAPS where the doctor has a slot at that time, and with REQUEST_INVALID. Answers the ids, in the same order. */
export async function publishSlots ({ slots, takeIn, ids, stableId }: PublishDeps, { schedule, wanted, by }: { readonly schedule: Schedule, readonly wanted: readonly NewSlot[], readonly by: string }, at: Date): Promise<readonly string[]> {
  if (schedule.owner !== 'ours') throw new DomainError('SLOT_NOT_OURS', 'The hospital publishes the slots of this schedule by itself.')
  const { hospitalId, practitionerId } = schedule
  refuseFaults(wanted, at)
  for (const { startsAt: from, endsAt: to } of wanted) {
    const others = practitionerId === null ? [] : await slots.overlapping({ hospitalId, practitionerId, from, to }, 1)
    if (others.length > 0) throw overlaps()
  }
  const made = wanted.map((slot) => ({ slot, ...numbered({ ids, stableId }, hospitalId, 'Slot') }))
  await takeIn(made.map(({ slot: { startsAt, endsAt, capacity }, id, identifier }) => directoryChange({
    resourceType: 'Slot', id, identifier, schedule: { reference: `Schedule/${schedule.id}` }, status: 'free', start: startsAt.toISOString(), end: endsAt.toISOString(),
    extension: [{ url: 'urn:yiqiao:fhir:slot-capacity', valuePositiveInt: capacity }]
  }, { hospitalId, by, at })), at)
  return made.map(({ id }) => id)
}

const overlaps = (): DomainError => new DomainError('SLOT_OVERLAPS', 'Two slots of one doctor share time. Correct start and end.', 'slots')

function refuseFaults (wanted: readonly NewSlot[], at: Date): void {
  const inOrder = [...wanted].sort((one, other) => one.startsAt.getTime() - other.startsAt.getTime())
  for (const [place, { startsAt, endsAt, capacity }] of inOrder.entries()) {
    const tookMs = endsAt.getTime() - startsAt.getTime()
    const isGood = tookMs > 0 && tookMs <= longestMs && endsAt > at && startsAt.getTime() - at.getTime() <= horizonMs && capacity >= 1 && capacity <= mostCapacity
    if (!isGood) throw new DomainError('REQUEST_INVALID', 'A slot ends after it begins, within a day, is not over, begins within a year and has at least one seat.', 'slots')
    const next = inOrder[place + 1]
    if (next !== undefined && next.startsAt < endsAt) throw overlaps()
  }
}

/** Of a slot of ours, by FHIR R4 slotstatus. busy-unavailable (停诊): it takes no one any more; who has a seat keeps it until somebody cancels it. */
export async function slotStatusChange ({ records }: { readonly records: Pick<RecordStore, 'current'> }, { id, hospitalId }: Pick<Slot, 'id' | 'hospitalId'>, { status, by, at }: { readonly status: 'free' | 'busy' | 'busy-unavailable', readonly by: string, readonly at: Date }): Promise<RecordChange> {
  const [standing] = await records.current([{ type: 'Slot', id }])
  return { ...directoryChange({ resourceType: 'Slot', id, status }, { hospitalId, by, at }), asOf: standing === undefined ? at : afterAllSaid(standing, at) }
}

function numbered ({ ids, stableId }: Pick<PublishDeps, 'ids' | 'stableId'>, hospitalId: string, type: string): { readonly id: string, readonly identifier: readonly object[] } {
  const number = ownNumberFrom(ids.next())
  return { id: stableId(hospitalId, type, number), identifier: [{ system: placerSystem, value: number }] }
}

function directoryChange (resource: RecordChange['resource'], { hospitalId, by, at }: { readonly hospitalId: string, readonly by: string, readonly at: Date }): RecordChange {
  return { resource, removed: [], weak: false, asOf: at, hospitalId, patientId: null, isOurs: true, source: by, mappingVersion: null }
}
