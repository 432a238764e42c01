import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { fen } from '../../../core/money.ts'
import { noBill, noDecision, type BillStore, type Decision, type DecisionStore } from '../../../core/pay-after-care/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf, limitsFor } from '../access.ts'
import { DecisionMembers, decisionStates } from './decision-body.ts'
import { ById, Id, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

interface WantedDecision extends Pick<Decision, 'kind' | 'billId' | 'funder' | 'reason'> {
  readonly amountFen: Decision['amountFen'] | null
  readonly by: string
}

export interface DecisionRoutesDeps {
  readonly inReading: InTransaction<{ readonly bills: BillStore, readonly decisions: DecisionStore }>
  readonly requestDecision: (wanted: WantedDecision) => Promise<Decision>
  readonly decideDecision: (verdict: { readonly id: string, readonly verdict: 'approved' | 'refused', readonly by: string }) => Promise<Decision>
  readonly writeInstant: WriteInstant
}

const DecisionBody = Type.Object(DecisionMembers)
const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'for the books; no personal data' })
const Amount = Type.Optional(Type.Integer({ minimum: 1, description: 'fen; left out: all that is owed' }))
const moving = { access: 'bill.decide', idempotencyKey: 'required' } as const
const common = { tags: ['pay-after-care'], 'x-requirements': ['A-37'] }

/** 双人决定 on bills: write-offs and assignments; one asks, another decides. */
export function decisionRoutes ({ inReading, writeInstant, ...deps }: DecisionRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = (decision: Decision) => ({ ...decision, requestedAt: writeInstant(decision.requestedAt), decidedAt: orNull(decision.decidedAt, writeInstant) })
  const admitBill = async (request: FastifyRequest, id: string): Promise<void> => {
    const bill = await inReading(({ bills }) => bills.find(id))
    if (bill === null) throw noBill()
    admitTo(request, 'bill.decide', { kind: 'bill', id, patientId: bill.patientId, hospitalId: bill.hospitalId }, noBill)
  }
  const admitDecision = async (request: FastifyRequest, id: string): Promise<void> => {
    const found = await inReading(async ({ bills, decisions }) => {
      const decision = await decisions.findDecision(id)
      return decision === null ? null : { decision, patientId: (await bills.find(decision.billId))?.patientId ?? null }
    })
    if (found === null) throw noDecision()
    admitTo(request, 'bill.decide', { kind: 'decision', id, patientId: found.patientId, hospitalId: found.decision.hospitalId }, noDecision)
  }
  const by = (request: FastifyRequest): string => callerOf(request).principal.tokenId
  return async (server) => {
    server.post('/v1/bills/:id/write-offs', {
      config: moving,
      schema: { ...common, summary: 'Asks to give an overdue debt up; another person decides', params: ById, body: Type.Object({ amountFen: Amount, reason: Reason }, { additionalProperties: false }), response: { 201: DecisionBody } }
    }, async (request, reply) => {
      await admitBill(request, request.params.id)
      const { amountFen, reason } = request.body
      const asked = await deps.requestDecision({ kind: 'write_off', billId: request.params.id, amountFen: amountFen === undefined ? null : fen(amountFen), funder: null, reason, by: by(request) })
      return await reply.code(201).send(bodyOf(asked))
    })

    server.post('/v1/bills/:id/assignments', {
      config: moving,
      schema: { ...common, summary: 'Asks to let a bank or insurer take a debt over; another person decides', params: ById, body: Type.Object({ funder: Type.String({ minLength: 1, maxLength: 60, pattern: '^[\\w-]+$' }), reason: Reason }, { additionalProperties: false }), response: { 201: DecisionBody } }
    }, async (request, reply) => {
      await admitBill(request, request.params.id)
      const { funder, reason } = request.body
      return await reply.code(201).send(bodyOf(await deps.requestDecision({ kind: 'assignment', billId: request.params.id, amountFen: null, funder, reason, by: by(request) })))
    })

    for (const [path, verdict, summary] of [['approve', 'approved', 'The second person approves: it is carried out'], ['refuse', 'refused', 'The second person refuses: nothing moves']] as const) {
      server.post(`/v1/decisions/:id/${path}`, {
        config: moving,
        schema: { ...common, summary, params: ById, response: { 200: DecisionBody } }
      }, async (request) => {
        await admitDecision(request, request.params.id)
        return bodyOf(await deps.decideDecision({ id: request.params.id, verdict, by: by(request) }))
      })
    }

    server.get('/v1/decisions', {
      config: { access: 'bill.decide' },
      schema: { ...common, summary: 'Decisions, the newest first', querystring: Type.Object({ ...PageQuery, bill: Type.Optional(Id), state: Type.Optional(oneOf(decisionStates)) }, { additionalProperties: false }), response: { 200: pageOf(DecisionBody) } }
    }, async (request) => {
      const { hospitalId } = limitsFor(request, 'bill.decide')
      const { bill, state } = request.query
      const { rows, next } = await pageByOffset(request.query, (page) => inReading(({ decisions }) => decisions.decisions({ billId: bill ?? null, state: state ?? null, hospitalId }, page)))
      return { items: rows.map(bodyOf), next }
    })
  }
}
