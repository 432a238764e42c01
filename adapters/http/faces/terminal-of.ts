import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { reachOf, type Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Terminal } from '../../../core/faces/index.ts'
import { callerOf } from '../access.ts'

export const TerminalId = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$', description: 'the name under which the hospital knows the device' })
export const AtTerminal = Type.Object({ id: TerminalId })

/** The device whose credential calls, at the one hospital that it acts for. */
export function terminalOf (request: FastifyRequest, permission: Permission, id: string): Terminal {
  const { principal } = callerOf(request)
  const reach = reachOf(principal, permission)
  if (reach.kind !== 'organization') throw new DomainError('REQUEST_INVALID', 'A terminal acts for its own hospital only.', 'id')
  return { id, tokenId: principal.tokenId, hospitalId: reach.hospitalId }
}
