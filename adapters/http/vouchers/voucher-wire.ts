import { Type, type Static } from '@fastify/type-provider-typebox'
import { maskedPerson, type Patient } from '../../../core/identity/index.ts'
import { mayBeBooked, statusOf, useStates, voucherHappenings, voucherNumber, voucherStates, type BatchWork, type CodeCopy, type Voucher, type VoucherBatch, type VoucherEvent, type VoucherUse } from '../../../core/vouchers/index.ts'
import { Day, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export const Name = Type.String({ minLength: 1, maxLength: 100 })
export const Reason = Type.String({ minLength: 1, maxLength: 200 })

const StatusBody = Type.Object({
  appointment: oneOf(['to_be_booked', 'booked'] as const),
  examination: oneOf(['to_be_examined', 'examined'] as const),
  redemption: oneOf(['not_redeemed', 'redeemed'] as const),
  validity: oneOf(['valid', 'not_yet_valid', 'expired', 'void'] as const)
})
export const VoucherStatusBody = Type.Object({ id: Id, state: oneOf(voucherStates), status: StatusBody, mayBeBooked: Type.Boolean(), lastDay: Day, usesLeft: Type.Integer() })
const members = {
  id: Id,
  number: Type.String({ description: 'V, batch, place in it and a check digit' }),
  batchId: Id,
  state: oneOf(voucherStates),
  status: StatusBody,
  mayBeBooked: Type.Boolean({ description: 'an appointment is offered: to be booked, to be examined, valid and not redeemed' }),
  group: Type.String(),
  examination: Type.String(),
  hospitalIds: Type.Array(Id),
  department: Type.String({ description: 'that gives the vouchers out' }),
  firstDay: Day,
  lastDay: Day,
  uses: Type.Integer(),
  usesLeft: Type.Integer(),
  communityId: nullable(Type.String()),
  patientId: nullable(Type.String()),
  holder: nullable(Type.Object({ name: nullable(Type.String({ description: 'masked' })), documentTail: nullable(Type.String({ description: 'the last four of the identity document' })) })),
  contactTail: nullable(Type.String({ description: 'the last four of the phone' })),
  issuedAt: nullable(Instant),
  appointment: nullable(Type.Object({ id: Id, hospitalId: Id, start: Instant, honouredUntil: Instant })),
  rebookings: Type.Integer(),
  code: nullable(Type.String({ description: 'text of the code; null: it has none, it is spent, or the caller does not get it' }))
}
export const VoucherBody = Type.Object(members)
export const VoucherWithHistory = Type.Object({
  ...members,
  history: Type.Array(Type.Object({ what: oneOf(voucherHappenings), to: oneOf(voucherStates), at: Instant, hospitalId: nullable(Type.String()), reason: nullable(Type.String({ description: 'null for the person' })) }))
})
export const HandedOutBody = Type.Object({ voucher: VoucherBody, code: Type.String({ description: 'text of the code; as a picture at /v1/vouchers/{id}/code.png and code.svg' }) })

export interface VoucherWriting {
  readonly writeInstant: WriteInstant
  /** Business time. */
  readonly now: () => Date
  /** The last four digits of a sealed phone. */
  readonly phoneTail: (sealed: string) => string
}

export interface SeenVoucher {
  readonly voucher: Voucher
  readonly batch: VoucherBatch
  /** Null: nobody has it, or the caller may not know who. */
  readonly holder: Patient | null
  readonly copy: CodeCopy | null
}

export function voucherBody ({ voucher, batch, holder, copy }: SeenVoucher, { writeInstant, now, phoneTail }: VoucherWriting): Static<typeof VoucherBody> {
  const { id, state, uses, redeemed, communityId, patientId, contact, issuedAt, appointment, rebookings } = voucher
  const masked = holder === null ? null : maskedPerson(holder)
  return {
    id, number: voucherNumber(voucher), batchId: batch.id, state, status: { ...statusOf(voucher, now()) }, mayBeBooked: mayBeBooked(voucher, now()), group: batch.group, examination: batch.examination.name,
    hospitalIds: [...batch.hospitalIds], department: batch.department, firstDay: batch.firstDay, lastDay: batch.lastDay, uses, usesLeft: uses - redeemed, communityId, patientId,
    holder: masked === null ? null : { name: masked.maskedName, documentTail: masked.numberTail }, contactTail: orNull(contact, phoneTail), issuedAt: orNull(issuedAt, writeInstant),
    appointment: orNull(appointment, (booked) => ({ id: booked.id, hospitalId: booked.hospitalId, start: writeInstant(booked.startsAt), honouredUntil: writeInstant(booked.honouredUntil) })),
    rebookings, code: copy === null || copy.spentAt !== null ? null : copy.code
  }
}

export function historyOf (events: readonly VoucherEvent[], isStaff: boolean, writeInstant: WriteInstant): Static<typeof VoucherWithHistory>['history'] {
  return events.map(({ what, to, at, hospitalId, reason }) => ({ what, to, at: writeInstant(at), hospitalId, reason: isStaff ? reason : null }))
}

export const BatchBody = Type.Object({
  id: Id, number: Type.Integer(), campaignId: Id, group: Type.String(), examination: Type.Object({ name: Type.String(), codes: Type.Array(Type.String()) }), hospitalIds: Type.Array(Id), department: Type.String(),
  firstDay: Day, lastDay: Day, uses: Type.Integer(), count: Type.Integer(), state: oneOf(['generating', 'generated', 'void'] as const), generated: Type.Integer({ description: 'there by now' }),
  allocated: Type.Integer({ description: 'sent to communities, or on their way' }), voidedAt: nullable(Instant), createdAt: Instant
})

export function batchBody (batch: VoucherBatch, writeInstant: WriteInstant): Static<typeof BatchBody> {
  const { id, number, campaignId, group, examination, hospitalIds, department, firstDay, lastDay, uses, count, generated, allocated, voidedAt, createdAt } = batch
  return {
    id, number, campaignId, group, examination: { name: examination.name, codes: [...examination.codes] }, hospitalIds: [...hospitalIds], department, firstDay, lastDay, uses, count,
    state: voidedAt !== null ? 'void' : generated < count ? 'generating' : 'generated', generated, allocated, voidedAt: orNull(voidedAt, writeInstant), createdAt: writeInstant(createdAt)
  }
}

export const WorkBody = Type.Object({
  id: Id, kind: oneOf(['generate', 'send', 'void'] as const), communityId: nullable(Type.String()), total: Type.Integer(), done: Type.Integer({ description: 'gone through by now' }), changed: Type.Integer(), isDone: Type.Boolean(), at: Instant
})

export function workBody ({ id, kind, communityId, fromSeq, toSeq, nextSeq, changed, at }: BatchWork, writeInstant: WriteInstant): Static<typeof WorkBody> {
  return { id, kind, communityId, total: toSeq - fromSeq + 1, done: nextSeq - fromSeq, changed, isDone: nextSeq > toSeq, at: writeInstant(at) }
}

export const UseBody = Type.Object({
  id: Id,
  voucherId: Id,
  number: Type.String(),
  useNo: Type.Integer(),
  hospitalId: Id,
  patientId: Id,
  appointmentId: nullable(Type.String()),
  state: oneOf(useStates),
  usedAt: Instant,
  evidence: nullable(Type.Object({ kind: oneOf(['his', 'by_hand'] as const), record: nullable(Type.String()), document: nullable(Type.String()), note: nullable(Type.String()), performedAt: Instant })),
  examinedAt: nullable(Instant),
  redeemedAt: nullable(Instant),
  rollback: nullable(Type.Object({ state: oneOf(['asked', 'confirmed', 'refused'] as const), reason: Type.String(), askedAt: Instant, decidedAt: nullable(Instant) }))
})

export function useBody (use: VoucherUse, voucher: Voucher, writeInstant: WriteInstant): Static<typeof UseBody> {
  const { id, voucherId, useNo, hospitalId, patientId, appointmentId, state, usedAt, evidence, examinedAt, redeemedAt, rollback } = use
  return {
    id, voucherId, number: voucherNumber(voucher), useNo, hospitalId, patientId, appointmentId, state, usedAt: writeInstant(usedAt),
    evidence: orNull(evidence, ({ kind, record, document, note, performedAt }) => ({ kind, record, document, note, performedAt: writeInstant(performedAt) })),
    examinedAt: orNull(examinedAt, writeInstant), redeemedAt: orNull(redeemedAt, writeInstant),
    rollback: orNull(rollback, ({ state, reason, askedAt, decidedAt }) => ({ state, reason, askedAt: writeInstant(askedAt), decidedAt: orNull(decidedAt, writeInstant) }))
  }
}
