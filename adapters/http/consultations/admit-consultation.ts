import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { findConsultation, noConsultation, type Consultation, type ConsultationStore } from '../../../core/consultations/index.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import { admitTo, callerOf, noteAccess } from '../access.ts'
import { personInHand } from '../person-in-hand.ts'

export interface ConsultationAdmitStores {
  readonly consultations: ConsultationStore
  readonly patients: PatientStore
  readonly readings: ReadingStore
}

interface Asked {
  readonly id: string
  /** A terminal acts for whoever it has just read. */
  readonly readingId?: string | undefined
  readonly now: Date
}

/**
 * An order for a caller, or as if there were none: the person's own and the wards'; a hospital's; of a doctor those that
 * are assigned to them (C6); at a terminal that of the person who stands there.
 */
export async function admitConsultation (request: FastifyRequest, permission: Permission, stores: ConsultationAdmitStores, { id, readingId, now }: Asked): Promise<Consultation> {
  const order = await findConsultation(stores, id)
  const { role, personId } = callerOf(request).principal
  if (role === 'doctor' && order.doctorId !== personId) {
    noteAccess(request, { target: 'consultation', targetId: id, patientId: order.patientId, outcome: 'refused' })
    throw noConsultation()
  }
  admitTo(request, permission, { kind: 'consultation', id, patientId: order.patientId, hospitalId: order.hospitalId }, noConsultation)
  if (role === 'terminal') await personInHand(request, permission, stores, { named: { patientId: order.patientId, ...readingId === undefined ? {} : { readingId } }, now })
  return order
}

/** Who looks after the order only does not see what it is about. */
export function seesComplaint (request: FastifyRequest): boolean {
  const { role } = callerOf(request).principal
  return role !== 'support' && role !== 'reviewer'
}

/** Who did it: the person, else the token. */
export function actorOf (request: FastifyRequest): string {
  const { personId, tokenId } = callerOf(request).principal
  return personId ?? tokenId
}
