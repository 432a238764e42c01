import { DomainError } from '../errors.ts'

/**
 * 人脸复核. Two records of which faces say that they may be one person's. Somebody at the desk decides; what was said to be
 * different stays apart and is not asked again.
 */
export interface FaceReview {
  readonly id: string
  readonly hospitalId: string
  /** not_me: a match that the person denied. resembles: too alike for a new number. face_differs: whoever showed the document does not look like its record. */
  readonly reason: 'not_me' | 'resembles' | 'face_differs'
  readonly patientId: string
  /** Null while nobody knows who stood there. */
  readonly otherId: string | null
  readonly score: number | null
  readonly terminalId: string
  readonly sessionId: string
  readonly state: 'open' | 'same_person' | 'different'
  readonly openedAt: Date
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
}

/** The two records in whichever order; null where one is not known. */
export function pairKeyOf ({ patientId, otherId }: Pick<FaceReview, 'patientId' | 'otherId'>): string | null {
  return otherId === null ? null : [patientId, otherId].sort().join(' ')
}

export const noReview = (): DomainError => new DomainError('FACE_REVIEW_NOT_FOUND', 'No review of faces has this id; look at the list.')
