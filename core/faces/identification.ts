import { DomainError } from '../errors.ts'

/**
 * 识别. One look into the camera, and what became of it. Ids and scores only; it is forgotten after a day.
 * pending: somebody is proposed who has to say whether it is them. open: nobody is, a second factor may tell.
 */
export interface Identification {
  readonly id: string
  readonly sessionId: string
  readonly hospitalId: string
  readonly result: 'matched' | 'ambiguous' | 'no_match'
  readonly state: 'pending' | 'open' | 'confirmed' | 'denied'
  /** Who is proposed, or was. */
  readonly patientId: string | null
  /** The best record of each person in question, best first. */
  readonly candidates: readonly Candidate[]
  /** SHA-256 of the pictures, in their order: what is enrolled is what was looked at. */
  readonly frames: readonly string[]
  readonly askedAt: Date
  readonly readingId: string | null
}

export interface Candidate {
  readonly patientId: string
  readonly score: number
}

/** How often digits may be typed for one look. */
export const mostDigitTries = 3

export const noIdentification = (): DomainError => new DomainError('IDENTIFICATION_NOT_FOUND', 'No look into the camera is known here under this id in this session. Ask the person to look again.')
export const alreadyDecided = (): DomainError => new DomainError('IDENTIFICATION_DECIDED', 'This look into the camera has been answered already. Ask the person to look again.')
