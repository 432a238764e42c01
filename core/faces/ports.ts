import type { FaceConsent } from './face-consent.ts'
import type { FaceTemplate } from './face-template.ts'

export interface FaceTemplateStore {
  /** `sequence` is given by the store. Answers false where the record has a template of the same origin and model. */
  readonly add: (template: Omit<FaceTemplate, 'sequence'>) => Promise<boolean>
  readonly find: (ids: readonly string[]) => Promise<readonly FaceTemplate[]>
  readonly ofPatients: (patientIds: readonly string[]) => Promise<readonly FaceTemplate[]>
  /** For good; answers the ids that were there. */
  readonly drop: (ids: readonly string[]) => Promise<readonly string[]>
  /** In order of `sequence`, of one model. */
  readonly after: (sequence: number, page: { readonly modelId: string, readonly limit: number }) => Promise<readonly FaceTemplate[]>
  /** Persons with at least one template. */
  readonly countPersons: () => Promise<number>
}

export interface FaceConsentStore {
  readonly add: (consent: FaceConsent) => Promise<void>
  /** Newest first. */
  readonly ofPatients: (patientIds: readonly string[]) => Promise<readonly FaceConsent[]>
}

/** Seals and opens template numbers; the key is outside the database. */
export interface TemplateSeal {
  readonly seal: (template: Float32Array, templateId: string) => Uint8Array
  /** Throws where the bytes were changed or belong to another template. */
  readonly open: (sealed: Uint8Array, templateId: string) => Float32Array
}
