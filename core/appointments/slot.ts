/** 排班. Whose times these are: a doctor's, a department's, a service's. The FHIR Schedule has the same id. */
export interface Schedule {
  readonly id: string
  readonly hospitalId: string
  /** his: the hospital's system gives the seats away, and is asked for each. ours: they are given away here. */
  readonly owner: ScheduleOwner
  readonly practitionerId: string | null
  readonly department: string | null
  readonly serviceType: string | null
  readonly isActive: boolean
}

export type ScheduleOwner = 'his' | 'ours'

/** 号源. A time with a number of seats; the FHIR Slot has the same id. */
export interface Slot {
  readonly id: string
  readonly scheduleId: string
  readonly hospitalId: string
  readonly startsAt: Date
  readonly endsAt: Date
  /** Patients that it takes; of a slot that does not say so one (FHIR R4 Slot has no element for it). */
  readonly capacity: number
  /** Whoever owns it lets it be booked. */
  readonly isOpen: boolean
}

/** A slot with its schedule, and the seats that are given away by now. */
export interface OfferedSlot extends Slot {
  readonly owner: ScheduleOwner
  readonly practitionerId: string | null
  readonly department: string | null
  readonly serviceType: string | null
  /** Seats held or booked; kept with every appointment, in its transaction. */
  readonly taken: number
}

export const mostCapacity = 10_000

/** 麻醉邀约. Times of this service are open to invitations: they are asked for in the marketplace, and are nobody's shift. */
export const anaesthesiaService = 'anaesthesia'

export function freeSeats ({ isOpen, capacity, taken }: Pick<OfferedSlot, 'isOpen' | 'capacity' | 'taken'>): number {
  return isOpen ? Math.max(0, capacity - taken) : 0
}
