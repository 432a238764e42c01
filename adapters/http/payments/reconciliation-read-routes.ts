import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { CalendarDate } from '../../../core/clock.ts'
import { statementSources, type ReconciliationStore } from '../../../core/payments/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { limitsFor, noteAccess } from '../access.ts'
import { admitted, common, discrepancyBody, DiscrepancyBody, ReconciliationBody, reconciliationBody, states } from './reconciliation-wire.ts'
import { ById, Day, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface ReconciliationReadDeps {
  readonly inReading: InTransaction<{ reconciliations: ReconciliationStore }>
  readonly writeInstant: WriteInstant
}

/** 对账. What was reconciled and what differs, for finance. */
export function reconciliationReadRoutes ({ inReading, writeInstant }: ReconciliationReadDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/reconciliations', {
      config: { access: 'reconciliation.read' },
      schema: {
        ...common,
        summary: 'Statements of parties against our side, the newest day first',
        querystring: Type.Object({ ...PageQuery, day: Type.Optional(Day), source: Type.Optional(oneOf(statementSources)), state: Type.Optional(oneOf(states)) }, { additionalProperties: false }),
        response: { 200: pageOf(ReconciliationBody) }
      }
    }, async (request) => {
      const { day, source, state } = request.query
      const { hospitalId } = limitsFor(request, 'reconciliation.read')
      const { rows, next } = await inReading(({ reconciliations }) => pageByOffset(request.query, (page) => reconciliations.list({ day: (day ?? null) as CalendarDate | null, source: source ?? null, state: state ?? null, hospitalId }, page)))
      noteAccess(request, { action: 'search', target: 'reconciliation', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: rows.map((one) => reconciliationBody(one, writeInstant)), next }
    })

    server.get('/v1/reconciliations/:id', {
      config: { access: 'reconciliation.read' },
      schema: {
        ...common,
        summary: 'One reconciliation with its discrepancies',
        params: ById,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: { 200: Type.Object({ ...ReconciliationBody.properties, discrepancies: pageOf(DiscrepancyBody) }) }
      }
    }, async (request) => {
      const { hospitalId } = limitsFor(request, 'reconciliation.read')
      const { found, rows, next } = await inReading(async ({ reconciliations }) => {
        const one = admitted(request, await reconciliations.find(request.params.id), 'reconciliation.read')
        return { found: one, ...await pageByOffset(request.query, (page) => reconciliations.discrepancies({ reconciliationId: one.id, hospitalId }, page)) }
      })
      return { ...reconciliationBody(found, writeInstant), discrepancies: { items: rows.map((one) => discrepancyBody(one, writeInstant)), next } }
    })
  }
}
