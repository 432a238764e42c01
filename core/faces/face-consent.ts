/**
 * 人脸处理单独同意. Whether a person's face may be processed: a consent of their own (人脸识别技术应用安全管理办法, in force
 * 2025-06-01), of the guardian under 14. The newest one of a person's records at a hospital counts.
 */
export interface FaceConsent {
  readonly id: string
  readonly patientId: string
  readonly hospitalId: string
  readonly state: 'given' | 'withdrawn'
  /** his: a flag or Consent that the hospital sent. The others were asked by us, with the text of `textVersion`. */
  readonly channel: 'his' | 'app' | 'terminal' | 'desk'
  readonly textVersion: string | null
  /** Who gave it for a child under 14; null: the person. */
  readonly guardianPatientId: string | null
  /** When it was given or withdrawn, by whoever said so. */
  readonly at: Date
}

/** A hospital whose photos are read without each person's consent names the law that it relies on; it is recorded. */
export interface LegalBasis {
  readonly hospitalId: string
  readonly basis: string
}
