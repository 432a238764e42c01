import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import { suspense, type LedgerStore } from '../../../core/ledger/index.ts'
import { negateFen } from '../../../core/money.ts'
import { paymentChannels, paymentStates, suspenseBook, type PaymentOrder, type PaymentStore } from '../../../core/payments/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { admitToPayment, PaymentBody, paymentBody, paymentLimits } from './payment-wire.ts'
import { PersonFields, personInHand } from '../person-in-hand.ts'
import { AmountFen, ById, Day, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

interface PersonStores {
  readonly patients: PatientStore
  readonly readings: Pick<ReadingStore, 'find'>
}

interface PaymentReadDeps {
  readonly inReading: InTransaction<PersonStores & { readonly payments: PaymentStore, readonly ledger: Pick<LedgerStore, 'statement'> }>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
}

const SuspenseBody = Type.Object({ channel: Type.String(), channelNumber: Type.String(), amountFen: AmountFen, receivedOn: Day, entryId: Id })
const common = { tags: ['payments'], 'x-requirements': ['A-17', 'A-34'] }

export const noPayment = (): DomainError => new DomainError('PAYMENT_NOT_FOUND', 'No payment has this id; list the payments of the patient.')

export function paymentReadRoutes (deps: PaymentReadDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const load = paymentLoader(deps)
  return async (server) => {
    server.get('/v1/payments', {
      config: { access: 'payment.read' },
      schema: {
        ...common,
        summary: 'Payments, the newest first',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), readingId: Type.Optional(Id), state: Type.Optional(oneOf(paymentStates)) }, { additionalProperties: false }),
        response: { 200: pageOf(PaymentBody) }
      }
    }, async (request) => {
      const { patient, readingId, state } = request.query
      const { payerOrganizationId, hospitalId, ...limits } = paymentLimits(request, 'payment.read')
      const { rows, next } = await inReading(async ({ payments, patients, readings }) => {
        const payerPatientIds = patient === undefined && !isTerminal(request)
          ? limits.payerPatientIds
          : await payersOf(request, { patients, readings }, { named: { ...patient === undefined ? {} : { patientId: patient }, ...readingId === undefined ? {} : { readingId } }, now: deps.now() })
        const filter = { payerPatientIds, subjectId: null, states: state === undefined ? null : [state], payerOrganizationId, ...hospitalId === null ? {} : { hospitalId } }
        return await pageByOffset(request.query, (page) => payments.list(filter, page))
      })
      noteSearch(request, 'payment', rows.flatMap(({ payerPatientId }) => payerPatientId ?? []))
      return { items: rows.map((order) => paymentBody(order, hospitalId, writeInstant)), next }
    })

    server.get('/v1/payments/:id', {
      config: { access: 'payment.read' },
      schema: { ...common, summary: 'One payment', params: ById, querystring: Type.Object({ readingId: PersonFields.readingId }, { additionalProperties: false }), response: { 200: PaymentBody } }
    }, async (request) => paymentBody(await load(request, 'payment.read', { id: request.params.id, readingId: request.query.readingId }), paymentLimits(request, 'payment.read').hospitalId, writeInstant))

    server.get('/v1/ledger/suspense', {
      config: { access: 'reconciliation.read' },
      schema: { ...common, 'x-requirements': [], summary: 'Money of the channels that belongs to no payment of ours, the oldest first', querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(SuspenseBody) } }
    }, async (request) => {
      const isForAll = limitsFor(request, 'reconciliation.read').hospitalId === null
      const channels = new Map(paymentChannels.map((channel) => [suspense(channel), channel]))
      const { rows, next } = await inReading(({ ledger }) => pageByOffset(request.query, async (page) => isForAll ? await ledger.statement([...channels.keys()], page) : []))
      noteAccess(request, { action: 'search', target: 'ledger', targetId: suspenseBook, patientId: null, outcome: 'allowed' })
      return { items: rows.map((line) => ({ channel: channels.get(line.account) ?? '', channelNumber: line.memo ?? '', amountFen: negateFen(line.amountFen), receivedOn: line.effectiveOn, entryId: line.entryId })), next }
    })
  }
}

type Named = Parameters<typeof personInHand>[3]['named']

async function payersOf (request: FastifyRequest, stores: PersonStores, { named, now }: { readonly named: Named, readonly now: Date }): Promise<readonly string[]> {
  const { tied } = named.patientId !== undefined && !isTerminal(request) ? await admitPatient(request, 'payment.read', stores.patients, named.patientId) : await personInHand(request, 'payment.read', stores, { named, now })
  return tied.map(({ id }) => id)
}

/** Loads one for a caller, or answers as if there were none; a terminal sees those of the person it has just read. */
export function paymentLoader ({ inReading, now }: { readonly inReading: InTransaction<PersonStores & { readonly payments: PaymentStore }>, readonly now: () => Date }) {
  return async (request: FastifyRequest, permission: 'payment.read' | 'payment.create', { id, readingId }: { readonly id: string, readonly readingId: string | undefined }): Promise<PaymentOrder> => inReading(async (stores) => {
    const order = await stores.payments.find(id)
    if (order === null) throw noPayment()
    admitToPayment(request, permission, order, { kind: 'payment', id: order.id, missing: noPayment })
    if (isTerminal(request) && order.payerPatientId === null) throw noPayment()
    if (order.payerPatientId !== null && isTerminal(request)) await personInHand(request, permission, stores, { named: { patientId: order.payerPatientId, ...readingId === undefined ? {} : { readingId } }, now: now() })
    return order
  })
}

const isTerminal = (request: FastifyRequest): boolean => callerOf(request).principal.role === 'terminal'

