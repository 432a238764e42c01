import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { mostCapacity, type NewSchedule, type NewSlot, type OfferedSlot, type SlotFilter, type SlotStore } from '../../../core/appointments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf } from '../access.ts'
import { ScheduleBody, scheduleBody, SlotBody, slotBody, type SlotWriting } from './appointment-wire.ts'
import { ById, Id, Instant, pageByOffset, pageOf, PageQuery } from '../wire.ts'

export interface ScheduleRoutesDeps extends SlotWriting {
  readonly inReading: InTransaction<{ readonly slots: SlotStore }>
  /** Times of this service are asked for another way, by whoever may see whose they are. */
  readonly exceptService: string
  readonly publishSchedule: (wanted: NewSchedule & { readonly slots: readonly NewSlot[] }) => Promise<{ readonly id: string, readonly slotIds: readonly string[] }>
  /** Refuses with SLOT_NOT_OURS, SLOT_OVERLAPS. */
  readonly publishSlots: (wanted: { readonly scheduleId: string, readonly slots: readonly NewSlot[], readonly by: string }) => Promise<readonly string[]>
  readonly closeSlot: (wanted: { readonly slot: OfferedSlot, readonly by: string }) => Promise<void>
}

const common = { tags: ['appointments'] }
const Name = Type.String({ minLength: 1, maxLength: 200 })
const Narrow = { hospitalId: Type.Optional(Id), department: Type.Optional(Name), practitionerId: Type.Optional(Id) }
const NewSlots = Type.Array(Type.Object({ start: Instant, end: Instant, capacity: Type.Integer({ minimum: 1, maximum: mostCapacity, default: 1 }) }, { additionalProperties: false }), { minItems: 1, maxItems: 500 })

const noSchedule = (): DomainError => new DomainError('SCHEDULE_NOT_FOUND', 'No schedule has this id; list the schedules.')
const noSlot = (): DomainError => new DomainError('SLOT_NOT_FOUND', 'No slot has this id; list the slots.')

/** 排班与号源: what can be booked, of whomever. Nothing in them is about a patient. */
export function scheduleRoutes (deps: ScheduleRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  return async (server) => {
    server.get('/v1/schedules', {
      config: { access: 'appointment.read' },
      schema: { ...common, 'x-requirements': ['V-18'], summary: 'Schedules of doctors and departments, by hospital', querystring: Type.Object({ ...PageQuery, ...Narrow }), response: { 200: pageOf(ScheduleBody) } }
    }, async ({ query }) => {
      const { rows, next } = await pageByOffset(query, (page) => inReading(({ slots }) => slots.schedules({ ...narrowed(query), exceptService: deps.exceptService }, page)))
      return { items: rows.map(scheduleBody), next }
    })

    server.get('/v1/slots', {
      config: { access: 'appointment.read' },
      schema: {
        ...common,
        'x-requirements': ['V-18'],
        summary: 'Times that can be booked, by start: those that are not over yet where no `from` is named',
        querystring: Type.Object({ ...PageQuery, ...Narrow, scheduleId: Type.Optional(Id), from: Type.Optional(Instant), to: Type.Optional(Instant), free: Type.Boolean({ default: false, description: 'only those with a seat' }) }),
        response: { 200: pageOf(SlotBody) }
      }
    }, async ({ query }) => {
      const filter: SlotFilter = { ...narrowed(query), exceptService: deps.exceptService, scheduleId: query.scheduleId ?? null, from: query.from === undefined ? deps.now() : new Date(query.from), to: query.to === undefined ? null : new Date(query.to), onlyFree: query.free }
      const { rows, next } = await pageByOffset(query, (page) => inReading(({ slots }) => slots.list(filter, page)))
      return { items: rows.map((slot) => slotBody(slot, deps)), next }
    })

    server.get('/v1/slots/:id', { config: { access: 'appointment.read' }, schema: { ...common, 'x-requirements': ['V-18'], summary: 'One slot', params: ById, response: { 200: SlotBody } } },
      async ({ params }) => {
        const slot = await slotById(deps, params.id)
        if (slot.serviceType === deps.exceptService) throw noSlot()
        return slotBody(slot, deps)
      })

    await server.register(publishingRoutes(deps))
  }
}

