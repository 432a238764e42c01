import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import { discrepancyKindNames, resolutions, statementSources, type Discrepancy, type Reconciliation } from '../../../core/payments/index.ts'
import { limitsFor, noteAccess } from '../access.ts'
import { AmountFen, Day, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export const states = ['awaiting_statement', 'reading', 'matching', 'reconciled'] as const satisfies ReadonlyArray<Reconciliation['state']>
export const ReconciliationBody = Type.Object({
  id: Id, source: oneOf(statementSources), hospitalId: nullable(Type.String()), day: Day, state: oneOf(states), sha256: nullable(Type.String()), takenFrom: nullable(oneOf(['party', 'upload'] as const)),
  lines: Type.Integer(), matched: Type.Integer(), ourFen: AmountFen, theirFen: AmountFen, feeFen: AmountFen, refusedBecause: nullable(Type.String()), attempts: Type.Integer(), updatedAt: Instant, reconciledAt: nullable(Instant)
})
export const DiscrepancyBody = Type.Object({
  number: Type.Integer(), kind: oneOf(discrepancyKindNames), itemKind: Type.String(), key: Type.String(), line: nullable(Type.Integer()), hospitalId: nullable(Type.String()), ourFen: nullable(AmountFen), theirFen: nullable(AmountFen),
  feeFen: AmountFen, state: oneOf(['open', 'proposed', 'resolved', 'closed_itself'] as const), resolution: nullable(oneOf(resolutions)), reason: nullable(Type.String()), openedAt: Instant, settledAt: nullable(Instant)
})
export const common = { tags: ['reconciliation'], 'x-requirements': ['K-09'] }

export function reconciliationBody (one: Reconciliation, writeInstant: WriteInstant) {
  return { ...one, updatedAt: writeInstant(one.updatedAt), reconciledAt: orNull(one.reconciledAt, writeInstant) }
}

export function discrepancyBody (one: Discrepancy, writeInstant: WriteInstant) {
  return { ...one, openedAt: writeInstant(one.openedAt), settledAt: orNull(one.settledAt, writeInstant) }
}

const noReconciliation = (): DomainError => new DomainError('RECONCILIATION_NOT_FOUND', 'No reconciliation has this id; list those of the day.')

/** A hospital's own finance sees its own and those of all; its discrepancies are narrowed further. */
export function admitted (request: FastifyRequest, found: Reconciliation | null, permission: 'reconciliation.read' | 'reconciliation.operate'): Reconciliation {
  const { hospitalId } = limitsFor(request, permission)
  if (found === null || (hospitalId !== null && found.hospitalId !== null && found.hospitalId !== hospitalId)) throw noReconciliation()
  noteAccess(request, { target: 'reconciliation', targetId: found.id, patientId: null, outcome: 'allowed' })
  return found
}

