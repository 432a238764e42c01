import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import { findInvitation, invitationKinds, invitationStates, noInvitation, payerPatient, type Invitation, type InvitationStore, type MakeInvitation } from '../../../core/invitations/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { admitSide, ownFilter, sidesOf, type Side } from './invitation-admit.ts'
import { InvitationBody, invitationBody, InvitationEventBody, invitationEventBody } from './invitation-wire.ts'
import { deciderOf } from '../payments/payment-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface InvitationRoutesDeps {
  readonly inReading: InTransaction<{ readonly invitations: InvitationStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
  readonly make: (wanted: MakeInvitation) => Promise<Invitation>
}

const common = { tags: ['invitations'] }
const everySide: readonly Side[] = ['payer', 'doctor', 'home_hospital', 'platform']

/** 邀约与咨询 (M7, M9, M12): made by a patient for themselves or a ward, or by a hospital; seen by both sides and the doctor's hospital. */
export function invitationRoutes (deps: InvitationRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.post('/v1/invitations', {
      config: { access: 'invitation.make', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['M7', 'M9'],
        summary: 'Invites a doctor for a time, or consults one, at the doctor\'s price; paid next (…/pay), or at once where it is free',
        body: Type.Object({
          doctorId: Id,
          kind: oneOf(invitationKinds),
          slotId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'an open time of the doctor; only a consult may be without one' })),
          note: Type.String({ maxLength: 2_000, default: '', description: 'for the doctor and the doctor\'s hospital' }),
          patientId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'a ward; without it the caller' }))
        }, { additionalProperties: false }),
        response: { 201: InvitationBody }
      }
    }, async (request, reply) => {
      const { doctorId, kind, slotId = null, note } = request.body
      const made = await deps.make({ ...await payerOf(request, deps, request.body.patientId), doctorId, kind, slotId, note, by: deciderOf(request) })
      noteAccess(request, { target: 'invitation', targetId: made.id, patientId: payerPatient(made.payer), outcome: 'allowed' })
      return await reply.code(201).send(invitationBody(made, 'payer', writeInstant))
    })

    server.get('/v1/invitations', {
      config: { access: 'invitation.read' },
      schema: {
        ...common,
        'x-requirements': ['M12', 'M8'],
        summary: 'Own ones, the newest first: those that the caller pays for, those that a doctor received, those of a hospital and its doctors',
        querystring: Type.Object({ ...PageQuery, kind: Type.Optional(oneOf(invitationKinds)), state: Type.Optional(oneOf(invitationStates)), doctor: Type.Optional(Id), hospitalId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 200: pageOf(InvitationBody) }
      }
    }, async (request) => {
      const { query } = request
      const { role } = callerOf(request).principal
      const filter = { ...ownFilter(request, query), kind: query.kind ?? null, state: query.state ?? null, hidesUnpaid: role === 'doctor' || role === 'hospital' }
      const { rows, next } = await inReading(({ invitations }) => pageByOffset(query, (page) => invitations.list(filter, page)))
      noteSearch(request, 'invitation', rows.flatMap(({ payer }) => payerPatient(payer) ?? []))
      return { items: rows.map((row) => invitationBody(row, sidesOf(request, row)[0] ?? 'platform', writeInstant)), next }
    })

    server.get('/v1/invitations/:id', {
      config: { access: 'invitation.read' },
      schema: { ...common, 'x-requirements': ['M12'], summary: 'One invitation', params: ById, response: { 200: InvitationBody } }
    }, async (request) => {
      const { invitation, side } = await loadInvitation(request, deps, { id: request.params.id, as: everySide })
      return invitationBody(invitation, side, writeInstant)
    })

    server.get('/v1/invitations/:id/events', {
      config: { access: 'invitation.read' },
      schema: { ...common, 'x-requirements': ['M12'], summary: 'What happened to it, in order', params: ById, response: { 200: Type.Object({ items: Type.Array(InvitationEventBody) }) } }
    }, async (request) => {
      const { invitation } = await loadInvitation(request, deps, { id: request.params.id, as: everySide })
      const events = await inReading(({ invitations }) => invitations.events(invitation.id))
      return { items: events.map((event) => invitationEventBody(event, writeInstant)) }
    })
  }
}

export async function loadInvitation (request: FastifyRequest, { inReading }: { readonly inReading: InTransaction<{ readonly invitations: InvitationStore }> }, { id, as }: { readonly id: string, readonly as: readonly Side[] }): Promise<{ readonly invitation: Invitation, readonly side: Side }> {
  const invitation = await inReading((stores) => findInvitation(stores, id))
  // Before it is paid nobody is asked for anything.
  const sides = invitation.paidAt === null ? as.filter((side) => side === 'payer' || side === 'platform') : as
  return { invitation, side: admitSide(request, invitation, { target: 'invitation', as: sides, missing: noInvitation }) }
}

/** A hospital pays as itself; a person by a record of theirs, or of a ward. */
async function payerOf (request: FastifyRequest, { inReading }: InvitationRoutesDeps, named: string | undefined): Promise<Pick<MakeInvitation, 'payer' | 'patientIds'>> {
  const { role, organizationId, personId } = callerOf(request).principal
  if (role === 'hospital') {
    if (organizationId === null || named !== undefined) throw new DomainError('REQUEST_INVALID', 'A hospital invites as itself; leave patientId out.', 'patientId')
    return { payer: { kind: 'organization', organizationId }, patientIds: [] }
  }
  const patientId = named ?? personId
  if (patientId === null) throw new DomainError('REQUEST_INVALID', 'Name the patient.', 'patientId')
  const { patient, tied } = await inReading(({ patients }) => admitPatient(request, 'invitation.make', patients, patientId))
  return { payer: { kind: 'person', patientId: patient.id }, patientIds: tied.map(({ id }) => id) }
}
