import { Type, type Static } from '@fastify/type-provider-typebox'
import { auditFindings, auditKinds, auditStates, evidenceKinds, specialties, type Admission, type AuditCase, type AuditStep, type Doctor, type DoctorFront, type Evidence, type MarketHospital } from '../../../core/marketplace/index.ts'
import { Day, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export const PersonName = Type.String({ minLength: 1, maxLength: 100 })
export const Words = Type.String({ minLength: 1, maxLength: 200 })
export const Introduction = Type.String({ maxLength: 2_000 })

export const DoctorFrontBody = Type.Object({
  id: Id,
  name: Type.String(),
  title: Type.String(),
  hospitalId: nullable(Type.String()),
  hospital: Type.String(),
  specialty: oneOf(specialties),
  introduction: Type.String(),
  stars: nullable(Type.Number({ description: 'null: none yet' })),
  evaluations: Type.Object({ count: Type.Integer(), mean: nullable(Type.Number()) }),
  invitations: Type.Object({ received: Type.Integer({ description: 'received and paid' }), refused: Type.Integer() }),
  anaesthesias: Type.Integer({ description: 'given, as the hospitals\' records count them' }),
  openDates: Type.Array(Day, { description: 'on which an invitation can be made' }),
  admission: nullable(oneOf(['his', 'declared'] as const))
})

/** `admission`: by what a patient sees this doctor; declared is the patient's own word. */
export function doctorFrontBody ({ doctor, standing, anaesthesias, openDates }: DoctorFront, admissions: readonly Admission[]): Static<typeof DoctorFrontBody> {
  const { id, name, title, hospitalId, employer, specialty, introduction } = doctor
  const { stars, evaluations, invitations, refused } = standing
  return {
    id, name, title, hospitalId, hospital: employer, specialty, introduction, stars, evaluations: { ...evaluations }, invitations: { received: invitations, refused }, anaesthesias, openDates: [...openDates],
    admission: admissions.find((admission) => admission.hospitalId === hospitalId)?.by ?? null
  }
}

const AuditFields = {
  state: oneOf(auditStates), findings: Type.Array(oneOf(auditFindings)), reason: nullable(Type.String()), wasApproved: Type.Boolean({ description: 'what is reviewed now is a change' }),
  submittedAt: nullable(Instant), decidedAt: nullable(Instant)
}

function auditFields ({ state, findings, reason, wasApproved, submittedAt, decidedAt }: AuditCase, writeInstant: WriteInstant) {
  return { state, findings: [...findings], reason, wasApproved, submittedAt: orNull(submittedAt, writeInstant), decidedAt: orNull(decidedAt, writeInstant) }
}

export const DoctorApplicationBody = Type.Object({
  id: Id, name: Type.String(), hospitalId: nullable(Type.String()), employer: Type.String(), staffNumber: nullable(Type.String()), title: Type.String(), licenceNumber: Type.String(), licensedOn: Day,
  specialty: oneOf(specialties), phoneTail: Type.String({ description: 'the last four digits' }), introduction: Type.String(), registeredAt: Instant, changedAt: Instant, audit: Type.Object(AuditFields)
})

export function doctorApplicationBody (doctor: Doctor, audit: AuditCase, writeInstant: WriteInstant): Static<typeof DoctorApplicationBody> {
  const { id, name, hospitalId, employer, staffNumber, title, licenceNumber, licensedOn, specialty, phoneTail, introduction, registeredAt, changedAt } = doctor
  return {
    id, name, hospitalId, employer, staffNumber, title, licenceNumber, licensedOn, specialty, phoneTail, introduction, registeredAt: writeInstant(registeredAt), changedAt: writeInstant(changedAt), audit: auditFields(audit, writeInstant)
  }
}

export const HospitalApplicationBody = Type.Object({
  id: Id, name: Type.String(), creditCode: Type.String(), licenceNumber: Type.String(), contactName: Type.String(), registeredAt: Instant, changedAt: Instant, audit: Type.Object(AuditFields)
})

export function hospitalApplicationBody ({ id, name, creditCode, licenceNumber, contactName, registeredAt, changedAt }: MarketHospital, audit: AuditCase, writeInstant: WriteInstant): Static<typeof HospitalApplicationBody> {
  return { id, name, creditCode, licenceNumber, contactName, registeredAt: writeInstant(registeredAt), changedAt: writeInstant(changedAt), audit: auditFields(audit, writeInstant) }
}

export const AuditBody = Type.Object({ kind: oneOf(auditKinds), id: Id, ...AuditFields })

export function auditBody (audit: AuditCase, writeInstant: WriteInstant): Static<typeof AuditBody> {
  return { kind: audit.kind, id: audit.id, ...auditFields(audit, writeInstant) }
}

export const EvidenceBody = Type.Object({ id: Id, what: oneOf(evidenceKinds), contentType: Type.String(), bytes: Type.Integer(), sha256: Type.String(), at: Instant })

export function evidenceBody ({ id, what, contentType, byteCount, sha256, at }: Evidence, writeInstant: WriteInstant): Static<typeof EvidenceBody> {
  return { id, what, contentType, bytes: byteCount, sha256, at: writeInstant(at) }
}

export const AuditStepBody = Type.Object({ what: Type.String(), from: nullable(oneOf(auditStates)), to: oneOf(auditStates), reason: nullable(Type.String()), findings: Type.Array(oneOf(auditFindings)), at: Instant })

export function auditStepBody ({ what, from, to, reason, findings, at }: AuditStep, writeInstant: WriteInstant): Static<typeof AuditStepBody> {
  return { what, from, to, reason, findings: [...findings], at: writeInstant(at) }
}
