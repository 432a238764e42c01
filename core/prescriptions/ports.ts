import type { Calendar } from '../clock.ts'
import type { StartOfDay } from '../days.ts'
import type { PractitionerStore } from '../directory/index.ts'
import type { PatientStore } from '../identity/index.ts'
import type { Ids, StableId } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import type { RecordChange, RecordStore } from '../records/index.ts'
import type { ConsultRecord } from './consult-record.ts'
import type { DrugOrder, DrugOrderState } from './drug-order.ts'
import type { PrescribingRules } from './may-prescribe.ts'
import type { Parcel, ParcelEvent } from './parcel.ts'
import type { Prescription, PrescriptionState } from './prescription.ts'
import type { SickNote } from './sick-note.ts'
import type { DocumentSigner } from './signature.ts'

interface Page { readonly limit: number, readonly offset: number }

/** What a document needs to know of its consultation. */
export interface ConsultationForDocuments {
  readonly id: string
  /** CR-20270301-0001. */
  readonly number: string
  readonly patientId: string
  readonly hospitalId: string
  readonly doctorId: string | null
  readonly state: string
}

export interface ConsultRecordStore {
  /** The newest version; whoever asks for the same consultation waits until the transaction ends. */
  readonly currentForChange: (consultationId: string) => Promise<ConsultRecord | null>
  /** All versions, the first one first. */
  readonly versions: (consultationId: string) => Promise<readonly ConsultRecord[]>
  /** Never changed afterwards; a version that is there already is refused with STORE_WRITE_CONFLICT. */
  readonly add: (record: ConsultRecord) => Promise<void>
}

/** Of whom, never over several doctors but for a pharmacist's review (防统方). */
export interface PrescriptionFilter {
  readonly patientIds: readonly string[] | null
  readonly hospitalId: string | null
  readonly doctorId: string | null
  readonly consultationId: string | null
  readonly states: readonly PrescriptionState[] | null
}

export interface PrescriptionStore {
  readonly find: (id: string) => Promise<Prescription | null>
  readonly findForChange: (id: string) => Promise<Prescription | null>
  /** Inserts or replaces by id. */
  readonly save: (prescription: Prescription) => Promise<void>
  /** The newest first. */
  readonly list: (filter: PrescriptionFilter, page: Page) => Promise<readonly Prescription[]>
  /** Signed or approved, not valid any more and with no order under way, the oldest first. */
  readonly expiring: (by: Date, limit: number) => Promise<readonly Prescription[]>
  readonly nextExpiry: () => Promise<Date | null>
}

export interface SickNoteStore {
  readonly find: (id: string) => Promise<SickNote | null>
  readonly findForChange: (id: string) => Promise<SickNote | null>
  readonly byCodeKey: (codeKey: string) => Promise<SickNote | null>
  /** Inserts or replaces by id; the key of the code is kept as it was first. */
  readonly save: (note: SickNote, codeKey: string) => Promise<void>
  /** The newest first. */
  readonly list: (filter: { readonly patientIds: readonly string[] | null, readonly doctorId: string | null, readonly consultationId: string | null }, page: Page) => Promise<readonly SickNote[]>
}

export interface DrugOrderFilter {
  readonly patientIds: readonly string[] | null
  readonly hospitalId: string | null
  readonly prescriptionId: string | null
  readonly delivery: DrugOrder['delivery'] | null
  readonly states: readonly DrugOrderState[] | null
}

export interface DrugOrderStore {
  readonly find: (id: string) => Promise<DrugOrder | null>
  readonly findForChange: (id: string) => Promise<DrugOrder | null>
  /** Inserts or replaces by id. An item of a prescription belongs to one live order: a second one is refused with STORE_WRITE_CONFLICT. */
  readonly save: (order: DrugOrder) => Promise<void>
  /** The newest first. */
  readonly list: (filter: DrugOrderFilter, page: Page) => Promise<readonly DrugOrder[]>
  /** Of a prescription, dispensed ones among them: all but those that were given up. */
  readonly liveOf: (prescriptionId: string) => Promise<readonly DrugOrder[]>
  /** Unpaid ones whose time is up, the oldest first. */
  readonly due: (by: Date, limit: number) => Promise<readonly DrugOrder[]>
  readonly nextDue: () => Promise<Date | null>
}

export interface ParcelStore {
  readonly find: (drugOrderId: string) => Promise<Parcel | null>
  readonly byNumber: (number: string) => Promise<Parcel | null>
  /** Inserts or replaces by order. */
  readonly save: (parcel: Parcel) => Promise<void>
  /** Answers false where this event is kept already. */
  readonly addEvent: (drugOrderId: string, event: ParcelEvent) => Promise<boolean>
  /** By the carrier's clock, the first one first. */
  readonly events: (drugOrderId: string) => Promise<readonly ParcelEvent[]>
  readonly toTrack: (by: Date, limit: number) => Promise<readonly Parcel[]>
  readonly nextTrackAt: () => Promise<Date | null>
}

export interface ParcelAddress {
  readonly name: string
  readonly phone: string
  readonly address: string
}

/** All that a carrier learns: a parcel, from where, and to whom. Never what is inside, from whom or why. */
export interface ShipmentRequest {
  readonly number: string
  readonly hospitalId: string
  readonly to: ParcelAddress
}

/**
 * 物流. Calls may be repeated with the same number: the carrier makes one parcel of it. No answer is OUTSIDE_UNAVAILABLE, a refusal of
 * this very parcel OUTSIDE_REFUSED.
 */
export interface Carrier {
  readonly create: (request: ShipmentRequest) => Promise<{ readonly trackingNumber: string }>
  /** Null: the carrier does not know it. */
  readonly track: (number: string) => Promise<{ readonly trackingNumber: string, readonly events: readonly ParcelEvent[] } | null>
  /** Null: not proven to be the carrier's. `now` is real time, for the age of signatures. */
  readonly readCallback: (headers: Readonly<Record<string, string>>, body: Uint8Array, now: Date) => { readonly number: string, readonly events: readonly ParcelEvent[] } | null
}

export interface PrescriptionSettings extends PrescribingRules {
  /** Calendar days, the day of signing among them. */
  readonly validDays: number
  readonly mostSickDays: number
  readonly payMinutes: number
  readonly logisticsFen: number
  /** 0: nothing is taken back. */
  readonly returnDays: number
  readonly trackMinutes: number
}

export interface DocumentStores {
  readonly consultations: { readonly find: (id: string) => Promise<ConsultationForDocuments | null> }
  readonly consultRecords: ConsultRecordStore
  readonly prescriptions: PrescriptionStore
  readonly sickNotes: SickNoteStore
  readonly drugOrders: DrugOrderStore
  readonly parcels: ParcelStore
  readonly patients: Pick<PatientStore, 'find' | 'byPerson'>
  readonly practitioners: Pick<PractitionerStore, 'find'>
  readonly records: Pick<RecordStore, 'current'>
  readonly outbox: Pick<OutboxStore, 'add'>
}

export interface DocumentTools<Stores> {
  readonly ids: Ids
  readonly stableId: StableId
  readonly calendar: Calendar
  readonly startOfDay: StartOfDay
  readonly signer: DocumentSigner
  readonly settings: PrescriptionSettings
  /** The one way in, in the same transaction. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
  /** Of the text of a document, for FHIR. */
  readonly base64: (text: string) => string
  /** 校验码 of a sick note: follows from its id by a key, so it is kept nowhere. */
  readonly noteCode: (noteId: string) => string
  /** A fingerprint, by which a code is looked up. */
  readonly codeKey: (code: string) => string
}
