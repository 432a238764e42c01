import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../core/identity/index.ts'
import { fen } from '../../core/money.ts'
import { paymentChannels, paymentModes, type CreatePayment, type PaymentOrder, type PaymentStore } from '../../core/payments/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { limitsFor, noteAccess } from './access.ts'
import { paymentLoader } from './payment-read-routes.ts'
import { PaymentBody, paymentBody } from './payment-wire.ts'
import { PersonFields, personInHand, type PersonInHand } from './person-in-hand.ts'
import { ById, Id, oneOf, type WriteInstant } from './wire.ts'

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
  return async (server) => {
    server.post('/v1/payments', {
      config: { access: 'payment.create', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': paying, summary: 'Pays what a person owes, all at once or named bills; the open payment for the same is answered again', body: CreateBody, response: { 201: PaymentBody } }
    }, async (request, reply) => {
      const { patientId, readingId, purpose, bills, amountFen, channel, mode, insuranceFen, openid } = request.body
      const hand = await inReading((stores) => personInHand(request, 'payment.create', stores, { named: { ...patientId === undefined ? {} : { patientId }, ...readingId === undefined ? {} : { readingId } }, now: now() }))
      refuseUnfit(hand, request.body)
      const order = await createPayment({
        purpose,
        patientId: hand.patient.id,
        patientIds: hand.tied.map(({ id }) => id),
        items: bills === undefined ? null : bills.map((bill) => ({ referenceId: bill.billId, amountFen: bill.amountFen === undefined ? null : fen(bill.amountFen) })),
        amountFen: amountFen === undefined ? null : fen(amountFen),
        channel,
        mode,
        insuranceFen: insuranceFen === undefined ? null : fen(insuranceFen),
        openid: openid ?? null,
        walletKey: openid === undefined ? null : walletKeyOf(openid)
      })
      noteAccess(request, { target: 'payment', targetId: order.id, patientId: hand.patient.id, outcome: 'allowed' })
      return await reply.code(201).send(paymentBody(order, limitsFor(request, 'payment.create').hospitalId, writeInstant))
    })

    server.post('/v1/payments/:id/cancel', {
      config: { access: 'payment.create', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': paying, summary: 'Gives up a payment: closed at its channel first', params: ById, body: Type.Object({ readingId: PersonFields.readingId }, { additionalProperties: false }), response: { 200: PaymentBody } }
    }, async (request) => {
      const order = await load(request, 'payment.create', { id: request.params.id, readingId: request.body.readingId })
      return paymentBody(await cancelPayment(order.id), limitsFor(request, 'payment.create').hospitalId, writeInstant)
    })
  }
}

/** A kiosk shows a wallet's QR or reads the insurance card; a wallet's own app needs to know who pays. */
function refuseUnfit ({ channel: place }: PersonInHand, { channel, mode }: { readonly channel: string, readonly mode: string }): void {
  const isCard = channel === 'insurance' && mode === 'card'
  const isQr = (channel === 'wechat' || channel === 'alipay') && mode === 'qr'
  if (place === 'kiosk' && !isCard && !isQr) throw new DomainError('REQUEST_INVALID', 'A kiosk takes WeChat Pay or Alipay by QR, or the insurance card.', 'mode')
  if (mode === 'card' && !isCard) throw new DomainError('REQUEST_INVALID', 'By card only an insurance account pays. Choose the mode app or qr.', 'mode')
}
