import type { FastifyRequest } from 'fastify'
import { decide } from '../../core/access/index.ts'
import type { RecordVersion } from '../../core/records/index.ts'
import type { FhirServerDeps } from './deps.ts'
import { permissionOf } from './permission-of.ts'

/** Whether the caller may read a version of a record, which is whose it was then. */
export function isVisible ({ callerOf }: Pick<FhirServerDeps, 'callerOf'>, request: FastifyRequest, { type, patientId, hospitalId }: RecordVersion): boolean {
  return decide(callerOf(request), permissionOf(type), { patientId, hospitalId, type }) === 'allowed'
}
