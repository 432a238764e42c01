import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { PatientStore, ReadingStore } from '../../../core/identity/index.ts'
import { fen } from '../../../core/money.ts'
import type { AnswerDispute, BillStore, CardLock, ContractStore, DefaultStore, Dispute, OpenDispute } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { personInHand, PersonFields } from '../person-in-hand.ts'
import { AmountFen, ById, Day, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface DisputeRoutesDeps {
  readonly inReading: InTransaction<{ patients: PatientStore, readings: ReadingStore, contracts: Pick<ContractStore, 'find' | 'ofPatient'>, bills: Pick<BillStore, 'find'>, defaults: DefaultStore }>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly openDispute: (wanted: { readonly contractId: string, readonly billId: string | null } & Pick<OpenDispute, 'amountFen' | 'text' | 'statement'>) => Promise<Dispute>
  readonly answerDispute: (answer: AnswerDispute) => Promise<Dispute>
}

const states = ['open', 'upheld', 'corrected', 'withdrawn'] as const
const DisputeBody = Type.Object({
  id: Id, contractId: Id, patientId: Id, billId: nullable(Type.String()), hospitalId: nullable(Type.String()), disputedFen: AmountFen, text: Type.String(), statement: nullable(Type.String()),
  state: oneOf(states), openedAt: Instant, answerBy: Day, answer: nullable(Type.String()), answeredAt: nullable(Instant)
})
const LockBody = Type.Object({
  id: Id, contractId: Id, episode: Day, state: oneOf(['lock_requested', 'locked', 'lock_rejected', 'unlock_requested', 'unlocked', 'unlock_failed'] as const), legalBasis: Type.String(), overdueFen: AmountFen,
  requestedAt: Instant, lockedAt: nullable(Instant), unlockRequestedAt: nullable(Instant), unlockedAt: nullable(Instant)
})
const Words = Type.String({ minLength: 1, maxLength: 4000 })
const common = { tags: ['pay-after-care'], 'x-requirements': ['A-37'] }
const noDispute = (): DomainError => new DomainError('DISPUTE_NOT_FOUND', 'No dispute has this id; list the open ones.')
const noBill = (): DomainError => new DomainError('BILL_NOT_FOUND', 'No bill has this id; list the bills of the person.', 'billId')

const writeDispute = (writeInstant: WriteInstant) => (dispute: Dispute) => ({ ...dispute, openedAt: writeInstant(dispute.openedAt), answeredAt: orNull(dispute.answeredAt, writeInstant) })
type WriteDispute = ReturnType<typeof writeDispute>

/** 异议, and the locks that follow from arrears. */
export function disputeRoutes (deps: DisputeRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const bodyOf = writeDispute(writeInstant)
  const lockBody = (lock: CardLock) => ({
    ...lock, requestedAt: writeInstant(lock.requestedAt), lockedAt: orNull(lock.lockedAt, writeInstant), unlockRequestedAt: orNull(lock.unlockRequestedAt, writeInstant), unlockedAt: orNull(lock.unlockedAt, writeInstant)
  })
  return async (server) => {
    await server.register(openRoute(deps, bodyOf))
    await server.register(answerRoutes(deps, bodyOf))

    server.get('/v1/disputes', {
      config: { access: 'bill.read' },
      schema: { ...common, summary: 'Disputes of a contract, or of all', querystring: Type.Object({ ...PageQuery, contract: Type.Optional(Id), open: Type.Optional(Type.Boolean()) }, { additionalProperties: false }), response: { 200: pageOf(DisputeBody) } }
    }, async (request) => {
      const { contract, open } = request.query
      const limits = limitsFor(request, 'bill.read')
      const { rows, next } = await inReading(async ({ defaults, contracts }) => {
        const own = limits.patientIds === null ? null : (await contracts.ofPatient(limits.patientIds[0] ?? '')).map(({ id }) => id)
        const contractId = contract ?? own?.[0] ?? null
        if (own !== null && (contractId === null || !own.includes(contractId))) return { rows: [], next: null }
        return await pageByOffset(request.query, async (page) => await defaults.disputes({ contractId, isOpen: open ?? null, hospitalId: limits.hospitalId }, page))
      })
      noteSearch(request, 'dispute', rows.map(({ patientId }) => patientId))
      return { items: rows.map(bodyOf), next }
    })

    server.get('/v1/card-locks', {
      config: { access: 'default.read' },
      schema: { ...common, 'x-requirements': ['A-29', 'A-31', 'K-09'], summary: 'Insurance-card locks of a contract, the newest first', querystring: Type.Object({ contract: Id }, { additionalProperties: false }), response: { 200: Type.Object({ items: Type.Array(LockBody) }) } }
    }, async (request) => {
      const locks = await inReading(({ defaults }) => defaults.locksOf(request.query.contract))
      noteAccess(request, { target: 'card-lock', targetId: request.query.contract, patientId: null, outcome: 'allowed' })
      return { items: locks.map(lockBody) }
    })
  }
}

function openRoute (deps: DisputeRoutesDeps, bodyOf: WriteDispute): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  return async (server) => {
    server.post('/v1/disputes', {
      config: { access: 'dispute.open', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'A person objects to a bill, or to what was reported; until it is answered nothing follows from the amount',
        body: Type.Object({ ...PersonFields, billId: Type.Optional(Id), amountFen: Type.Optional(Type.Integer({ minimum: 1 })), text: Words, statement: Type.Optional(Words) }, { additionalProperties: false }),
        response: { 201: DisputeBody }
      }
    }, async (request, reply) => {
      const { billId, amountFen, text, statement } = request.body
      const contractId = await inReading(async (stores) => {
        const { tied } = await personInHand(request, 'dispute.open', stores, { named: request.body, now: deps.now() })
        const patientIds = tied.map(({ id }) => id)
        const bill = billId === undefined ? null : await stores.bills.find(billId)
        if (billId !== undefined && (bill === null || !patientIds.includes(bill.patientId))) throw noBill()
        const [contract] = bill === null ? await stores.contracts.ofPatient(patientIds[0] ?? '') : [await stores.contracts.find(bill.contractId)]
        if (contract === null || contract === undefined) throw new DomainError('CONTRACT_NOT_FOUND', 'The person has no pay-after-care contract, so there is nothing of it to dispute.')
        return contract.id
      })
      const dispute = await deps.openDispute({ contractId, billId: billId ?? null, amountFen: amountFen === undefined ? null : fen(amountFen), text, statement: statement ?? null })
      noteAccess(request, { target: 'dispute', targetId: dispute.id, patientId: dispute.patientId, outcome: 'allowed' })
      return await reply.code(201).send(bodyOf(dispute))
    })
  }
}

