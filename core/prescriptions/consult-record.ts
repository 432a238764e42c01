import { DomainError } from '../errors.ts'
import type { Signature } from './signature.ts'

export interface Diagnosis {
  /** ICD-10, as the hospital's catalogue writes it. */
  readonly code: string
  readonly text: string
}

/** 电子病历. What the doctor writes of a consultation. */
export interface RecordContent {
  readonly chiefComplaint: string
  readonly history: string
  readonly findings: string
  readonly diagnoses: readonly Diagnosis[]
  readonly advice: string
}

/**
 * One version of a consultation's record. What is written is signed by the doctor in the same act, and never changed:
 * an amendment is the next version, with its reason, and the ones before stay readable.
 */
export interface ConsultRecord {
  /** Of the record; all its versions have it. */
  readonly id: string
  readonly version: number
  readonly consultationId: string
  readonly hospitalId: string
  readonly patientId: string
  readonly doctorId: string
  readonly content: RecordContent
  /** Why it was amended; null: the first version. */
  readonly amendedBecause: string | null
  readonly signature: Signature
}

/** What the signature covers. */
export const recordToSign = ({ id, version, consultationId, hospitalId, patientId, doctorId, content, amendedBecause }: Omit<ConsultRecord, 'signature'>): object =>
  ({ kind: 'record', id, version, consultationId, hospitalId, patientId, doctorId, content, amendedBecause })

interface NextVersion {
  readonly content: RecordContent
  /** The version that the doctor has read; null: there is none yet. */
  readonly basedOn: number | null
  readonly because: string | null
}

/** The number of the version that is to be written. Refuses with DOCUMENT_VERSION_CHANGED where another one came between. */
export function nextVersion (standing: ConsultRecord | null, { basedOn, because }: NextVersion): number {
  if ((standing?.version ?? null) !== basedOn) throw new DomainError('DOCUMENT_VERSION_CHANGED', 'The record has another version than this is based on. Read it again and amend that one.', 'basedOn')
  if (standing !== null && because === null) throw new DomainError('REQUEST_INVALID', 'An amendment needs its reason.', 'because')
  return (standing?.version ?? 0) + 1
}
