import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { DecideReturn, DrugOrder, OnOrder } from '../../../core/prescriptions/index.ts'
import { staffIdOf } from './document-admit.ts'
import { DrugOrderBody, Reason } from './document-wire.ts'
import { admitOrder, bodyOf, type DrugOrderReadDeps } from './drug-order-routes.ts'
import { ById } from '../wire.ts'

export interface PharmacyRoutesDeps extends DrugOrderReadDeps {
  readonly check: (command: OnOrder) => Promise<DrugOrder>
  readonly dispense: (command: OnOrder) => Promise<DrugOrder>
  readonly ship: (command: OnOrder) => Promise<DrugOrder>
  readonly handOver: (command: OnOrder) => Promise<DrugOrder>
  readonly decideReturn: (command: DecideReturn) => Promise<DrugOrder>
}

const common = { tags: ['drug orders'], 'x-requirements': ['C12', 'C13'] }
const fulfilling = { access: 'drug_order.fulfil' } as const
const answers = { 200: DrugOrderBody }

/** 药房: check the prescription, dispense, hand over or ship, take back. */
export function pharmacyRoutes (deps: PharmacyRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    const step = (name: 'check' | 'dispense' | 'ship', summary: string): void => {
      server.post(`/v1/drug-orders/:id/${name}`, { config: fulfilling, schema: { ...common, summary, params: ById, response: answers } }, async (request) => {
        const { id } = await admitOrder(request, deps, 'drug_order.fulfil', request.params.id)
        return await bodyOf(request, deps, await deps[name]({ id, by: staffIdOf(request) }))
      })
    }
    step('check', 'The pharmacist has checked the prescription again: both signatures hold and it stands')
    step('dispense', 'The drugs are taken from the shelf; from here on nothing is cancelled')
    step('ship', 'The parcel is given to the carrier, who learns name, telephone and address and nothing of its content')

    server.post('/v1/drug-orders/:id/hand-over', {
      config: { access: 'drug_order.hand_over' },
      schema: { ...common, summary: 'The person has picked it up at the counter', params: ById, response: answers }
    }, async (request) => {
      const { id } = await admitOrder(request, deps, 'drug_order.hand_over', request.params.id)
      return await bodyOf(request, deps, await deps.handOver({ id, by: staffIdOf(request) }))
    })

    server.post('/v1/drug-orders/:id/return-decision', {
      config: { ...fulfilling, idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'The pharmacist has the drugs back, or refuses; unopened ones are paid back, opened ones never',
        params: ById,
        body: Type.Object({ accepted: Type.Boolean(), unopened: Type.Boolean({ default: false }), reason: Reason }, { additionalProperties: false }),
        response: answers
      }
    }, async (request) => {
      const { id } = await admitOrder(request, deps, 'drug_order.fulfil', request.params.id)
      const { accepted, unopened, reason } = request.body
      return await bodyOf(request, deps, await deps.decideReturn({ id, isAccepted: accepted, isUnopened: unopened, reason }))
    })
  }
}
