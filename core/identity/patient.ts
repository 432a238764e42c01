import type { CalendarDate } from '../clock.ts'

/**
 * 患者主索引. A patient is one record of one hospital; the FHIR Patient has the same id. Records of the same person
 * are tied by links, never rewritten: `personId` is the id of the record that stands for the whole tied group.
 * So a merge can be undone without loss, and charges stay with the record the hospital named (decision 0003).
 */
export interface Patient {
  readonly id: string
  readonly hospitalId: string
  readonly personId: string
  readonly name: string | null
  readonly birthDate: CalendarDate | null
  readonly gender: 'male' | 'female' | 'other' | 'unknown' | null
  readonly active: boolean
  readonly identifiers: readonly PatientIdentifier[]
  /** Grows with arrival; the oldest record of a tied group that nobody merged away stands for the group. */
  readonly sequence: number
}

export interface PatientIdentifier {
  /** Assigner: a URI, e.g. `urn:yiqiao:hospital:east:MR` or `urn:oid:2.16.156.10011.1.3` for the resident id. */
  readonly system: string
  readonly value: string
  /** HL7 table 0203: MR, PI, NI (resident id), JHN (health card), … */
  readonly type: string | null
}

/**
 * merge: the hospital says that `fromId` is retired and `toId` goes on (ADT^A40).
 * same_person: two hospitals' records carry the same checked resident id.
 */
export interface PatientLink {
  readonly id: string
  readonly kind: 'merge' | 'same_person'
  readonly fromId: string
  readonly toId: string
  readonly because: string
  readonly createdAt: Date
  readonly endedAt: Date | null
}
