import { Type } from '@fastify/type-provider-typebox'
import { consentPurposes, type Agreement, type Contract, type ContractEvent, type EligibilityCheck } from '../../../core/pay-after-care/index.ts'
import { AmountFen, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const contractStates = ['active', 'suspended', 'terminated', 'expired'] as const
export const Consents = Type.Array(oneOf(consentPurposes), { maxItems: consentPurposes.length, uniqueItems: true })
export const AgreementName = Type.Object({ version: Type.String({ minLength: 1, maxLength: 40 }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, { additionalProperties: false })
export const AgreementBody = Type.Object({ version: Type.String(), sha256: Type.String({ description: 'of the text in UTF-8' }), text: Type.String(), from: Instant, isCurrent: Type.Boolean() })
export const CheckBody = Type.Object({
  id: Id,
  patientId: Id,
  isEligible: Type.Boolean(),
  ruleSetVersion: Type.String(),
  rule: nullable(Type.String({ description: 'the one that was met' })),
  creditLimitFen: nullable(AmountFen),
  reasons: Type.Array(Type.String(), { description: 'why not, for each rule that was asked: <rule>_not_met, _unavailable, _not_offered, _needs_consent, _needs_resident_id' }),
  checkedAt: Instant,
  expiresAt: Instant
})
const contractMembers = {
  id: Id,
  patientId: Id,
  guardianPatientId: nullable(Id),
  state: oneOf(contractStates),
  agreement: AgreementName,
  rule: Type.String(),
  ruleSetVersion: Type.String(),
  consents: Consents,
  phoneTail: Type.String({ description: 'last four digits' }),
  creditLimitFen: AmountFen,
  signedAt: Instant,
  channel: oneOf(['app', 'kiosk', 'window'] as const),
  suspendedAt: nullable(Instant),
  suspendedBecause: nullable(oneOf(['overdue', 'manual'] as const)),
  endedAt: nullable(Instant),
  endedBecause: nullable(oneOf(['terminated', 'eligibility_lapsed', 'joined'] as const))
}
export const ContractBody = Type.Object(contractMembers)
export const ContractWithHistory = Type.Object({
  ...contractMembers,
  history: Type.Array(Type.Object({ what: Type.String(), at: Instant, reason: nullable(Type.String({ description: 'null for the patient: it is the staff\'s own' })) }))
})

export function agreementBody ({ version, sha256, text, from }: Agreement, isCurrent: boolean, writeInstant: WriteInstant) {
  return { version, sha256, text, from: writeInstant(from), isCurrent }
}

export function checkBody (check: EligibilityCheck, writeInstant: WriteInstant) {
  const { id, patientId, ruleSetVersion, rule, creditLimitFen, reasons, checkedAt, expiresAt } = check
  return { id, patientId, isEligible: rule !== null, ruleSetVersion, rule, creditLimitFen, reasons: [...reasons], checkedAt: writeInstant(checkedAt), expiresAt: writeInstant(expiresAt) }
}

export function contractBody (contract: Contract, { phoneTail, writeInstant }: { readonly phoneTail: (contract: Contract) => string, readonly writeInstant: WriteInstant }) {
  const { id, patientId, guardianPatientId, state, agreement, basis, consents, creditLimitFen, signedAt, signedBy, suspendedAt, suspendedBecause, endedAt, endedBecause } = contract
  return {
    id, patientId, guardianPatientId, state, agreement: { ...agreement }, rule: basis.rule, ruleSetVersion: basis.ruleSetVersion, consents: [...consents], phoneTail: phoneTail(contract), creditLimitFen,
    signedAt: writeInstant(signedAt), channel: signedBy.channel, suspendedAt: orNull(suspendedAt, writeInstant), suspendedBecause, endedAt: orNull(endedAt, writeInstant), endedBecause
  }
}

export function historyOf (events: readonly ContractEvent[], isStaff: boolean, writeInstant: WriteInstant) {
  return events.map(({ what, at, reason }) => ({ what, at: writeInstant(at), reason: isStaff ? reason : null }))
}
