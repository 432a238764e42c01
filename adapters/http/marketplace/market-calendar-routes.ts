import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { freeSeats, type OfferedSlot, type SlotStore } from '../../../core/appointments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { noDoctor, slotsOf, visibleDoctor, type CalendarSpan, type Doctor, type ViewStores } from '../../../core/marketplace/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf } from '../access.ts'
import { admitOwnDoctor, type MarketReadStores } from './market-admit.ts'
import { Id, Instant, pageOf, type WriteInstant } from '../wire.ts'

export interface MarketCalendarRoutesDeps {
  readonly inReading: InTransaction<ViewStores & MarketReadStores & { readonly slots: SlotStore }>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly publish: (wanted: { readonly doctor: Doctor, readonly spans: readonly CalendarSpan[], readonly by: string }) => Promise<readonly string[]>
  readonly setOpen: (wanted: { readonly slot: OfferedSlot, readonly isOpen: boolean, readonly by: string }) => Promise<void>
}

const common = { tags: ['marketplace'], 'x-requirements': ['M2', 'M6'] }
const ById = Type.Object({ id: Id })
const SpanBody = Type.Object({
  id: Id, start: Instant, end: Instant,
  isOpen: Type.Boolean({ description: 'open to invitations; else the doctor works then' }),
  isFree: Type.Boolean({ description: 'open, and nobody has it' })
})
const aheadMs = 92 * 86_400_000

/** 日历: working times and times that are open to invitations; the slots of core/appointments, no calendar besides. */
export function marketCalendarRoutes (deps: MarketCalendarRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant, publish, setOpen } = deps
  const spanBody = (slot: OfferedSlot): Static<typeof SpanBody> => ({ id: slot.id, start: writeInstant(slot.startsAt), end: writeInstant(slot.endsAt), isOpen: slot.isOpen, isFree: freeSeats(slot) > 0 })
  return async (server) => {
    server.get('/v1/doctors/:id/calendar', {
      config: { access: 'doctor.read' },
      schema: { ...common, summary: 'The doctor\'s working and open times, for whoever may see the doctor', params: ById, querystring: Type.Object({ from: Type.Optional(Instant), to: Type.Optional(Instant) }, { additionalProperties: false }), response: { 200: pageOf(SpanBody) } }
    }, async (request) => await inReading(async (stores) => {
      const doctor = await visibleDoctor(stores, callerOf(request), request.params.id, now())
      if (doctor === null) throw noDoctor()
      const from = request.query.from === undefined ? now() : new Date(request.query.from)
      const to = request.query.to === undefined ? new Date(from.getTime() + aheadMs) : new Date(request.query.to)
      return { items: (await slotsOf(stores, doctor, { from, to })).map(spanBody), next: null }
    }))

    server.post('/v1/doctors/:id/calendar', {
      config: { access: 'doctor_calendar.write', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Adds working and open times of the doctor\'s own calendar',
        params: ById,
        body: Type.Object({ spans: Type.Array(Type.Object({ start: Instant, end: Instant, isOpen: Type.Boolean() }, { additionalProperties: false }), { minItems: 1, maxItems: 200 }) }, { additionalProperties: false }),
        response: { 201: Type.Object({ ids: Type.Array(Id) }) }
      }
    }, async (request, reply) => {
      const doctor = await inReading((stores) => approvedOwn(stores, request, request.params.id))
      const spans = request.body.spans.map(({ start, end, isOpen }) => ({ startsAt: new Date(start), endsAt: new Date(end), isOpen }))
      return await reply.code(201).send({ ids: [...await publish({ doctor, spans, by: callerOf(request).principal.tokenId })] })
    })

    server.post('/v1/doctors/:id/calendar/:slotId', {
      config: { access: 'doctor_calendar.write' },
      schema: { ...common, summary: 'Opens a time to invitations, or closes it; who has it already keeps it', params: Type.Object({ id: Id, slotId: Id }), body: Type.Object({ isOpen: Type.Boolean() }, { additionalProperties: false }), response: { 200: SpanBody } }
    }, async (request) => {
      const { id, slotId } = request.params
      const slot = await inReading(async (stores) => {
        const doctor = await approvedOwn(stores, request, id)
        const found = await stores.slots.find(slotId)
        return found?.practitionerId === doctor.id && found.owner === 'ours' ? found : null
      })
      if (slot === null) throw new DomainError('SLOT_NOT_FOUND', 'The calendar has no time of this id.')
      await setOpen({ slot, isOpen: request.body.isOpen, by: callerOf(request).principal.tokenId })
      const after = await inReading(({ slots }) => slots.find(slotId))
      return spanBody(after ?? slot)
    })
  }
}

async function approvedOwn (stores: MarketReadStores, request: Parameters<typeof admitOwnDoctor>[0], id: string): Promise<Doctor> {
  const { doctor, audit } = await admitOwnDoctor(request, stores, id)
  if (audit.state !== 'approved') throw new DomainError('AUDIT_STATE_REFUSED', 'Times are offered by doctors whose audit is passed.', undefined, [audit.state])
  return doctor
}
