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
