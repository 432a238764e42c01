import type { AuditCase, AuditKind, AuditState, AuditStep } from './audit-case.ts'
import type { Doctor } from './doctor.ts'
import type { MarketHospital } from './market-hospital.ts'
import type { DoctorScope } from './visibility.ts'

interface Page { readonly limit: number, readonly offset: number }

export interface DoctorStore {
  readonly find: (id: string) => Promise<Doctor | null>
  readonly byAccount: (accountId: string) => Promise<Doctor | null>
  /** With the state of the audit of each. */
  readonly byLicence: (licenceNumber: string) => Promise<ReadonlyArray<{ readonly id: string, readonly state: AuditState }>>
  /** Inserts or replaces by id. A second one of an account is refused with STORE_WRITE_CONFLICT. */
  readonly save: (doctor: Doctor) => Promise<void>
  /** Only those whose audit is passed, by name. */
  readonly listApproved: (scope: DoctorScope & { readonly hospitalId: string | null, readonly specialty: string | null }, page: Page) => Promise<readonly Doctor[]>
}

export interface MarketHospitalStore {
  readonly find: (id: string) => Promise<MarketHospital | null>
  readonly byAccount: (accountId: string) => Promise<MarketHospital | null>
  readonly byCreditCode: (creditCode: string) => Promise<ReadonlyArray<{ readonly id: string, readonly state: AuditState }>>
  readonly save: (hospital: MarketHospital) => Promise<void>
  /** Only those whose audit is passed, by name; `name`: of exactly this name. */
  readonly listApproved: (filter: { readonly name: string | null }, page: Page) => Promise<readonly MarketHospital[]>
}

/** 证明材料. A picture or document that shows that what is said is true; sealed. */
export interface Evidence {
  readonly id: string
  readonly kind: AuditKind
  readonly subjectId: string
  readonly what: EvidenceKind
  readonly contentType: string
  readonly byteCount: number
  readonly sha256: string
  readonly by: string
  readonly at: Date
}

export const evidenceKinds = ['licence', 'identity', 'title', 'employment', 'other'] as const
export type EvidenceKind = typeof evidenceKinds[number]

export interface AuditCaseStore {
  readonly find: (kind: AuditKind, id: string) => Promise<AuditCase | null>
  /** The first version. */
  readonly add: (audit: AuditCase) => Promise<void>
  /** The next version and its step in one; false where another one came first, and then nothing is written. */
  readonly step: (taken: { readonly before: AuditCase, readonly after: AuditCase, readonly step: AuditStep }) => Promise<boolean>
  /** The oldest first. */
  readonly history: (kind: AuditKind, id: string, limit: number) => Promise<readonly AuditStep[]>
  /** By submission, the oldest first. */
  readonly list: (filter: { readonly kind: AuditKind | null, readonly states: readonly AuditState[] }, page: Page) => Promise<readonly AuditCase[]>
  readonly addEvidence: (evidence: Evidence, sealedContent: string) => Promise<void>
  readonly evidenceOf: (kind: AuditKind, subjectId: string) => Promise<readonly Evidence[]>
  readonly evidenceContent: (id: string) => Promise<{ readonly evidence: Evidence, readonly sealedContent: string } | null>
}

/** 麻醉记录. That an anaesthesia was given, and by whom, as the hospitals' Procedure records say it now. */
export interface AnaesthesiaStore {
  /** `practitionerId` null: it is none, or not any more. */
  readonly save: (anaesthesia: { readonly procedureId: string, readonly practitionerId: string | null, readonly performedAt: Date | null }) => Promise<void>
  readonly counts: (practitionerIds: readonly string[]) => Promise<ReadonlyMap<string, number>>
}

/** What patients and hospitals think of a doctor, and how often he is asked. */
export interface DoctorStanding {
  readonly stars: number | null
  readonly evaluations: { readonly count: number, readonly mean: number | null }
  /** Invitations received and paid; of them refused. */
  readonly invitations: number
  readonly refused: number
}

/** Of several doctors at once; who is left out has none yet. */
export type StandingOf<Stores> = (stores: Stores, doctorIds: readonly string[]) => Promise<ReadonlyMap<string, DoctorStanding>>