function answerRoutes ({ inReading, answerDispute }: DisputeRoutesDeps, bodyOf: WriteDispute): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/disputes/:id/answer', {
      config: { access: 'dispute.answer', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Answers a dispute; the amount is free again', params: ById, body: Type.Object({ state: oneOf(['upheld', 'corrected'] as const), answer: Words }, { additionalProperties: false }), response: { 200: DisputeBody } }
    }, async (request) => {
      const found = await inReading(({ defaults }) => defaults.findDispute(request.params.id))
      if (found === null) throw noDispute()
      admitTo(request, 'dispute.answer', { kind: 'dispute', ...found }, noDispute)
      return bodyOf(await answerDispute({ id: found.id, ...request.body, by: callerOf(request).principal.tokenId }))
    })

    server.post('/v1/disputes/:id/withdraw', {
      config: { access: 'dispute.open', idempotencyKey: 'required' },
      schema: { ...common, summary: 'The person takes the dispute back', params: ById, response: { 200: DisputeBody } }
    }, async (request) => {
      const found = await inReading(({ defaults }) => defaults.findDispute(request.params.id))
      if (found === null) throw noDispute()
      admitTo(request, 'dispute.open', { kind: 'dispute', ...found }, noDispute)
      return bodyOf(await answerDispute({ id: found.id, state: 'withdrawn', answer: '', by: callerOf(request).principal.tokenId }))
    })
  }
}
