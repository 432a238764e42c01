/** Which model made a template; templates of two models cannot be compared. */
export interface FaceModel {
  /** Of the model file, its version and its input order: changes whenever numbers of the same picture would. */
  readonly id: string
  readonly dimension: number
}

/** What can be measured of the face that a picture shows. Angles in degrees: yaw > 0 turns to the person's left, pitch > 0 up. */
export interface FaceQuality {
  /** Of the detector, 0–1. */
  readonly detectionScore: number
  /** Faces found, the chosen one among them. */
  readonly faces: number
  /** The chosen face is clearly larger and nearer to the middle than any other. */
  readonly isDominant: boolean
  readonly eyeDistancePx: number
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
  /** Variance of the Laplacian on the aligned crop: the lower, the more blurred. */
  readonly sharpness: number
  /** Mean and deviation of the aligned crop's grey values, 0–255. */
  readonly brightness: number
  readonly contrast: number
  /** The less open eye, 0 (closed) – 1 (open). */
  readonly eyesOpen: number
}

/** unreadable: no picture in a format that is taken, or over the limits. */
export type PictureRead =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no_face' }
  | {
    readonly kind: 'face'
    /** Of unit length, so that the inner product of two is their cosine. */
    readonly template: Float32Array
    readonly quality: FaceQuality
    /** Passive score, 0–1: reported, never what decides; it is not certified. */
    readonly livenessScore: number
  }

/** 人脸引擎. Decodes a picture, picks the face, measures it and makes its template. Keeps nothing of the picture. */
export interface FaceEngine {
  readonly model: FaceModel
  /** JPEG, PNG or WebP bytes. Refuses with FACE_ENGINE_UNAVAILABLE when it cannot work now (its queue is bounded). */
  readonly read: (picture: Uint8Array) => Promise<PictureRead>
}

/** One template that can be searched for. */
export interface IndexedFace {
  readonly templateId: string
  readonly patientId: string
  readonly hospitalId: string
  readonly template: Float32Array
}

export interface FaceCandidate {
  readonly templateId: string
  readonly patientId: string
  readonly hospitalId: string
  /** Cosine, −1–1. */
  readonly score: number
}

/**
 * Exact 1:N search in memory, over the templates of one model. It is filled from the store after start and follows it;
 * what it answers is checked against the store before anybody acts on it.
 */
export interface FaceIndex {
  readonly size: () => number
  /** Adds, or replaces the one of the same `templateId`. */
  readonly put: (faces: readonly IndexedFace[]) => void
  readonly drop: (templateIds: readonly string[]) => void
  /** The best candidates, best first. `among`: only these patients (a short list); `hospitalIds`: null = all. */
  readonly search: (probe: Float32Array, within: { readonly hospitalIds: readonly string[] | null, readonly among: readonly string[] | null, readonly limit: number }) => Promise<readonly FaceCandidate[]>
}
