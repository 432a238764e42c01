import type { FaceConsent } from './face-consent.ts'
import type { FaceOutcome, FacePhoto } from './face-photo.ts'
import type { FaceTemplate } from './face-template.ts'

export interface FaceTemplateStore {
  /** `sequence` is given by the store, in the order of the commits. Answers false where the record has a template of the same photo and model; a terminal's are never the same. */
  readonly add: (template: Omit<FaceTemplate, 'sequence'>) => Promise<boolean>
  readonly find: (ids: readonly string[]) => Promise<readonly FaceTemplate[]>
  readonly ofPatients: (patientIds: readonly string[]) => Promise<readonly FaceTemplate[]>
  /** For good; answers the ids that were there. Every index that follows is told by `dropsAfter`. */
  readonly drop: (ids: readonly string[], at: Date) => Promise<readonly string[]>
  /** In order of `sequence`, of one model. */
  readonly after: (sequence: number, page: { readonly modelId: string, readonly limit: number }) => Promise<readonly FaceTemplate[]>
  /** Templates that were dropped, in their order. */
  readonly dropsAfter: (sequence: number, limit: number) => Promise<readonly FaceDrop[]>
  readonly lastDrop: () => Promise<number>
  readonly forgetDrops: (before: Date) => Promise<void>
  /** The owner of the record was known by their face. */
  readonly noteMatched: (patientIds: readonly string[], at: Date) => Promise<void>
  /** The same numbers under another key. */
  readonly reseal: (id: string, sealed: Uint8Array) => Promise<void>
  /** Of all models, in order of `sequence`; with when the record was last known by its face. */
  readonly list: (after: number, limit: number) => Promise<ReadonlyArray<FaceTemplate & { readonly matchedAt: Date | null }>>
  /** Persons with at least one template. */
  readonly countPersons: () => Promise<number>
  /** Templates of each model. */
  readonly countModels: () => Promise<ReadonlyArray<{ readonly modelId: string, readonly templates: number }>>
}

export interface FaceDrop {
  readonly sequence: number
  readonly templateId: string
}

export interface FaceConsentStore {
  /** The same id again changes nothing. */
  readonly add: (consent: FaceConsent) => Promise<void>
  /** Newest first. */
  readonly ofPatients: (patientIds: readonly string[]) => Promise<readonly FaceConsent[]>
  /** Whoever enrols or forgets faces of the person waits until this transaction ends. */
  readonly inTurn: (personId: string) => Promise<void>
  /** Records by the newest that was said of each. */
  readonly counts: () => Promise<{ readonly given: number, readonly withdrawn: number, readonly records: number }>
  /** 墓碑. Of withdrawals that no hospital's word overrides; keys are keyed hashes, so that they name nobody. The newest instant stays. */
  readonly addTombstones: (keys: readonly string[], at: Date) => Promise<void>
  /** The newest instant at which one of the keys was withdrawn; null: none was. */
  readonly withdrawnAt: (keys: readonly string[]) => Promise<Date | null>
}

export interface FacePhotoStore {
  /** Inserts or replaces what stands of the same record and photo. */
  readonly save: (photo: FacePhoto) => Promise<void>
  readonly find: (key: Pick<FacePhoto, 'patientId' | 'photoId'>) => Promise<FacePhoto | null>
  readonly ofPatients: (patientIds: readonly string[]) => Promise<readonly FacePhoto[]>
  readonly drop: (photos: ReadonlyArray<Pick<FacePhoto, 'patientId' | 'photoId'>>) => Promise<void>
  /** Newest first; a null filter sets no limit. */
  readonly list: (filter: { readonly outcome: FaceOutcome | null, readonly hospitalId: string | null }, page: { readonly limit: number, readonly offset: number }) => Promise<readonly FacePhoto[]>
  readonly counts: () => Promise<Readonly<Record<FaceOutcome, number>>>
}

/** Seals and opens template numbers; the key is outside the database. */
export interface TemplateSeal {
  readonly seal: (template: Float32Array, of: SealedOf) => Uint8Array
  /** Throws where the bytes were changed or belong to another template. */
  readonly open: (sealed: Uint8Array, of: SealedOf) => Float32Array
}

/** Each hospital's templates are sealed with a key of their own. */
export interface SealedOf {
  readonly id: string
  readonly hospitalId: string
}
