import { Type } from '@fastify/type-provider-typebox'
import {
  complaintStates, firstLevel, invitationKinds, invitationStates, payees, starWords, tipStates, type Complaint, type Evaluation, type Invitation, type InvitationEvent, type StarChange, type Stars, type Tip
} from '../../../core/invitations/index.ts'
import type { Payer } from '../../../core/escrow/index.ts'
import type { Side } from './invitation-admit.ts'
import { AmountFen, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export const Words = Type.String({ minLength: 1, maxLength: 2_000 })
export const Reason = Type.String({ minLength: 1, maxLength: 500 })

const PayerBody = Type.Object({ kind: oneOf(['patient', 'hospital'] as const), id: Id })
const dues = ['pay', 'answer', 'approve', 'negotiate', 'perform', 'confirm'] as const

function payerBody (payer: Payer) {
  return payer.kind === 'person' ? { kind: 'patient' as const, id: payer.patientId } : { kind: 'hospital' as const, id: payer.organizationId }
}

export const InvitationBody = Type.Object({
  id: Id,
  kind: oneOf(invitationKinds),
  doctorId: Id,
  hospitalId: Type.String({ description: 'the doctor\'s own' }),
  payer: PayerBody,
  slotId: nullable(Type.String()),
  start: nullable(Instant),
  end: nullable(Instant),
  note: nullable(Type.String({ description: 'for those whom it concerns' })),
  priceFen: AmountFen,
  platformFeePermille: Type.Integer(),
  payee: oneOf(payees),
  needsApproval: Type.Boolean({ description: 'of the doctor\'s own hospital' }),
  state: oneOf(invitationStates),
  reason: nullable(Type.String({ description: 'why it ended without a service' })),
  createdAt: Instant,
  paidAt: nullable(Instant),
  acceptedAt: nullable(Instant),
  performedAt: nullable(Instant),
  endedAt: nullable(Instant),
  dueAt: nullable(Instant),
  dueFor: nullable(oneOf(dues))
})

export function invitationBody (invitation: Invitation, side: Side, writeInstant: WriteInstant) {
  const { id, kind, doctorId, hospitalId, payer, slotId, startsAt, endsAt, note, priceFen, feePermille, payee, needsApproval, state, reason, createdAt, paidAt, acceptedAt, performedAt, endedAt, dueAt, dueFor } = invitation
  return {
    id, kind, doctorId, hospitalId, payer: payerBody(payer), slotId, start: orNull(startsAt, writeInstant), end: orNull(endsAt, writeInstant), note: side === 'platform' ? null : note, priceFen, platformFeePermille: feePermille, payee, needsApproval,
    state, reason, createdAt: writeInstant(createdAt), paidAt: orNull(paidAt, writeInstant), acceptedAt: orNull(acceptedAt, writeInstant), performedAt: orNull(performedAt, writeInstant), endedAt: orNull(endedAt, writeInstant),
    dueAt: orNull(dueAt, writeInstant), dueFor
  }
}

export const InvitationEventBody = Type.Object({ what: Type.String(), from: nullable(oneOf(invitationStates)), to: oneOf(invitationStates), reason: nullable(Type.String()), at: Instant })

export function invitationEventBody ({ what, from, to, reason, at }: InvitationEvent, writeInstant: WriteInstant) {
  return { what, from, to, reason, at: writeInstant(at) }
}

export const EvaluationBody = Type.Object({
  id: Id,
  doctorId: Id,
  hospitalId: Id,
  invitationId: nullable(Type.String({ description: 'for those whom it concerns' })),
  stars: Type.Integer({ minimum: 1, maximum: 5 }),
  words: nullable(Type.String()),
  isHidden: Type.Boolean({ description: 'the platform shows the words to nobody' }),
  at: Instant
})

export function evaluationBody (evaluation: Evaluation, sides: readonly Side[], writeInstant: WriteInstant) {
  const { id, doctorId, hospitalId, invitationId, stars, words, hiddenBy, at } = evaluation
  const isHidden = hiddenBy !== null
  return { id, doctorId, hospitalId, invitationId: sides.length === 0 ? null : invitationId, stars, words: isHidden && !sides.includes('platform') ? null : words, isHidden, at: writeInstant(at) }
}

export const TipBody = Type.Object({ id: Id, invitationId: Id, doctorId: Id, hospitalId: Id, amountFen: AmountFen, state: oneOf(tipStates), createdAt: Instant, paidAt: nullable(Instant), dueAt: nullable(Instant) })

export function tipBody ({ id, invitationId, doctorId, hospitalId, amountFen, state, createdAt, paidAt, dueAt }: Tip, writeInstant: WriteInstant) {
  return { id, invitationId, doctorId, hospitalId, amountFen, state, createdAt: writeInstant(createdAt), paidAt: orNull(paidAt, writeInstant), dueAt: orNull(dueAt, writeInstant) }
}

const AppealBody = Type.Object({ words: Type.String(), at: Instant, decision: nullable(oneOf(['overturned', 'kept'] as const)), decidedAt: nullable(Instant), reason: nullable(Type.String()) })

export const ComplaintBody = Type.Object({
  id: Id,
  invitationId: Id,
  doctorId: Id,
  hospitalId: Id,
  words: Type.String(),
  state: oneOf(complaintStates),
  openedAt: Instant,
  findings: nullable(Type.String({ description: 'for the platform and, once it is decided, for the doctor' })),
  decidedAt: nullable(Instant),
  reason: nullable(Type.String()),
  appeal: nullable(AppealBody)
})

export function complaintBody (complaint: Complaint, side: Side, writeInstant: WriteInstant) {
  const { id, invitationId, doctorId, hospitalId, words, state, openedAt, findings, decidedAt, reason, appeal } = complaint
  const mayKnow = side === 'platform' || (side === 'doctor' && decidedAt !== null)
  return {
    id, invitationId, doctorId, hospitalId, words, state, openedAt: writeInstant(openedAt), findings: mayKnow ? findings : null, decidedAt: orNull(decidedAt, writeInstant), reason,
    appeal: appeal === null ? null : { words: appeal.words, at: writeInstant(appeal.at), decision: appeal.decision, decidedAt: orNull(appeal.decidedAt, writeInstant), reason: appeal.reason }
  }
}

const Why = Type.Object({ zh: Type.String(), en: Type.String() })
const Change = Type.Object({ before: nullable(Type.Integer()), level: Type.Integer(), cause: Type.String(), why: Why, at: Instant })

export const StarsBody = Type.Object({
  doctorId: Id,
  level: Type.Integer({ minimum: 1, maximum: 5 }),
  why: Why,
  at: nullable(Instant),
  history: Type.Array(Change, { description: 'the newest first' })
})

export function starsBody (doctorId: string, stars: Stars | null, { changes, writeInstant }: { readonly changes: readonly StarChange[], readonly writeInstant: WriteInstant }) {
  return {
    doctorId, level: (stars ?? firstLevel).level, why: starWords(stars ?? firstLevel), at: stars === null ? null : writeInstant(stars.at),
    history: changes.map((change) => ({ before: change.before, level: change.level, cause: change.cause, why: starWords(change), at: writeInstant(change.at) }))
  }
}
