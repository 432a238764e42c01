import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { findWait, type SlotWait, type WaitForSlot } from '../../../core/appointments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { admitTo, limitsFor, noteSearch } from '../access.ts'
import { bookerOf, type AppointmentRoutesDeps } from './appointment-routes.ts'
import { Purpose, WaitBody, waitBody } from './appointment-wire.ts'
import { PersonFields, personInHand } from '../person-in-hand.ts'
import { ById, Id, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface WaitRoutesDeps {
  readonly inReading: AppointmentRoutesDeps['inReading']
  /** Business time. */
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly join: (command: WaitForSlot) => Promise<SlotWait>
  readonly leave: (command: { readonly id: string, readonly by: string }) => Promise<SlotWait>
}

const common = { tags: ['appointments'] }
const noWait = (): DomainError => new DomainError('WAIT_NOT_FOUND', 'No place in a waiting list has this id.')

/** 候补: a line for each slot that is full. */
export function waitRoutes (deps: WaitRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.post('/v1/slot-waits', {
      config: { access: 'appointment.book', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': [],
        summary: 'A place at the end of the line of a full slot; a freed seat is held for the first, who confirms it',
        body: Type.Object({ slotId: Id, ...PersonFields, purpose: Purpose }, { additionalProperties: false }),
        response: { 201: WaitBody }
      }
    }, async (request, reply) => {
      const { slotId, purpose } = request.body
      const { patientId, by } = await bookerOf(request, deps, request.body)
      return await reply.code(201).send(waitBody(await deps.join({ slotId, patientId, purpose: { kind: purpose.kind, subjectId: purpose.subjectId ?? null }, by }), writeInstant))
    })

    server.get('/v1/slot-waits', {
      config: { access: 'appointment.read' },
      schema: { ...common, 'x-requirements': [], summary: 'Places in waiting lists that the caller may see, the newest first', querystring: Type.Object({ ...PageQuery, slotId: Type.Optional(Id) }), response: { 200: pageOf(WaitBody) } }
    }, async (request) => {
      const limits = limitsFor(request, 'appointment.read')
      const { rows, next } = await pageByOffset(request.query, (page) => inReading(({ waits }) => waits.list({ ...limits, slotId: request.query.slotId ?? null }, page)))
      noteSearch(request, 'slot_wait', rows.map(({ patientId }) => patientId))
      return { items: rows.map((wait) => waitBody(wait, writeInstant)), next }
    })

    server.post('/v1/slot-waits/:id/leave', {
      config: { access: 'appointment.book' },
      schema: {
        ...common,
        'x-requirements': [],
        summary: 'Gives the place up, and the seat that is held from it',
        params: ById,
        body: Type.Optional(Type.Object({ readingId: PersonFields.readingId }, { additionalProperties: false })),
        response: { 200: WaitBody }
      }
    }, async (request) => {
      const by = await inReading(async (stores) => {
        const wait = await findWait(stores, request.params.id)
        admitTo(request, 'appointment.book', { kind: 'slot_wait', ...wait }, noWait)
        const { channel, tokenId } = await personInHand(request, 'appointment.book', stores, { named: { patientId: wait.patientId, ...request.body }, now: deps.now() })
        return `${channel}:${tokenId}`
      })
      return waitBody(await deps.leave({ id: request.params.id, by }), writeInstant)
    })
  }
}
