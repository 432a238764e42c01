import type { SlotStore } from '../appointments/index.ts'
import type { Calendar } from '../clock.ts'
import type { DialogueStores } from '../dialogue/index.ts'
import type { PractitionerStore } from '../directory/index.ts'
import type { EscrowStores, EscrowTools } from '../escrow/index.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { AlertStore, OnCall } from '../operations/index.ts'
import type { OutboxStore } from '../outbox.ts'
import type { RecordChange, RecordStore } from '../records/index.ts'
import type { AfterSales, AfterSalesState, AfterSalesType } from './after-sales.ts'
import type { AcceptedBy, Consultation, ConsultationChannel, ConsultationState } from './consultation.ts'
import type { DoctorFee, FeeProduct } from './doctor-fee.ts'
import type { Presence } from './presence.ts'
import type { ConsultationSettings } from './settings.ts'

interface Page { readonly limit: number, readonly offset: number }

export interface ConsultationFilter {
  readonly patientIds: readonly string[] | null
  readonly hospitalId: string | null
  readonly doctorId: string | null
  readonly states: readonly ConsultationState[] | null
}

export interface ConsultationStore {
  readonly find: (id: string) => Promise<Consultation | null>
  /** The same; nobody else changes it until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Consultation | null>
  readonly byNumber: (number: string) => Promise<Consultation | null>
  /** Inserts or replaces by id. */
  readonly save: (consultation: Consultation) => Promise<void>
  /** 1, 2, 3 … of a day; whoever asks for the same day waits until the transaction ends. */
  readonly nextOfDay: (day: string) => Promise<number>
  /** The newest first. */
  readonly list: (filter: ConsultationFilter, page: Page) => Promise<readonly Consultation[]>
  /** What is due by an instant, the oldest first. */
  readonly due: (by: Date, limit: number) => Promise<readonly Consultation[]>
  readonly nextDue: () => Promise<Date | null>
  /** Orders that each of these doctors has before them; who has none is left out. */
  readonly openOf: (doctorIds: readonly string[]) => Promise<ReadonlyMap<string, number>>
}

export interface AfterSalesStore {
  readonly find: (id: string) => Promise<AfterSales | null>
  readonly findForChange: (id: string) => Promise<AfterSales | null>
  /** Inserts or replaces by id. */
  readonly save: (request: AfterSales) => Promise<void>
  /** The newest first. */
  readonly list: (filter: { readonly consultationId: string | null, readonly hospitalId: string | null, readonly type: AfterSalesType | null, readonly state: AfterSalesState | null }, page: Page) => Promise<readonly AfterSales[]>
  /** Open ones whose time is up and of which nobody on call was told, the oldest first. */
  readonly late: (by: Date, limit: number) => Promise<readonly AfterSales[]>
  readonly nextLate: () => Promise<Date | null>
}

export interface DoctorFeeStore {
  /** All of a doctor's fees at once. */
  readonly replace: (doctorId: string, fees: readonly DoctorFee[]) => Promise<void>
  readonly ofDoctors: (doctorIds: readonly string[]) => Promise<readonly DoctorFee[]>
  /** Of a hospital's doctors, at most so dear; the dearest first. */
  readonly upTo: (product: { readonly hospitalId: string, readonly product: FeeProduct, readonly mostFen: number }, limit: number) => Promise<readonly DoctorFee[]>
}

export interface PresenceStore {
  readonly save: (presence: Presence) => Promise<void>
  readonly ofDoctors: (doctorIds: readonly string[]) => Promise<readonly Presence[]>
}

export interface ConsultationStores extends EscrowStores, DialogueStores {
  readonly consultations: ConsultationStore
  readonly afterSales: AfterSalesStore
  readonly doctorFees: DoctorFeeStore
  readonly presences: PresenceStore
  readonly practitioners: PractitionerStore
  readonly slots: Pick<SlotStore, 'list'>
  readonly patients: PatientStore
  readonly records: RecordStore
  readonly outbox: OutboxStore
  readonly alerts: AlertStore
}

export interface ConsultationTools<Stores> {
  readonly settings: ConsultationSettings
  readonly ids: Ids
  readonly stableId: StableId
  readonly calendar: Calendar
  readonly escrow: EscrowTools
  readonly onCall: OnCall
  /** Who says yes: by the hospital's settings, and by whether its system can be asked. */
  readonly acceptedBy: (hospitalId: string, channel: ConsultationChannel) => AcceptedBy
  /** The one way in, in the same transaction. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}
