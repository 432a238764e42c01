import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { isPersonal, type Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import { deliveries, drugOrderStates, noDrugOrder, type DrugOrder, type DrugOrderStore, type OrderDrugs, type ParcelStore } from '../../../core/prescriptions/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { admitDocument } from './document-admit.ts'
import { AddressBody, DrugOrderBody, drugOrderBody, ParcelBody, parcelBody, Reason, type SeenOrder } from './document-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface DrugOrderReadDeps {
  readonly inReading: InTransaction<{ readonly drugOrders: DrugOrderStore, readonly parcels: ParcelStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
  readonly opened: (sealed: string) => Static<typeof AddressBody>
}

export interface DrugOrderRoutesDeps extends DrugOrderReadDeps {
  readonly sealed: (address: Static<typeof AddressBody>) => string
  /** Null: no carrier is configured, so that drugs are only picked up. */
  readonly mails: boolean
  readonly order: (command: OrderDrugs) => Promise<DrugOrder>
  readonly cancel: (command: { readonly id: string, readonly reason: string }) => Promise<DrugOrder>
  readonly askReturn: (command: { readonly id: string, readonly reason: string }) => Promise<DrugOrder>
}

const common = { tags: ['drug orders'] }
const answers = { 200: DrugOrderBody }

/** 药品订单 of the person: order on a prescription, follow, cancel, give back. */
export function drugOrderRoutes (deps: DrugOrderRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/drug-orders', {
      config: { access: 'drug_order.make', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['C12'],
        summary: 'Orders drugs of an approved and valid prescription, to be picked up or mailed; the price of drugs and carriage is fixed',
        body: Type.Object({
          prescriptionId: Id, items: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 20, description: 'numbers of the items; without it all that are not ordered yet' })),
          delivery: oneOf(deliveries), address: Type.Optional(AddressBody)
        }, { additionalProperties: false }),
        response: { 201: DrugOrderBody }
      }
    }, async (request, reply) => {
      const { prescriptionId, items = null, delivery, address } = request.body
      if (delivery === 'mail' && !deps.mails) throw new DomainError('REQUEST_INVALID', 'No carrier is connected here. Pick the drugs up at the hospital.', 'delivery')
      const { patientIds } = limitsFor(request, 'drug_order.make')
      const order = await deps.order({ prescriptionId, items, delivery, patientIds: patientIds ?? [], sealedAddress: address === undefined ? null : deps.sealed(address) })
      noteAccess(request, { target: 'drug-order', targetId: order.id, patientId: order.patientId, outcome: 'allowed' })
      return await reply.code(201).send(await bodyOf(request, deps, order))
    })

    server.post('/v1/drug-orders/:id/cancel', {
      config: { access: 'drug_order.read', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['C12'], summary: 'Gives it up until it is dispensed, by the person or the pharmacy; what was paid goes back whole', params: ById, body: Type.Optional(Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false })), response: answers }
    }, async (request) => {
      const { id } = await admitOrder(request, deps, isPersonal(callerOf(request).principal.role) ? 'drug_order.make' : 'drug_order.fulfil', request.params.id)
      return await bodyOf(request, deps, await deps.cancel({ id, reason: request.body?.reason ?? 'cancelled_by_person' }))
    })

    server.post('/v1/drug-orders/:id/return', {
      config: { access: 'drug_order.make', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['C12'], summary: 'Asks to give back what was delivered and not opened; the pharmacist decides when it is back', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: answers }
    }, async (request) => {
      const { id } = await admitOrder(request, deps, 'drug_order.make', request.params.id)
      return await bodyOf(request, deps, await deps.askReturn({ id, reason: request.body.reason }))
    })
    await server.register(readRoutes(deps))
  }
}

function readRoutes (deps: DrugOrderReadDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const requirements = { 'x-requirements': ['C13'] }
  return async (server) => {
    server.get('/v1/drug-orders', {
      config: { access: 'drug_order.read' },
      schema: {
        ...common,
        ...requirements,
        summary: 'Drug orders, the newest first; delivery=mail: those of mailed prescriptions with their parcels',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), prescription: Type.Optional(Id), delivery: Type.Optional(oneOf(deliveries)), state: Type.Optional(oneOf(drugOrderStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(DrugOrderBody) }
      }
    }, async (request) => {
      const { patient, prescription, delivery, state } = request.query
      const limits = limitsFor(request, 'drug_order.read')
      const { rows, next } = await inReading(async ({ drugOrders, patients }) => {
        const patientIds = patient === undefined ? limits.patientIds : (await admitPatient(request, 'drug_order.read', patients, patient)).tied.map(({ id }) => id)
        return await pageByOffset(request.query, (page) => drugOrders.list({ patientIds, hospitalId: limits.hospitalId, prescriptionId: prescription ?? null, delivery: delivery ?? null, states: state === undefined ? null : [state] }, page))
      })
      noteSearch(request, 'drug-order', rows.map(({ patientId }) => patientId))
      const items = []
      for (const order of rows) items.push(await bodyOf(request, deps, order))
      return { items, next }
    })

    server.get('/v1/drug-orders/:id', {
      config: { access: 'drug_order.read' },
      schema: { ...common, ...requirements, summary: 'One drug order, with its parcel', params: ById, response: answers }
    }, async (request) => await bodyOf(request, deps, await admitOrder(request, deps, 'drug_order.read', request.params.id)))

    server.get('/v1/drug-orders/:id/parcel', {
      config: { access: 'drug_order.read' },
      schema: { ...common, ...requirements, summary: 'Where the parcel is, as the carrier tells it', params: ById, response: { 200: ParcelBody } }
    }, async (request) => {
      const order = await admitOrder(request, deps, 'drug_order.read', request.params.id)
      return await inReading(async ({ parcels }) => {
        const parcel = await parcels.find(order.id)
        if (parcel === null) throw noDrugOrder()
        return parcelBody(parcel, await parcels.events(order.id), writeInstant)
      })
    })
  }
}

/** An order for a caller, or as if there were none. */
export async function admitOrder (request: FastifyRequest, { inReading }: Pick<DrugOrderReadDeps, 'inReading'>, permission: Permission, id: string): Promise<DrugOrder> {
  const order = await inReading(({ drugOrders }) => drugOrders.find(id))
  if (order === null) throw noDrugOrder()
  admitDocument(request, permission, { kind: 'drug-order', id, patientId: order.patientId, hospitalId: order.hospitalId, doctorId: null }, noDrugOrder)
  return order
}

/** The address is for the person and the pharmacy that packs the parcel. */
export async function bodyOf (request: FastifyRequest, { inReading, opened, writeInstant }: DrugOrderReadDeps, order: DrugOrder): Promise<Static<typeof DrugOrderBody>> {
  const seen: Pick<SeenOrder, 'parcel' | 'events'> = order.delivery !== 'mail' ? { parcel: null, events: [] } : await inReading(async ({ parcels }) => ({ parcel: await parcels.find(order.id), events: await parcels.events(order.id) }))
  const { role } = callerOf(request).principal
  const address = order.sealedAddress === null || !(isPersonal(role) || role === 'pharmacist') ? null : opened(order.sealedAddress)
  return drugOrderBody({ ...seen, order, address }, writeInstant)
}
