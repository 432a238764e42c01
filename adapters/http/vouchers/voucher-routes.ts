import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Appointment, AppointmentStore, BookAppointment, SlotStore, WaitStore } from '../../../core/appointments/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { ReadingStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { mayBeBooked, noVoucher, statusOf, voucherPurposeKind, voucherStates, type Presentation, type Voucher } from '../../../core/vouchers/index.ts'
import { callerOf, limitsFor, noteSearch } from '../access.ts'
import { bookerOf } from '../appointments/appointment-routes.ts'
import { AppointmentBody, appointmentBody } from '../appointments/appointment-wire.ts'
import { admitVoucher, seenVouchers, type VoucherReadStores } from './voucher-admit.ts'
import { historyOf, Reason, VoucherBody, voucherBody, VoucherStatusBody, VoucherWithHistory, type VoucherWriting } from './voucher-wire.ts'
import { ById, Id, Instant, oneOf, pageByOffset, pageOf, PageQuery } from '../wire.ts'

type Stores = VoucherReadStores & { readonly appointments: AppointmentStore, readonly slots: SlotStore, readonly waits: WaitStore, readonly readings: ReadingStore }

export interface VoucherRoutesDeps extends VoucherWriting {
  readonly inReading: InTransaction<Stores>
  readonly book: (command: BookAppointment) => Promise<Appointment>
  readonly present: (command: { readonly voucherId: string, readonly hospitalId: string | null }) => Promise<Presentation>
  readonly voidVoucher: (command: { readonly voucherId: string, readonly reason: string, readonly by: string }) => Promise<Voucher>
}

const common = { tags: ['vouchers'] }
const historyMost = 500

/** 券包: what a person has, its four statuses, appointment and use. */
export function voucherRoutes (deps: VoucherRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant, now } = deps
  return async (server) => {
    server.get('/v1/vouchers', {
      config: { access: 'voucher.read' },
      schema: {
        ...common,
        'x-requirements': ['V-16', 'V-17', 'V-21', 'V-27'],
        summary: 'A person: the own ones and those of wards that are not redeemed, the first to end on top; a community or the back office: theirs',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), state: Type.Optional(oneOf(voucherStates)), batch: Type.Optional(Type.Integer({ minimum: 1 })) }, { additionalProperties: false }),
        response: { 200: pageOf(VoucherBody) }
      }
    }, async (request) => {
      const { rows, next } = await inReading(async (stores) => {
        const found = await pageByOffset(request.query, (page) => listFor(request, stores, { ...request.query, page }))
        return { rows: await seenVouchers(request, stores, found.rows), next: found.next }
      })
      noteSearch(request, 'voucher', rows.flatMap(({ voucher: { patientId } }) => patientId ?? []))
      return { items: rows.map((row) => voucherBody(row, deps)), next }
    })

    server.get('/v1/vouchers/:id', {
      config: { access: 'voucher.read' },
      schema: { ...common, 'x-requirements': ['V-16', 'V-17', 'V-27'], summary: 'One voucher by id or number, with all that happened to it', params: ById, response: { 200: VoucherWithHistory } }
    }, async (request) => {
      const { seen, events } = await inReading(async (stores) => {
        const voucher = await admitVoucher(request, 'voucher.read', stores, request.params.id)
        const [seen] = await seenVouchers(request, stores, [voucher])
        return { seen, events: await stores.vouchers.events(voucher, historyMost) }
      })
      if (seen === undefined) throw noVoucher()
      return { ...voucherBody(seen, deps), history: historyOf(events, limitsFor(request, 'voucher.read').patientIds === null, writeInstant) }
    })

    server.get('/v1/vouchers/:id/status', {
      config: { access: 'voucher.read' },
      schema: { ...common, 'x-requirements': ['V-17', 'V-19', 'V-27'], summary: 'Its four statuses now: appointment, examination, redemption, validity', params: ById, response: { 200: VoucherStatusBody } }
    }, async (request) => {
      const { voucher, lastDay } = await inReading(async (stores) => {
        const voucher = await admitVoucher(request, 'voucher.read', stores, request.params.id)
        return { voucher, lastDay: (await stores.voucherBatches.byNumber(voucher.batch))?.lastDay ?? '' }
      })
      return { id: voucher.id, state: voucher.state, status: { ...statusOf(voucher, now()) }, mayBeBooked: mayBeBooked(voucher, now()), lastDay, usesLeft: voucher.uses - voucher.redeemed }
    })
    await server.register(holderRoutes(deps))
  }
}