/** 自有排班: schedules whose seats are given away here. */
function publishingRoutes (deps: ScheduleRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/schedules', {
      config: { access: 'appointment.operate', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': [],
        summary: 'A schedule of our own, with its first slots; the hospital is told of what is booked in it',
        body: Type.Object({ hospitalId: Id, practitionerId: Type.Optional(Id), department: Type.Optional(Name), serviceType: Type.Optional(Name), slots: NewSlots }, { additionalProperties: false }),
        response: { 201: Type.Object({ id: Id, slotIds: Type.Array(Id) }) }
      }
    }, async (request, reply) => {
      const { hospitalId, practitionerId = null, department = null, serviceType = null, slots } = request.body
      admitTo(request, 'appointment.operate', { kind: 'schedule', id: '', patientId: null, hospitalId }, noSchedule)
      return await reply.code(201).send({ ...await deps.publishSchedule({ hospitalId, practitionerId, department, serviceType, by: byOf(request), slots: slots.map(newSlot) }) } as { id: string, slotIds: string[] })
    })

    server.post('/v1/schedules/:id/slots', {
      config: { access: 'appointment.operate', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': [], summary: 'More slots of a schedule of our own', params: ById, body: Type.Object({ slots: NewSlots }, { additionalProperties: false }), response: { 201: Type.Object({ slotIds: Type.Array(Id) }) } }
    }, async (request, reply) => {
      const schedule = await deps.inReading(({ slots }) => slots.findSchedule(request.params.id))
      if (schedule === null) throw noSchedule()
      admitTo(request, 'appointment.operate', { kind: 'schedule', id: schedule.id, patientId: null, hospitalId: schedule.hospitalId }, noSchedule)
      return await reply.code(201).send({ slotIds: [...await deps.publishSlots({ scheduleId: schedule.id, slots: request.body.slots.map(newSlot), by: byOf(request) })] })
    })

    server.post('/v1/slots/:id/close', {
      config: { access: 'appointment.operate' },
      schema: { ...common, 'x-requirements': [], summary: 'Takes no one any more; who has a seat keeps it', params: ById, response: { 200: SlotBody } }
    }, async (request) => {
      const slot = await slotById(deps, request.params.id)
      admitTo(request, 'appointment.operate', { kind: 'slot', id: slot.id, patientId: null, hospitalId: slot.hospitalId }, noSlot)
      if (slot.owner !== 'ours') throw new DomainError('SLOT_NOT_OURS', 'The hospital publishes this slot by itself. Close it there.')
      await deps.closeSlot({ slot, by: byOf(request) })
      return slotBody(await slotById(deps, slot.id), deps)
    })
  }
}

function narrowed ({ hospitalId, department, practitionerId }: { readonly hospitalId?: string, readonly department?: string, readonly practitionerId?: string }): Pick<SlotFilter, 'hospitalId' | 'department' | 'practitionerId'> {
  return { hospitalId: hospitalId ?? null, department: department ?? null, practitionerId: practitionerId ?? null }
}

async function slotById ({ inReading }: ScheduleRoutesDeps, id: string): Promise<OfferedSlot> {
  const slot = await inReading(({ slots }) => slots.find(id))
  if (slot === null) throw noSlot()
  return slot
}

const newSlot = ({ start, end, capacity }: { readonly start: string, readonly end: string, readonly capacity: number }): NewSlot => ({ startsAt: new Date(start), endsAt: new Date(end), capacity })

const byOf = (request: FastifyRequest): string => `token:${callerOf(request).principal.tokenId}`
