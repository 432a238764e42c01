import type { BookingStores, BookingTools } from '../appointments/index.ts'
import type { DoctorFeeStore } from '../consultations/index.ts'
import type { EscrowStores, EscrowTools, Payer } from '../escrow/index.ts'
import type { DialogueStores } from '../dialogue/index.ts'
import type { Ids } from '../ids.ts'
import type { Complaint, ComplaintState } from './complaint.ts'
import type { Evaluation, Tip } from './evaluation.ts'
import type { Invitation, InvitationEvent, InvitationKind, InvitationState } from './invitation.ts'
import type { InvitationSettings } from './settings.ts'
import type { StarLevel, StarTally } from './star-level.ts'

interface Page { readonly limit: number, readonly offset: number }

/** Whose lists: all conditions together; null sets none. */
export interface PartyFilter {
  readonly payerPatientIds: readonly string[] | null
  readonly payerHospitalId: string | null
  readonly doctorId: string | null
  /** The doctor's own hospital. */
  readonly hospitalId: string | null
  /** Of this hospital, whether it pays or is the doctor's own. */
  readonly partyHospitalId: string | null
}

export interface InvitationFilter extends PartyFilter {
  readonly kind: InvitationKind | null
  readonly state: InvitationState | null
  /** Those that were never paid are nobody's business but the payer's. */
  readonly hidesUnpaid: boolean
}

export interface InvitationStore {
  readonly find: (id: string) => Promise<Invitation | null>
  /** The same; nobody else changes it until the transaction ends. */
  readonly findForChange: (id: string) => Promise<Invitation | null>
  /** Inserts or replaces by id. A second one that has the same slot is refused with STORE_WRITE_CONFLICT. */
  readonly save: (invitation: Invitation) => Promise<void>
  readonly addEvent: (event: InvitationEvent) => Promise<void>
  /** In the order in which they happened. */
  readonly events: (invitationId: string) => Promise<readonly InvitationEvent[]>
  /** The newest first. */
  readonly list: (filter: InvitationFilter, page: Page) => Promise<readonly Invitation[]>
  /** The one that has the slot. */
  readonly seatedIn: (slotId: string) => Promise<Invitation | null>
  readonly due: (by: Date, limit: number) => Promise<readonly Invitation[]>
  readonly nextDue: () => Promise<Date | null>
  /** Whoever wants the same time waits until the transaction ends. */
  readonly lockSlot: (slotId: string) => Promise<void>
}

export interface EvaluationStore {
  readonly find: (id: string) => Promise<Evaluation | null>
  readonly findForChange: (id: string) => Promise<Evaluation | null>
  readonly ofInvitation: (invitationId: string) => Promise<Evaluation | null>
  /** Inserts or replaces by id; a second one of an invitation is refused with STORE_WRITE_CONFLICT. */
  readonly save: (evaluation: Evaluation) => Promise<void>
  readonly list: (filter: PartyFilter, page: Page) => Promise<readonly Evaluation[]>
}

export interface TipStore {
  readonly find: (id: string) => Promise<Tip | null>
  readonly findForChange: (id: string) => Promise<Tip | null>
  /** Inserts or replaces by id; a second one of an invitation that is open or paid is refused with STORE_WRITE_CONFLICT. */
  readonly save: (tip: Tip) => Promise<void>
  /** Open or paid. */
  readonly standingOf: (invitationId: string) => Promise<Tip | null>
  readonly list: (filter: PartyFilter, page: Page) => Promise<readonly Tip[]>
  readonly due: (by: Date, limit: number) => Promise<readonly Tip[]>
  readonly nextDue: () => Promise<Date | null>
}

export interface ComplaintStore {
  readonly find: (id: string) => Promise<Complaint | null>
  readonly findForChange: (id: string) => Promise<Complaint | null>
  /** Inserts or replaces by id; a second one of an invitation is refused with STORE_WRITE_CONFLICT. */
  readonly save: (complaint: Complaint) => Promise<void>
  readonly ofInvitation: (invitationId: string) => Promise<Complaint | null>
  readonly list: (filter: PartyFilter & { readonly state: ComplaintState | null }, page: Page) => Promise<readonly Complaint[]>
}

/** 星级 as it stands. */
export interface Stars extends StarLevel {
  readonly doctorId: string
  readonly at: Date
}

export interface StarChange extends Pick<Stars, 'doctorId' | 'level' | 'parts' | 'at'> {
  /** Null: the first one. */
  readonly before: number | null
  /** What made it change: `invitation_paid`, `evaluated`, `complaint_upheld`, … */
  readonly cause: string
}

export interface StarStore {
  readonly find: (doctorId: string) => Promise<Stars | null>
  /** Whoever reckons the same doctor's level waits until the transaction ends. */
  readonly lock: (doctorId: string) => Promise<void>
  readonly save: (stars: Stars) => Promise<void>
  readonly addChange: (change: StarChange) => Promise<void>
  /** The newest first. */
  readonly changes: (doctorId: string, page: Page) => Promise<readonly StarChange[]>
  /** From what happened, all of it counted anew. */
  readonly tally: (doctorId: string, by: { readonly acceptedOnly: boolean }) => Promise<StarTally>
  /** For the front page: what the level does not tell by itself. */
  readonly shown: (doctorIds: readonly string[]) => Promise<ReadonlyMap<string, { readonly ratings: number, readonly ratingSum: number, readonly level: number | null, readonly received: number, readonly refused: number }>>
  /** Whose level changes by the mere passing of time. */
  readonly due: (by: Date, limit: number) => Promise<readonly string[]>
  readonly nextDue: () => Promise<Date | null>
  /** All that have a level or something that counts for one, by id after `after`. */
  readonly doctors: (after: string, limit: number) => Promise<readonly string[]>
}

export type InvitationStores = BookingStores & EscrowStores & DialogueStores & {
  readonly doctorFees: Pick<DoctorFeeStore, 'ofDoctors'>
  readonly invitations: InvitationStore
  readonly evaluations: EvaluationStore
  readonly tips: TipStore
  readonly complaints: ComplaintStore
  readonly stars: StarStore
}

/** A doctor whom this payer may invite. */
export interface InvitableDoctor {
  readonly doctorId: string
  readonly hospitalId: string
}

export interface InvitationTools<Stores> {
  readonly settings: InvitationSettings
  readonly ids: Ids
  readonly booking: BookingTools<Stores>
  readonly escrow: EscrowTools
  /** 可见 (M4, M5): null where the payer does not see this doctor now. */
  readonly doctorFor: (stores: Stores, wanted: { readonly doctorId: string, readonly payer: Payer, readonly patientIds: readonly string[], readonly at: Date }) => Promise<InvitableDoctor | null>
}
