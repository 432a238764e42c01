import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { fen } from '../../../core/money.ts'
import { refundStates, type PaymentStore, type Refund, type RequestRefund } from '../../../core/payments/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { limitsFor, noteSearch } from '../access.ts'
import { noPayment } from './payment-read-routes.ts'
import { admitToPayment, deciderOf, paymentLimits, RefundBody, refundBody } from './payment-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface RefundRoutesDeps {
  readonly inReading: InTransaction<{ readonly payments: PaymentStore }>
  readonly writeInstant: WriteInstant
  readonly requestRefund: (command: RequestRefund) => Promise<Refund>
  readonly decideOnRefund: (verdict: { readonly refundId: string, readonly isApproved: boolean, readonly by: string }) => Promise<Refund>
}

const RequestBody = Type.Object({
  paymentId: Id,
  amountFen: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000_000, description: 'Fen; without it all that is left' })),
  reason: Type.String({ minLength: 1, maxLength: 100, description: 'for finance; no personal data' })
}, { additionalProperties: false })
const common = { tags: ['payments'], 'x-requirements': ['A-34'] }

const noRefund = (): DomainError => new DomainError('REFUND_NOT_FOUND', 'No refund has this id; list the refunds of the payment.')

export function refundRoutes ({ inReading, writeInstant, requestRefund, decideOnRefund }: RefundRoutesDeps): FastifyPluginAsyncTypebox {
  const load = (request: FastifyRequest, permission: Permission, id: string): Promise<Refund> => inReading(async ({ payments }) => {
    const refund = await payments.findRefund(id)
    const order = refund === null ? null : await payments.find(refund.orderId)
    if (refund === null || order === null) throw noRefund()
    admitToPayment(request, permission, order, { kind: 'refund', id, missing: noRefund })
    return refund
  })
  return async (server) => {
    server.post('/v1/refunds', {
      config: { access: 'refund.request', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Gives back what was paid, the way it came; above the limit a second person approves. Repeated, it answers with the first refund', body: RequestBody, response: { 201: RefundBody } }
    }, async (request, reply) => {
      const { paymentId, amountFen, reason } = request.body
      const { hospitalId } = limitsFor(request, 'refund.request')
      await inReading(async ({ payments }) => {
        const order = await payments.find(paymentId)
        if (order === null) throw noPayment()
        admitToPayment(request, 'refund.request', order, { kind: 'payment', id: order.id, missing: noPayment })
      })
      const requestedBy = deciderOf(request)
      const sourceKey = `request:${paymentId}:${requestedBy}:${String(request.headers['idempotency-key'])}`
      const refund = await requestRefund({ orderId: paymentId, sourceKey, amountFen: amountFen === undefined ? null : fen(amountFen), parts: null, hospitalId, reason, requestedBy })
      return await reply.code(201).send(refundBody(refund, hospitalId, writeInstant))
    })

    server.get('/v1/refunds', {
      config: { access: 'payment.read' },
      schema: {
        ...common,
        summary: 'Refunds, the newest first',
        querystring: Type.Object({ ...PageQuery, payment: Type.Optional(Id), state: Type.Optional(oneOf(refundStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(RefundBody) }
      }
    }, async (request) => {
      const { payment: orderId = null, state = null } = request.query
      const filter = { ...paymentLimits(request, 'payment.read'), orderId, state }
      const { rows, next } = await inReading(({ payments }) => pageByOffset(request.query, (page) => payments.refunds(filter, page)))
      noteSearch(request, 'refund', rows.flatMap(({ parts }) => parts.flatMap(({ patientId }) => patientId ?? [])))
      return { items: rows.map((refund) => refundBody(refund, filter.hospitalId, writeInstant)), next }
    })

    server.get('/v1/refunds/:id', {
      config: { access: 'payment.read' },
      schema: { ...common, summary: 'One refund', params: ById, response: { 200: RefundBody } }
    }, async (request) => refundBody(await load(request, 'payment.read', request.params.id), paymentLimits(request, 'payment.read').hospitalId, writeInstant))

    for (const { word, isApproved, summary } of [
      { word: 'approve', isApproved: true, summary: 'The second person lets a refund above the limit go' },
      { word: 'decline', isApproved: false, summary: 'The second person stops a refund above the limit' }
    ]) {
      server.post(`/v1/refunds/:id/${word}`, {
        config: { access: 'refund.approve', idempotencyKey: 'required' },
        schema: { ...common, summary, params: ById, body: Type.Object({}, { additionalProperties: false }), response: { 200: RefundBody } }
      }, async (request) => {
        const { hospitalId } = limitsFor(request, 'refund.approve')
        const { id, parts } = await load(request, 'refund.approve', request.params.id)
        if (hospitalId !== null && parts.some((part) => part.hospitalId !== hospitalId)) throw noRefund()
        return refundBody(await decideOnRefund({ refundId: id, isApproved, by: deciderOf(request) }), hospitalId, writeInstant)
      })
    }
  }
}
