import { Type } from '@fastify/type-provider-typebox'
import { AmountFen, Id, Instant, nullable, oneOf } from '../wire.ts'

export const decisionStates = ['requested', 'approved', 'refused'] as const

export const DecisionMembers = {
  id: Id,
  kind: oneOf(['write_off', 'assignment'] as const),
  billId: Id,
  hospitalId: Id,
  amountFen: AmountFen,
  funder: nullable(Type.String()),
  reason: Type.String(),
  state: oneOf(decisionStates),
  requestedBy: Id,
  requestedAt: Instant,
  decidedBy: nullable(Type.String()),
  decidedAt: nullable(Instant)
}
