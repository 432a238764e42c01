import type { FastifyRequest } from 'fastify'
import type { Role } from '../../../core/access/index.ts'
import type { Consultation } from '../../../core/consultations/index.ts'
import { noThread, partyOf, type ThreadStore } from '../../../core/dialogue/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf } from '../access.ts'
import { admitConsultation, type ConsultationAdmitStores } from './admit-consultation.ts'
import type { ThreadOf } from '../dialogue/thread-place.ts'

/** A terminal says in a header whom it has read: the dialogue's routes are the same for everybody. */
export function readingIn (request: FastifyRequest): string | undefined {
  const value = request.headers['x-reading-id']
  return typeof value === 'string' ? value : undefined
}

/**
 * The dialogue of an order, for who takes part in it; at a terminal that is the person who stands there (T9). Nobody else
 * reads what patient and doctor say, but the hospital, which keeps it, and the reviewer while a refund is decided.
 */
export function placeOfConsultation<Stores extends ConsultationAdmitStores & { readonly threads: ThreadStore }> ({ inReading, now }: { readonly inReading: InTransaction<Stores>, readonly now: () => Date }): ThreadOf {
  return (request, id) => inReading(async (stores) => {
    const order = await admitConsultation(request, 'consultation.read', stores, { id, readingId: readingIn(request), now: now() })
    const thread = await stores.threads.find(order.id)
    const { principal, patientIds } = callerOf(request)
    const own = principal.role === 'terminal' ? [order.patientId] : patientIds
    const party = thread === null ? null : partyOf({ ...principal, patientIds: own }, thread)
    if (party === null && !mayLook(principal.role, order)) throw noThread()
    return { thread, party }
  })
}

/** Patient, terminal and doctor are let to their own orders only: before the dialogue opens they are no party of it yet. */
function mayLook (role: Role, { state }: Consultation): boolean {
  return role === 'patient' || role === 'guardian' || role === 'terminal' || role === 'doctor' || role === 'hospital' || (role === 'reviewer' && state === 'refund_review')
}
