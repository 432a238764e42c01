import type { CalendarDate } from '../clock.ts'
import { daysBetween } from '../days.ts'
import { DomainError } from '../errors.ts'
import type { AuditFinding } from './audit-case.ts'

/**
 * 市场医师. What a doctor says of himself; whether it is true is the audit's (same id). The id is a Practitioner's: the
 * hospital's own where the doctor named a staff number that it knows, else one of ours.
 */
export interface Doctor {
  readonly id: string
  /** Whose account registered it, and may edit it. */
  readonly accountId: string
  readonly name: string
  /** A connected hospital, or one that registered here; null: known by name only. */
  readonly hospitalId: string | null
  readonly employer: string
  readonly staffNumber: string | null
  readonly title: string
  readonly licenceNumber: string
  /** Of the first registration to practise. */
  readonly licensedOn: CalendarDate
  readonly specialty: Specialty
  /** Sealed, proven by a code, and its last four digits. */
  readonly phone: string
  readonly phoneTail: string
  readonly introduction: string
  readonly registeredAt: Date
  readonly changedAt: Date
}

export const specialties = ['anaesthesia', 'other'] as const
export type Specialty = typeof specialties[number]

/** What is reviewed; phone and introduction are the doctor's own. */
const auditedFacts = ['name', 'hospitalId', 'employer', 'staffNumber', 'title', 'licenceNumber', 'licensedOn', 'specialty'] as const
export type DoctorEdit = Partial<Pick<Doctor, typeof auditedFacts[number] | 'phone' | 'phoneTail' | 'introduction'>>

export function edited (doctor: Doctor, edit: DoctorEdit, at: Date): Doctor {
  return { ...doctor, ...edit, changedAt: at }
}

export function isAuditedEdit (before: Doctor, after: Doctor): boolean {
  return auditedFacts.some((fact) => before[fact] !== after[fact])
}

/** What the hospital itself says of the doctor; null: it does not know the staff number, or is not connected. */
export interface KnownAtHospital {
  readonly name: string | null
}

const threeYearsDays = 3 * 365 + 1

/** 互联网诊疗管理办法 art. 25: three years of independent practice (D6). The form of a licence is the national one of 15 digits. */
export function findingsOf (doctor: Doctor, { known, hasEvidence, today }: { readonly known: KnownAtHospital | null, readonly hasEvidence: boolean, readonly today: CalendarDate }): readonly AuditFinding[] {
  const isShort = daysBetween(doctor.licensedOn, today) < threeYearsDays
  const hasOtherName = known !== null && known.name !== null && known.name !== doctor.name
  return [
    ...isShort ? ['licence_under_three_years'] as const : [],
    ...hasOtherName ? ['name_differs_at_hospital'] as const : [],
    ...doctor.hospitalId === null ? ['employer_unknown'] as const : [],
    ...hasEvidence ? [] : ['evidence_missing'] as const,
    ...!/^\d{15}$/.test(doctor.licenceNumber) ? ['licence_form_unusual'] as const : []
  ]
}

export const noDoctor = (): DomainError => new DomainError('DOCTOR_NOT_FOUND', 'No doctor has this id, or not one you may see; list them: GET /v1/doctors.')
