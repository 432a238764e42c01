import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { splitChannels } from '../../../core/escrow/index.ts'
import type { CreatePayment, Payer, PaymentOrder } from '../../../core/payments/index.ts'
import { noteAccess } from '../access.ts'
import { PaymentBody, paymentBody } from './payment-wire.ts'
import { ById, oneOf, type WriteInstant } from '../wire.ts'

/** Of app/compose/payment-tools.ts. */
export interface PayRouteDeps {
  readonly createPayment: (command: CreatePayment) => Promise<PaymentOrder>
  /** A fingerprint: openids are not kept. */
  readonly walletKeyOf: (openid: string) => string
  readonly writeInstant: WriteInstant
}

export interface PayRoute {
  /** E.g. `/v1/consultations`. */
  readonly path: string
  readonly access: Permission
  readonly requirements: readonly string[]
  readonly tag: string
  /** Of app/compose/payment-tools.ts purposesOf. */
  readonly purpose: string
  /** Admits the caller to the thing, or answers as if there were none; tells who pays, and for which of the payer's records. */
  readonly payerOf: (request: FastifyRequest, id: string) => Promise<{ readonly payer: Payer, readonly patientIds: readonly string[] }>
}

const PayBody = Type.Object({
  channel: oneOf(splitChannels),
  mode: oneOf(['app', 'qr'] as const),
  openid: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'of the payer, where a wallet\'s own app pays' }))
}, { additionalProperties: false })

/** `POST {path}/{id}/pay`: pays one thing as a whole (C4). The open payment for the same is answered again. */
export function payRoute ({ createPayment, walletKeyOf, writeInstant }: PayRouteDeps, { path, access, requirements, tag, purpose, payerOf }: PayRoute): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post(`${path}/:id/pay`, {
      config: { access, idempotencyKey: 'required' },
      schema: { tags: [tag], 'x-requirements': [...requirements], summary: 'Pays it as a whole; the open payment for the same is answered again', params: ById, body: PayBody, response: { 201: PaymentBody } }
    }, async (request, reply) => {
      const { channel, mode, openid } = request.body
      const { payer, patientIds } = await payerOf(request, request.params.id)
      const order = await createPayment({
        purpose, payer, patientIds, items: [{ referenceId: request.params.id, amountFen: null }], amountFen: null, channel, mode, insuranceFen: null,
        openid: openid ?? null, walletKey: openid === undefined ? null : walletKeyOf(openid)
      })
      noteAccess(request, { target: 'payment', targetId: order.id, patientId: order.payerPatientId, outcome: 'allowed' })
      return await reply.code(201).send(paymentBody(order, null, writeInstant))
    })
  }
}
