import type { Payer, WalletId } from '../escrow/index.ts'
import type { Fen } from '../money.ts'

/** invite 邀约: for a time of the doctor's, for an anaesthesia. consult 咨询: a question, with or without a time. */
export const invitationKinds = ['invite', 'consult'] as const
export type InvitationKind = typeof invitationKinds[number]

/**
 * 邀约单 (seed 001; telemedicine document §1.4).
 *
 * draft → paid → offered → negotiating → accepted → performed → confirmed → settled → evaluated
 *                offered → home_hospital_approval → negotiating     of another hospital than the doctor's own (D2)
 *                                                   performed → contested   the payer says that nothing was provided
 *
 * Side exits: declined, expired, not_provided, cancelled. What was paid goes back the way it came.
 */
export const invitationStates = ['draft', 'paid', 'offered', 'home_hospital_approval', 'negotiating', 'accepted', 'performed', 'contested', 'confirmed', 'settled', 'evaluated', 'declined', 'expired', 'not_provided', 'cancelled'] as const
export type InvitationState = typeof invitationStates[number]

/** What happens by itself at `dueAt`. */
export type InvitationDue = 'pay' | 'answer' | 'approve' | 'negotiate' | 'perform' | 'confirm'

/** Whose the fee becomes: the doctor's as the seed has it, or the doctor's own hospital's (D2). */
export const payees = ['doctor', 'home_hospital'] as const
export type InvitationPayee = typeof payees[number]

export interface Invitation {
  readonly id: string
  /** The doctor's own hospital: whose slots, and in whose books. */
  readonly hospitalId: string
  readonly doctorId: string
  readonly payer: Payer
  readonly kind: InvitationKind
  /** Null: a consult without a time. */
  readonly slotId: string | null
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  /** The payer's own words; never in notices or logs. */
  readonly note: string
  /** Fixed when it is made. */
  readonly priceFen: Fen
  readonly feePermille: number
  readonly payee: InvitationPayee
  readonly needsApproval: boolean
  readonly state: InvitationState
  /** The account or token that made it. */
  readonly by: string
  readonly createdAt: Date
  readonly paidAt: Date | null
  readonly acceptedAt: Date | null
  readonly performedAt: Date | null
  readonly endedAt: Date | null
  /** Why it ended without a service; a code of ours or somebody's words. */
  readonly reason: string | null
  /** How often both sides were asked whether it was performed. */
  readonly asks: number
  readonly dueAt: Date | null
  readonly dueFor: InvitationDue | null
}

const seated: readonly InvitationState[] = ['offered', 'home_hospital_approval', 'negotiating', 'accepted', 'performed', 'contested', 'confirmed', 'settled', 'evaluated']

/** It has the doctor's time: one invitation a slot. */
export const hasSeat = ({ state, slotId }: Pick<Invitation, 'state' | 'slotId'>): boolean => slotId !== null && seated.includes(state)

const failed: readonly InvitationState[] = ['declined', 'expired', 'not_provided', 'cancelled']

/** It ended without a service, so that what was paid goes back. */
export const isFailed = ({ state }: Pick<Invitation, 'state'>): boolean => failed.includes(state)

const talking: readonly InvitationState[] = ['offered', 'negotiating', 'accepted', 'performed', 'contested']

/** The two sides may write to each other. */
export const mayTalk = ({ state }: Pick<Invitation, 'state'>): boolean => talking.includes(state)

/** Of tips, too: they go the way that the fee went. */
export function payeeWallet ({ payee, doctorId, hospitalId }: Pick<Invitation, 'payee' | 'doctorId' | 'hospitalId'>): WalletId {
  return payee === 'doctor' ? `doctor:${doctorId}` : `hospital:${hospitalId}`
}

export const payerPatient = (payer: Payer): string | null => payer.kind === 'person' ? payer.patientId : null
export const payerHospital = (payer: Payer): string | null => payer.kind === 'organization' ? payer.organizationId : null

/** One step of an invitation, as it was taken. */
export interface InvitationEvent {
  readonly invitationId: string
  readonly what: string
  readonly from: InvitationState | null
  readonly to: InvitationState
  readonly reason: string | null
  readonly by: string
  readonly at: Date
}
