import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import { fen } from '../../../core/money.ts'
import { paymentChannels, paymentModes, type CreatePayment, type Payer, type PaymentOrder, type PaymentStore } from '../../../core/payments/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { paymentLoader } from './payment-read-routes.ts'
import { isPayingHospital, PaymentBody, paymentBody, paymentLimits } from './payment-wire.ts'
import { PersonFields, personInHand, type PersonInHand } from '../person-in-hand.ts'
import { ById, Id, oneOf, type WriteInstant } from '../wire.ts'

export interface PaymentRoutesDeps {
  readonly inReading: InTransaction<{ readonly payments: PaymentStore, readonly patients: PatientStore, readonly readings: Pick<ReadingStore, 'find'> }>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly createPayment: (command: CreatePayment) => Promise<PaymentOrder>
  readonly cancelPayment: (id: string) => Promise<PaymentOrder>
  /** A fingerprint: openids are not kept. */
  readonly walletKeyOf: (openid: string) => string
}

const PayAmount = Type.Integer({ minimum: 1, maximum: 100_000_000_000, description: 'Fen (0.01 yuan)' })
const CreateBody = Type.Object({
  ...PersonFields,
  purpose: Type.String({ default: 'bills', maxLength: 50 }),
  items: Type.Optional(Type.Array(Type.Object({ referenceId: Id, amountFen: Type.Optional(PayAmount) }, { additionalProperties: false }), { minItems: 1, maxItems: 100, description: 'what is paid, of any purpose, e.g. the consultation' })),
  bills: Type.Optional(Type.Array(Type.Object({ billId: Id, amountFen: Type.Optional(PayAmount) }, { additionalProperties: false }), { minItems: 1, maxItems: 100, description: 'without it: all that is owed, the oldest first' })),
  amountFen: Type.Optional(PayAmount),
  channel: oneOf(paymentChannels),
  mode: oneOf(paymentModes),
  insuranceFen: Type.Optional(PayAmount),
  openid: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'of the payer, where a wallet\'s own app pays' }))
}, { additionalProperties: false })
const common = { tags: ['payments'] }
const paying = ['A-17', 'A-33', 'A-34', 'A-36']

export function paymentRoutes (deps: PaymentRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, now, writeInstant, createPayment, cancelPayment, walletKeyOf } = deps
  const load = paymentLoader(deps)
  const payerIn = async (request: FastifyRequest<{ Body: Static<typeof CreateBody> }>): Promise<{ readonly payer: Payer, readonly patientIds: readonly string[] }> => {
    if (isPayingHospital(request)) return { payer: { kind: 'organization', organizationId: organizationOf(request) }, patientIds: [] }
    const { patientId, readingId } = request.body
    const named = { ...patientId === undefined ? {} : { patientId }, ...readingId === undefined ? {} : { readingId } }
    const hand = await inReading((stores) => personInHand(request, 'payment.create', stores, { named, now: now() }))
    refuseUnfit(hand, request.body)
    return { payer: { kind: 'person', patientId: hand.patient.id }, patientIds: hand.tied.map(({ id }) => id) }
  }
  return async (server) => {
    server.post('/v1/payments', {
      config: { access: 'payment.create', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': paying, summary: 'Pays what a person owes, all at once or named bills; the open payment for the same is answered again', body: CreateBody, response: { 201: PaymentBody } }
    }, async (request, reply) => {
      const { purpose, amountFen, channel, mode, insuranceFen, openid } = request.body
      const { payer, patientIds } = await payerIn(request)
      const order = await createPayment({
        purpose,
        payer,
        patientIds,
        items: itemsIn(request.body),
        amountFen: amountFen === undefined ? null : fen(amountFen),
        channel,
        mode,
        insuranceFen: insuranceFen === undefined ? null : fen(insuranceFen),
        openid: openid ?? null,
        walletKey: openid === undefined ? null : walletKeyOf(openid)
      })
      noteAccess(request, { target: 'payment', targetId: order.id, patientId: order.payerPatientId, outcome: 'allowed' })
      return await reply.code(201).send(paymentBody(order, paymentLimits(request, 'payment.create').hospitalId, writeInstant))
    })

    server.post('/v1/payments/:id/cancel', {
      config: { access: 'payment.create', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': paying, summary: 'Gives up a payment: closed at its channel first', params: ById, body: Type.Object({ readingId: PersonFields.readingId }, { additionalProperties: false }), response: { 200: PaymentBody } }
    }, async (request) => {
      const order = await load(request, 'payment.create', { id: request.params.id, readingId: request.body.readingId })
      return paymentBody(await cancelPayment(order.id), paymentLimits(request, 'payment.create').hospitalId, writeInstant)
    })
  }
}

function itemsIn ({ bills, items }: Static<typeof CreateBody>): CreatePayment['items'] {
  if (bills !== undefined && items !== undefined) throw new DomainError('REQUEST_INVALID', 'Name bills or items, not both.', 'items')
  const named = items ?? bills?.map(({ billId, ...bill }) => ({ referenceId: billId, ...bill }))
  return named?.map(({ referenceId, amountFen }) => ({ referenceId, amountFen: amountFen === undefined ? null : fen(amountFen) })) ?? null
}

function organizationOf (request: FastifyRequest): string {
  const { organizationId } = callerOf(request).principal
  if (organizationId === null) throw new DomainError('REQUEST_INVALID', 'This token belongs to no hospital, so it cannot pay. Use one that does.')
  return organizationId
}

/** A kiosk shows a wallet's QR or reads the insurance card; a wallet's own app needs to know who pays. */
function refuseUnfit ({ channel: place }: PersonInHand, { channel, mode }: { readonly channel: string, readonly mode: string }): void {
  const isCard = channel === 'insurance' && mode === 'card'
  const isQr = (channel === 'wechat' || channel === 'alipay') && mode === 'qr'
  if (place === 'kiosk' && !isCard && !isQr) throw new DomainError('REQUEST_INVALID', 'A kiosk takes WeChat Pay or Alipay by QR, or the insurance card.', 'mode')
  if (mode === 'card' && !isCard) throw new DomainError('REQUEST_INVALID', 'By card only an insurance account pays. Choose the mode app or qr.', 'mode')
}
