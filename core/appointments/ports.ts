import type { PatientStore } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import type { RecordChange, RecordStore } from '../records/index.ts'
import type { Appointment, AppointmentFor, AppointmentState } from './appointment.ts'
import type { BookingWay } from './decide-appointment.ts'
import type { AppointmentSettings } from './settings.ts'
import type { OfferedSlot, Schedule, Slot } from './slot.ts'
import type { SlotWait } from './slot-wait.ts'

interface Page { readonly limit: number, readonly offset: number }
/** A half-open range of time; null = no end on that side. */
interface Span { readonly from: Date | null, readonly to: Date | null }

export interface SlotFilter extends Span {
  readonly hospitalId: string | null
  readonly department: string | null
  readonly practitionerId: string | null
  readonly scheduleId: string | null
  readonly onlyFree: boolean
  /** A service whose times are left out. */
  readonly exceptService?: string
}

export interface SlotStore {
  readonly saveSchedule: (schedule: Schedule) => Promise<void>
  readonly findSchedule: (id: string) => Promise<Schedule | null>
  readonly schedules: (filter: Pick<SlotFilter, 'hospitalId' | 'department' | 'practitionerId' | 'exceptService'>, page: Page) => Promise<readonly Schedule[]>
  /** Everything but the seats that are taken. */
  readonly save: (slot: Slot) => Promise<void>
  /** Null also where its schedule is not known yet. */
  readonly find: (id: string) => Promise<OfferedSlot | null>
  /** By start. */
  readonly list: (filter: SlotFilter, page: Page) => Promise<readonly OfferedSlot[]>
  /** Those of a schedule that share time with the span, by start. */
  readonly overlapping: (by: { readonly hospitalId: string, readonly practitionerId: string, readonly from: Date, readonly to: Date }, limit: number) => Promise<readonly OfferedSlot[]>
  /** One more seat, in one conditional step; false where the slot is closed or full. `isBooked`: the owner gave it away, so only its number of seats counts. */
  readonly takeSeat: (slotId: string, by: { readonly isBooked: boolean }) => Promise<boolean>
  readonly freeSeat: (slotId: string) => Promise<void>
  /** The start of each practitioner's first free slot that ends after `at`; a practitioner without one is left out. */
  readonly firstFree: (practitionerIds: readonly string[], span: { readonly at: Date, readonly until: Date }) => Promise<ReadonlyArray<{ readonly practitionerId: string, readonly startsAt: Date }>>
  /** Whether any schedule of the practitioner is known. */
  readonly practitionersWithSchedule: (practitionerIds: readonly string[]) => Promise<readonly string[]>
}

export interface AppointmentFilter extends Span {
  readonly patientIds: readonly string[] | null
  readonly hospitalId: string | null
  readonly state: AppointmentState | null
  readonly slotId: string | null
  readonly purpose: AppointmentFor | null
}

export interface AppointmentStore {
  readonly find: (id: string) => Promise<Appointment | null>
  /** The same; nobody else changes it until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Appointment | null>
  /** By the number that we gave it, or the hospital. */
  readonly byNumber: (hospitalId: string, number: { readonly placer: string } | { readonly filler: string }) => Promise<Appointment | null>
  /** Inserts or replaces by id. A second live one of the same subject is refused with STORE_WRITE_CONFLICT. */
  readonly save: (appointment: Appointment) => Promise<void>
  /** Bookings of one person go one after the other until the transaction ends. */
  readonly lockPerson: (personId: string) => Promise<void>
  /** Live ones of these records of a person that share time with the span. */
  readonly overlapping: (patientIds: readonly string[], span: { readonly from: Date, readonly to: Date }) => Promise<readonly Appointment[]>
  /** The live one of a subject. */
  readonly liveOf: (purpose: AppointmentFor) => Promise<Appointment | null>
  /** By start, the latest first. */
  readonly list: (filter: AppointmentFilter, page: Page) => Promise<readonly Appointment[]>
  readonly holdsEnding: (by: Date, limit: number) => Promise<readonly Appointment[]>
  readonly nextHoldEnd: () => Promise<Date | null>
  /** Made here, asked for or booked, whose end is at or before `by`. */
  readonly ending: (by: Date, limit: number) => Promise<readonly Appointment[]>
  readonly nextEnd: () => Promise<Date | null>
  /** Made here and booked, that begin in the span and of which no reminder was told for this start. */
  readonly toRemind: (span: { readonly from: Date, readonly to: Date }, limit: number) => Promise<readonly Appointment[]>
  readonly markReminded: (id: string, startsAt: Date) => Promise<void>
}

export interface WaitStore {
  readonly find: (id: string) => Promise<SlotWait | null>
  /** Inserts, at the end of the line, or replaces by id. */
  readonly save: (wait: SlotWait) => Promise<void>
  /** The first ones in line. */
  readonly inLine: (slotId: string, limit: number) => Promise<readonly SlotWait[]>
  /** Of the appointment that was offered. */
  readonly byOffer: (appointmentId: string) => Promise<SlotWait | null>
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly hospitalId: string | null, readonly slotId: string | null }, page: Page) => Promise<readonly SlotWait[]>
}

export interface BookingStores {
  readonly slots: SlotStore
  readonly appointments: AppointmentStore
  readonly waits: WaitStore
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly records: Pick<RecordStore, 'current'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface WantedBooking {
  readonly subjectId: string | null
  readonly patientId: string
  readonly slot: OfferedSlot
  /** The appointment that is moved to the slot; null: a new one. */
  readonly moving: Appointment | null
}

/** An appointment that is new or in another state, slot or time than before. */
export interface MovedAppointment {
  readonly before: Appointment | null
  readonly appointment: Appointment
}

/**
 * What an appointment is for: whoever needs one has a say in it (a voucher that is spent is not booked) and hears what
 * becomes of it, in the transaction in which it happens.
 */
export interface AppointmentPurpose<Stores> {
  /** Refuses with its own code where there is to be none. Asked when a seat is held, confirmed, moved or offered. */
  readonly mayBook: (stores: Stores, wanted: WantedBooking, at: Date) => Promise<void>
  /** Must be safe to repeat. */
  readonly moved: (stores: Stores, moved: MovedAppointment, at: Date) => Promise<void>
}

/** What bookings need besides the stores; the same for those that a person makes and those that a hospital tells of. */
export interface BookingRules<Stores> {
  readonly settings: AppointmentSettings
  /** By kind. */
  readonly purposes: Readonly<Record<string, AppointmentPurpose<Stores>>>
  /** How a hospital's own system is asked; null: it cannot be, so its slots are only shown. */
  readonly wayOf: (hospitalId: string) => BookingWay | null
  /** `2027-03-08 09:00` in the business zone. */
  readonly writeTime: (at: Date) => string
}

export interface BookingTools<Stores> extends BookingRules<Stores> {
  readonly ids: Ids
  readonly stableId: StableId
  /** The one way in, in the same transaction. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}
