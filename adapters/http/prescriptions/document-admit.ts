import { Type } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isPersonal, type Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { admitTo, callerOf, noteAccess } from '../access.ts'

interface Seen {
  readonly kind: 'record' | 'prescription' | 'sick-note' | 'drug-order'
  readonly id: string
  readonly patientId: string
  readonly hospitalId: string
  readonly doctorId: string | null
}

/** A doctor sees the documents of the own consultations; to any other they are not there. Everybody else by the policy. */
export function admitDocument (request: FastifyRequest, permission: Permission, seen: Seen, missing: () => DomainError): void {
  const { role, personId } = callerOf(request).principal
  if (role === 'doctor' && seen.doctorId !== null && seen.doctorId !== personId) {
    noteAccess(request, { target: seen.kind, targetId: seen.id, patientId: seen.patientId, outcome: 'refused' })
    throw missing()
  }
  admitTo(request, permission, seen, missing)
}

/** What a doctor writes is signed with the doctor's own id, so a token without one writes nothing. */
export function doctorIdOf (request: FastifyRequest): string {
  const { personId } = callerOf(request).principal
  if (personId === null) throw new DomainError('ACCESS_DENIED', 'This token names no practitioner. Use one that was issued to the doctor in person.')
  return personId
}

/** Who reviews or dispenses: the person of the token, else the token itself, which is one person's. */
export function staffIdOf (request: FastifyRequest): string {
  const { personId, tokenId } = callerOf(request).principal
  return personId ?? `token:${tokenId}`
}

export const PdfBytes = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' })

/** The paper is the person's: staff read the document itself. */
export function refuseUnlessOwner (request: FastifyRequest): void {
  if (!isPersonal(callerOf(request).principal.role)) throw new DomainError('ACCESS_DENIED', 'The printed document is for the person. Read the document itself.')
}

export async function sendPdf (reply: FastifyReply, { bytes, name }: { readonly bytes: Buffer, readonly name: string }): Promise<FastifyReply> {
  return await reply.header('content-type', 'application/pdf').header('content-disposition', `inline; filename="${name}.pdf"`).header('cache-control', 'no-store').send(bytes)
}