function holderRoutes (deps: VoucherRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.get('/v1/vouchers/:id/appointments', {
      config: { access: 'voucher.read' },
      schema: { ...common, 'x-requirements': ['V-18'], summary: 'Appointments that were made for it, the newest first', params: ById, querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(AppointmentBody) } }
    }, async (request) => {
      const { rows, next } = await inReading(async (stores) => {
        const { id } = await admitVoucher(request, 'voucher.read', stores, request.params.id)
        const filter = { patientIds: null, hospitalId: null, state: null, slotId: null, purpose: { kind: voucherPurposeKind, subjectId: id }, from: null, to: null }
        return await pageByOffset(request.query, (page) => stores.appointments.list(filter, page))
      })
      return { items: rows.map((row) => appointmentBody(row, writeInstant)), next }
    })

    server.post('/v1/vouchers/:id/appointments', {
      config: { access: 'appointment.book', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['V-18', 'V-19'],
        summary: 'Books a slot (of GET /v1/slots, by hospital, department, doctor and time) for the voucher; only while it is to be booked, to be examined, valid and not redeemed',
        params: ById,
        body: Type.Object({ slotId: Id, hold: Type.Boolean({ default: false }) }, { additionalProperties: false }),
        response: { 201: AppointmentBody }
      }
    }, async (request, reply) => {
      const voucher = await inReading((stores) => admitVoucher(request, 'voucher.read', stores, request.params.id))
      if (voucher.patientId === null) throw noVoucher()
      const { slotId, hold } = request.body
      const { patientId, by } = await bookerOf(request, deps, { slotId, patientId: voucher.patientId })
      const made = await deps.book({ slotId, patientId, purpose: { kind: voucherPurposeKind, subjectId: voucher.id }, isHold: hold, by })
      return await reply.code(201).send(appointmentBody(made, writeInstant))
    })

    server.post('/v1/vouchers/:id/use', {
      config: { access: 'voucher.present', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['V-20', 'V-26'],
        summary: 'Sends its code to the hospital of the appointment, or to one of the person\'s choice; there the person is identified and the use confirmed',
        params: ById,
        body: Type.Optional(Type.Object({ hospitalId: Type.Optional(Id) }, { additionalProperties: false })),
        response: { 200: Type.Object({ voucherId: Id, hospitalId: Id, sentAt: Instant }) }
      }
    }, async (request) => {
      const voucher = await inReading((stores) => admitVoucher(request, 'voucher.present', stores, request.params.id))
      const { voucherId, hospitalId, sentAt } = await deps.present({ voucherId: voucher.id, hospitalId: request.body?.hospitalId ?? null })
      return { voucherId, hospitalId, sentAt: writeInstant(sentAt) }
    })

    server.post('/v1/vouchers/:id/void', {
      config: { access: 'voucher.manage', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['V-05'], summary: 'Makes one void by decision, while it is neither booked nor in use', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: { 200: VoucherBody } }
    }, async (request) => {
      const { id } = await inReading((stores) => admitVoucher(request, 'voucher.manage', stores, request.params.id))
      const voucher = await deps.voidVoucher({ voucherId: id, reason: request.body.reason, by: callerOf(request).principal.tokenId })
      const [seen] = await inReading((stores) => seenVouchers(request, stores, [voucher]))
      if (seen === undefined) throw noVoucher()
      return voucherBody(seen, deps)
    })
  }
}

interface Wanted {
  readonly patient?: string
  readonly state?: Voucher['state'] | null
  readonly batch?: number | null
  readonly page: { readonly limit: number, readonly offset: number }
}

/** Whose vouchers the caller may list: a hospital lists uses, not what persons have. */
async function listFor (request: FastifyRequest, stores: VoucherReadStores, { patient, state = null, batch = null, page }: Wanted): Promise<readonly Voucher[]> {
  const { vouchers } = stores
  const { patientIds, hospitalId } = limitsFor(request, 'voucher.read')
  const named = patient === undefined ? null : await recordIdsOf(stores, patient)
  if (patientIds === null) {
    if (hospitalId !== null && callerOf(request).principal.role !== 'community') throw new DomainError('REQUEST_INVALID', 'A hospital sees the vouchers that are used there: GET /v1/voucher-uses.')
    return await vouchers.list({ patientIds: named, communityId: hospitalId, batch, state }, page)
  }
  const own = named === null ? patientIds : patientIds.filter((id) => named.includes(id))
  return state === null && batch === null ? await vouchers.inHand(own, page) : await vouchers.list({ patientIds: own, communityId: null, batch, state }, page)
}

async function recordIdsOf ({ patients }: VoucherReadStores, patientId: string): Promise<readonly string[]> {
  const patient = await patients.find(patientId)
  return [patientId, ...(patient === null ? [] : await patients.byPerson(patient.personId)).map(({ id }) => id)]
}
