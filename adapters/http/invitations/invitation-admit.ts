import type { FastifyRequest } from 'fastify'
import type { DomainError } from '../../../core/errors.ts'
import type { Payer } from '../../../core/escrow/index.ts'
import { payerHospital, payerPatient, type PartyFilter } from '../../../core/invitations/index.ts'
import { callerOf, noteAccess } from '../access.ts'

/** What a caller is to an invitation and all that follows from it. */
export type Side = 'payer' | 'doctor' | 'home_hospital' | 'platform'

interface Parties {
  readonly id: string
  readonly hospitalId: string
  readonly doctorId: string
  readonly payer: Payer
}

/** A doctor is only what concerns the doctor, though the token is the hospital's; a hospital what it pays for and what its doctors are asked. */
export function sidesOf (request: FastifyRequest, { hospitalId, doctorId, payer }: Parties): readonly Side[] {
  const { principal: { role, personId, organizationId }, patientIds } = callerOf(request)
  if (role === 'patient' || role === 'guardian') return patientIds.includes(payerPatient(payer) ?? '') ? ['payer'] : []
  if (role === 'doctor') return personId === doctorId ? ['doctor'] : []
  if (role !== 'hospital') return ['platform']
  return [...organizationId !== null && organizationId === payerHospital(payer) ? ['payer' as const] : [], ...organizationId === hospitalId ? ['home_hospital' as const] : []]
}

/** Lets one of these sides have it, or answers as if it were not there; the audit hears of it. */
export function admitSide (request: FastifyRequest, parties: Parties, { target, as, missing }: { readonly target: string, readonly as: readonly Side[], readonly missing: () => DomainError }): Side {
  const side = sidesOf(request, parties).find((one) => as.includes(one))
  noteAccess(request, { target, targetId: parties.id, patientId: payerPatient(parties.payer), outcome: side === undefined ? 'refused' : 'allowed' })
  if (side === undefined) throw missing()
  return side
}

/** The caller's own lists: of the payer, of the doctor, of a hospital whatever it is to them (M12). The platform names whose. */
export function ownFilter (request: FastifyRequest, wanted: { readonly doctor?: string, readonly hospitalId?: string }): PartyFilter {
  const { principal: { role, personId, organizationId }, patientIds } = callerOf(request)
  const asked = { payerPatientIds: null, payerHospitalId: null, partyHospitalId: null, doctorId: wanted.doctor ?? null, hospitalId: wanted.hospitalId ?? null }
  if (role === 'patient' || role === 'guardian') return { ...asked, payerPatientIds: patientIds }
  if (role === 'doctor') return { ...asked, doctorId: personId ?? '' }
  return role === 'hospital' ? { ...asked, partyHospitalId: organizationId ?? '' } : asked
}
