import type { Patient, PatientIdentifier, PatientLink } from './patient.ts'

export interface PatientStore {
  readonly find: (id: string) => Promise<Patient | null>
  readonly byPerson: (personId: string) => Promise<readonly Patient[]>
  readonly byIdentifier: (identifier: Pick<PatientIdentifier, 'system' | 'value'>) => Promise<readonly Patient[]>
  /**
   * Inserts or replaces; identifiers are replaced as a whole. `sequence` is given by the store on insert. The `personId`
   * of a patient who is known is left alone: only `setPerson` changes it, or a lane that read it before would undo a tie.
   */
  readonly save: (patient: Omit<Patient, 'sequence'>) => Promise<void>
  readonly setPerson: (patientIds: readonly string[], personId: string) => Promise<void>
  readonly list: (page: { readonly hospitalId: string | null, readonly limit: number, readonly after: number | null }) => Promise<readonly Patient[]>
  /** Active links that touch any of these patients. */
  readonly links: (patientIds: readonly string[]) => Promise<readonly PatientLink[]>
  /** Answers false where an active link of the same kind and ends is there. */
  readonly addLink: (link: PatientLink) => Promise<boolean>
  readonly endLink: (id: string, at: Date) => Promise<void>
}

/** What somebody is looked up by, in one of the forms in which records carry it. */
export type WantedIdentifier = Pick<PatientIdentifier, 'system' | 'value'> & { readonly type: 'NI' | 'MR' }

/**
 * Asks a hospital's own system for a person whom we do not know. found: what it answered has been taken in, like any
 * message. unknown: it knows nobody. unavailable: it cannot be asked, or did not answer in time.
 */
export interface HisLookup {
  /** `forms` are those in which records may carry the one number, the likeliest first. */
  readonly find: (hospitalId: string, forms: readonly WantedIdentifier[]) => Promise<'found' | 'unknown' | 'unavailable'>
}

/** 医保电子凭证. Who shows an electronic insurance credential: a resident id; null where the platform refuses the token. */
export interface TokenReader {
  readonly read: (token: string) => Promise<{ readonly residentId: string } | null>
}
