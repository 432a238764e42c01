import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import { resolutions, statementSources, type ClosedDay, type Discrepancy, type Reconciliation, type ResolveCommand, type StatementSource } from '../../../core/payments/index.ts'
import { callerOf, limitsFor, noteAccess } from '../access.ts'
import { reconciliationReadRoutes, type ReconciliationReadDeps } from './reconciliation-read-routes.ts'
import { admitted, common, discrepancyBody, DiscrepancyBody, ReconciliationBody, reconciliationBody } from './reconciliation-wire.ts'
import { Day, Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

interface Brought {
  readonly source: StatementSource
  readonly day: CalendarDate
  readonly hospitalId: string | null
  readonly content: Uint8Array
  readonly proof: { readonly sha1?: string | undefined, readonly sha256?: string | undefined, readonly bytes?: number | undefined }
  readonly by: string
}

export interface ReconciliationRoutesDeps extends ReconciliationReadDeps {
  readonly bringStatement: (brought: Brought) => Promise<Reconciliation>
  readonly resolve: (command: ResolveCommand) => Promise<Discrepancy>
  readonly closeDay: (command: { readonly day: CalendarDate, readonly hospitalId: string, readonly by: string, readonly reason: string | null }) => Promise<ClosedDay>
  readonly reopenDay: (command: { readonly day: CalendarDate, readonly hospitalId: string, readonly by: string, readonly reason: string }) => Promise<ClosedDay>
}

const largestStatement = 64 * 1024 * 1024
/** A statement of 200,000 lines is matched in well under this. */
const statementTimeoutMs = 300_000
const ClosedBody = Type.Object({ day: Day, hospitalId: Id, state: oneOf(['closed', 'reopened'] as const), reason: nullable(Type.String()), at: Instant })
const Reason = Type.String({ minLength: 1, maxLength: 1000 })
const ByDay = Type.Object({ day: Day })

/** 对账、日结: reading, statements that finance brings, decisions, closed days. */
export function reconciliationRoutes (deps: ReconciliationRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(reconciliationReadRoutes(deps))
    await server.register(statementRoutes(deps))
    await server.register(discrepancyRoutes(deps))
    await server.register(dayRoutes(deps))
  }
}

function statementRoutes (deps: ReconciliationRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant } = deps
  return async (server) => {
    server.addContentTypeParser(['text/csv', 'application/octet-stream'], { parseAs: 'buffer', bodyLimit: largestStatement }, (_request, body, done) => { done(null, body) })

    server.post('/v1/reconciliations/:source/:day/statements', {
      // The same bytes again change nothing: they are their own key.
      config: { access: 'reconciliation.operate', idempotencyKey: 'ignored' },
      bodyLimit: largestStatement,
      handlerTimeout: statementTimeoutMs,
      schema: {
        ...common,
        summary: 'Brings a statement as the party made it (text/csv or application/octet-stream), and reconciles with it',
        params: Type.Object({ source: oneOf(statementSources), day: Day }),
        querystring: Type.Object({
          hospital: Type.Optional(Id), sha1: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{40}$' })), sha256: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f]{64}$' })), bytes: Type.Optional(Type.Integer({ minimum: 0 }))
        }, { additionalProperties: false }),
        response: { 200: ReconciliationBody }
      }
    }, async (request) => {
      const { source, day } = request.params
      const { hospital, ...proof } = request.query
      if (!(request.body instanceof Uint8Array)) throw new DomainError('REQUEST_INVALID', 'Send the file itself, as text/csv or application/octet-stream.')
      const hospitalId = hospitalOfStatement(request, source, hospital ?? null)
      noteAccess(request, { target: 'statement', targetId: `${source} ${day}`, patientId: null, outcome: 'allowed' })
      return reconciliationBody(await deps.bringStatement({ source, day: day as CalendarDate, hospitalId, content: request.body, proof, by: callerOf(request).principal.tokenId }), writeInstant)
    })
  }
}

