/**
 * 读卡. A document or code that was read at a terminal or window, and the patient record it belongs to at that hospital.
 * For a few minutes it is what lets that terminal act for the person; a typed number alone never does.
 */
export interface IdentityReading {
  readonly id: string
  /** The token that read it: nobody else may use the reading. */
  readonly tokenId: string
  readonly hospitalId: string
  readonly kind: ReadingKind
  readonly patientId: string
  /** Sealed; what was read, where the hospital knows nobody by it. Then `patientId` is that of the file to be made. */
  readonly unknownIdentifier: string | null
  readonly readAt: Date
  readonly expiresAt: Date
}

/** patient_card: of the hospital. resident_id: by a reader. insurance_token: the electronic insurance credential. qr: our own code in the person's app. face: recognised by a camera, and confirmed by the person. phone: a code that was sent to the person's phone. */
export type ReadingKind = 'patient_card' | 'resident_id' | 'insurance_token' | 'qr' | 'face' | 'phone'

export const readingLivesMs = 600_000

export interface ReadingStore {
  readonly add: (reading: IdentityReading) => Promise<void>
  readonly find: (id: string) => Promise<IdentityReading | null>
  /** Answers false where this token has used the code already; what was used a day before is forgotten. */
  readonly takeCode: (use: { readonly tokenId: string, readonly codeKey: string, readonly usedAt: Date }) => Promise<boolean>
  /** Ends those that are still good. */
  readonly end: (ids: readonly string[], at: Date) => Promise<void>
  /** Readings that ended before. */
  readonly dropExpired: (before: Date) => Promise<void>
}

/** Whether a reading speaks for one of these patient records, for this token, now. */
export function speaksFor (reading: IdentityReading | null, { tokenId, patientIds, now }: { readonly tokenId: string, readonly patientIds: readonly string[], readonly now: Date }): boolean {
  return reading !== null && reading.tokenId === tokenId && now < reading.expiresAt && patientIds.includes(reading.patientId)
}
