/**
 * What became of a photo that a hospital keeps of somebody. waiting: it will be read. enrolled: its template is in the database.
 * not_allowed: the rules do not allow to read it now; it is read as soon as they do. unusable: no template can be made of it.
 * expired: its template was not used for so long that it was dropped; it is read again when the person comes.
 */
export const faceOutcomes = ['waiting', 'enrolled', 'not_allowed', 'unusable', 'expired'] as const
export type FaceOutcome = typeof faceOutcomes[number]

/** 档案照片. Which photo it is, never the photo: the picture is the Binary `photoId` behind Patient.photo. */
export interface FacePhoto {
  readonly patientId: string
  readonly hospitalId: string
  readonly photoId: string
  readonly outcome: FaceOutcome
  /** Codes: why it is not read (core/faces/may-process.ts), or what is wrong with it (core/faces/frames.ts). */
  readonly reasons: readonly string[]
  /** Which model read it last; null: none yet. */
  readonly modelId: string | null
  readonly at: Date
}
