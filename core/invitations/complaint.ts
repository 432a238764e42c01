import type { Payer } from '../escrow/index.ts'

/** 投诉. open → investigating → upheld → overturned (on appeal) | dismissed. Telemedicine document §1.4. */
export const complaintStates = ['open', 'investigating', 'upheld', 'overturned', 'dismissed'] as const
export type ComplaintState = typeof complaintStates[number]

export interface Complaint {
  readonly id: string
  readonly invitationId: string
  readonly hospitalId: string
  readonly doctorId: string
  readonly payer: Payer
  readonly words: string
  readonly state: ComplaintState
  readonly by: string
  readonly openedAt: Date
  /** Support, who looked into it, and what was found. */
  readonly takenBy: string | null
  readonly findings: string | null
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
  readonly reason: string | null
  readonly appeal: Appeal | null
}

/** 申诉 of the doctor. */
export interface Appeal {
  readonly words: string
  readonly at: Date
  readonly decision: 'overturned' | 'kept' | null
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
  readonly reason: string | null
}
