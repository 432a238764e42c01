import type { FastifyRequest } from 'fastify'
import { decide, limitsOf, type Limits } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { RecordVersion } from '../../core/records/index.ts'
import type { FhirServerDeps } from './deps.ts'
import { permissionOf } from './permission-of.ts'
import { searchRows } from './search-row.ts'
import { transportRefusal } from './outcome.ts'

type AdmitDeps = Pick<FhirServerDeps, 'callerOf' | 'note'>

export function assertServed (type: string): void {
  if (!searchRows.has(type)) throw transportRefusal(404, 'This type of resource is not served. GET metadata lists those that are.')
}

function denied (): DomainError {
  return new DomainError('ACCESS_DENIED', 'This role, or the scopes of this token, have no right to this type of resource. Use a token of another role or more scopes.')
}

export function notFound (): DomainError {
  return new DomainError('RECORD_NOT_FOUND', 'There is no such resource, or it is not yours to see. Check type and id.')
}

/** Lets the caller have one record, or answers as if it were not there; either way the audit hears of it. */
export function admitTo ({ callerOf, note }: AdmitDeps, request: FastifyRequest, asked: { readonly type: string, readonly id: string }, record: RecordVersion | undefined): RecordVersion {
  const { patientId, hospitalId } = record ?? { patientId: null, hospitalId: null }
  const decision = decide(callerOf(request), permissionOf(asked.type), { patientId, hospitalId, type: asked.type })
  const isAllowed = record !== undefined && decision === 'allowed'
  // An id that leads nowhere is nobody's data.
  if (record !== undefined || decision === 'denied') {
    note(request, { action: 'read', target: asked.type, targetId: asked.id, patientId, outcome: isAllowed ? 'allowed' : 'refused' })
  }
  if (isAllowed) return record
  throw decision === 'denied' ? denied() : notFound()
}

/** The limits of a search for this caller. */
export function limitsFor ({ callerOf, note }: AdmitDeps, request: FastifyRequest, type: string): Limits {
  const limits = limitsOf(callerOf(request), permissionOf(type), type)
  if (limits !== null) return limits
  note(request, { action: 'search', target: type, targetId: null, patientId: null, outcome: 'refused' })
  throw denied()
}

/** The audit names every person whose records were in the answer. */
export function noteSearch ({ note }: AdmitDeps, request: FastifyRequest, type: string, records: readonly RecordVersion[]): void {
  const patientIds = [...new Set(records.map(({ patientId }) => patientId))]
  for (const patientId of patientIds.length === 0 ? [null] : patientIds) note(request, { action: 'search', target: type, targetId: null, patientId, outcome: 'allowed' })
}