function discrepancyRoutes (deps: ReconciliationRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.post('/v1/reconciliations/:id/discrepancies/:number/resolve', {
      config: { access: 'reconciliation.operate', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Settles a discrepancy; where money moves another person confirms with the same resolution',
        params: Type.Object({ id: Id, number: Type.Integer({ minimum: 1 }) }),
        body: Type.Object({ resolution: oneOf(resolutions), reason: Reason }, { additionalProperties: false }),
        response: { 200: DiscrepancyBody }
      }
    }, async (request) => {
      const { id, number } = request.params
      await inReading(async ({ reconciliations }) => {
        admitted(request, await reconciliations.find(id), 'reconciliation.operate')
        const { hospitalId } = limitsFor(request, 'reconciliation.operate')
        const one = await reconciliations.findDiscrepancy(id, number)
        // What is of no single hospital is head office's.
        if (one === null || (hospitalId !== null && one.hospitalId !== hospitalId)) throw new DomainError('DISCREPANCY_NOT_FOUND', 'No discrepancy has this number; list those of the reconciliation.')
      })
      return discrepancyBody(await deps.resolve({ reconciliationId: id, number, ...request.body, by: callerOf(request).principal.personId ?? callerOf(request).principal.tokenId }), writeInstant)
    })
  }
}

function dayRoutes (deps: ReconciliationRoutesDeps): FastifyPluginAsyncTypebox {
  const closedBody = (closed: ClosedDay) => closedDayBody(closed, deps.writeInstant)
  return async (server) => {
    server.post('/v1/reconciliations/days/:day/close', {
      config: { access: 'reconciliation.operate', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Closes a reconciled day of a hospital',
        params: ByDay,
        body: Type.Object({ hospitalId: Type.Optional(Id), reason: Type.Optional(Reason) }, { additionalProperties: false }),
        response: { 200: ClosedBody }
      }
    }, async (request) => closedBody(await deps.closeDay({ day: request.params.day as CalendarDate, hospitalId: ownHospital(request, request.body.hospitalId), by: callerOf(request).principal.tokenId, reason: request.body.reason ?? null })))

    server.post('/v1/reconciliations/days/:day/reopen', {
      config: { access: 'reconciliation.operate', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Opens a closed day again, with a reason; nothing is locked or reported for it until it is closed',
        params: ByDay,
        body: Type.Object({ hospitalId: Type.Optional(Id), reason: Reason }, { additionalProperties: false }),
        response: { 200: ClosedBody }
      }
    }, async (request) => closedBody(await deps.reopenDay({ day: request.params.day as CalendarDate, hospitalId: ownHospital(request, request.body.hospitalId), by: callerOf(request).principal.tokenId, reason: request.body.reason })))
  }
}

function closedDayBody ({ day, hospitalId, state, reason, at }: ClosedDay, writeInstant: WriteInstant) {
  return { day, hospitalId, state, reason, at: writeInstant(at) }
}

/** The statement of a channel is of all hospitals, so head office's. */
function hospitalOfStatement (request: FastifyRequest, source: StatementSource, named: string | null): string | null {
  const { hospitalId } = limitsFor(request, 'reconciliation.operate')
  if (source !== 'his') {
    if (hospitalId !== null) throw new DomainError('ACCESS_DENIED', 'This statement is of all hospitals: finance of the whole brings it.')
    return null
  }
  return ownHospital(request, named ?? hospitalId ?? undefined)
}

function ownHospital (request: FastifyRequest, named: string | undefined): string {
  const { hospitalId } = limitsFor(request, 'reconciliation.operate')
  const wanted = named ?? hospitalId
  if (wanted === null) throw new DomainError('REQUEST_INVALID', 'Name the hospital.', 'hospitalId')
  if (hospitalId !== null && hospitalId !== wanted) throw new DomainError('ACCESS_DENIED', 'This token works for another hospital.')
  return wanted
}
