/**
 * 人脸模板. What a person is known by: numbers made of one picture, never the picture. It hangs on a patient record;
 * whose person that is follows from the master patient index at the time it is asked, so a merge needs no change here.
 */
export interface FaceTemplate {
  readonly id: string
  readonly patientId: string
  readonly hospitalId: string
  readonly modelId: string
  /** The numbers, sealed with the key of FACE_KEY_FILE: the database alone shows nobody's face. */
  readonly sealed: Uint8Array
  readonly origin: FaceOrigin
  readonly createdAt: Date
  /** Grows with every template that is saved: what an index has not yet seen. */
  readonly sequence: number
}

/**
 * his_photo: from a photo that the hospital keeps (Patient.photo); it is read again when the model changes.
 * terminal: of a camera picture that is not kept; after a change of model the person enrols again.
 */
export type FaceOrigin =
  | { readonly kind: 'his_photo', readonly photoId: string }
  | { readonly kind: 'terminal', readonly terminalId: string }
