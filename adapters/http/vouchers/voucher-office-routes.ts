import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { CalendarDate } from '../../../core/clock.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { batchOf, mostInBatch, type BatchWork, type NewBatch, type VoucherBatch, type VoucherBatchStore, type VoucherCopyStore, type VoucherPartyStore } from '../../../core/vouchers/index.ts'
import { callerOf, limitsFor, noteAccess } from '../access.ts'
import { BatchBody, batchBody, Name, Reason, WorkBody, workBody } from './voucher-wire.ts'
import { GroupCode, voucherPartyRoutes, type VoucherPartyRoutesDeps } from './voucher-party-routes.ts'
import { ById, Day, Id, Instant, oneOf, pageByOffset, pageOf, PageQuery } from '../wire.ts'

export interface VoucherOfficeRoutesDeps extends VoucherPartyRoutesDeps {
  readonly inReading: InTransaction<{ readonly voucherBatches: VoucherBatchStore, readonly voucherParties: VoucherPartyStore, readonly voucherCopies: VoucherCopyStore }>
  readonly makeBatch: (wanted: NewBatch) => Promise<VoucherBatch>
  readonly sendBatch: (wanted: { readonly batchId: string, readonly communityId: string, readonly count: number, readonly by: string }) => Promise<BatchWork>
  readonly voidBatch: (wanted: { readonly batchId: string, readonly reason: string, readonly by: string }) => Promise<BatchWork>
}

const common = { tags: ['vouchers'] }
const managing = { access: 'voucher.manage' } as const
const deciding = { access: 'voucher.manage', idempotencyKey: 'required' } as const
const largestBatch = Math.min(1_000_000, mostInBatch)

/** 服务券后台: who takes part, target groups, campaigns, batches, what hospitals have told. */
export function voucherOfficeRoutes (deps: VoucherOfficeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(voucherPartyRoutes(deps))
    await server.register(batchRoutes(deps))
    await server.register(batchDecisions(deps))
  }
}

const noBatch = (): DomainError => new DomainError('VOUCHER_BATCH_NOT_FOUND', 'No batch has this id; list the batches.')

function batchRoutes ({ inReading, writeInstant }: VoucherOfficeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/voucher-batches', {
      config: { access: 'voucher.read' },
      schema: { ...common, 'x-requirements': ['V-03', 'V-10'], summary: 'Batches, the newest first; a community: those of which it was sent vouchers', querystring: Type.Object({ ...PageQuery, campaignId: Type.Optional(Id) }, { additionalProperties: false }), response: { 200: pageOf(BatchBody) } }
    }, async (request) => {
      const { patientIds, hospitalId } = limitsFor(request, 'voucher.read')
      const { role } = callerOf(request).principal
      if (patientIds !== null || (hospitalId !== null && role !== 'community')) throw new DomainError('ACCESS_DENIED', 'Batches are seen by the back office and by communities.')
      const { rows, next } = await inReading(({ voucherBatches }) => pageByOffset(request.query, (page) => voucherBatches.list({ campaignId: request.query.campaignId ?? null, communityId: hospitalId }, page)))
      return { items: rows.map((batch) => batchBody(batch, writeInstant)), next }
    })

    server.get('/v1/voucher-batches/:id', {
      config: managing,
      schema: { ...common, 'x-requirements': ['V-03', 'V-04', 'V-05'], summary: 'One batch, with the work on it', params: ById, response: { 200: Type.Object({ ...BatchBody.properties, works: Type.Array(WorkBody) }) } }
    }, async (request) => {
      const { batch, works } = await inReading(async (stores) => {
        const batch = await batchOf(stores, request.params.id)
        return { batch, works: await stores.voucherBatches.works(batch.number) }
      })
      return { ...batchBody(batch, writeInstant), works: works.map((work) => workBody(work, writeInstant)) }
    })

    server.get('/v1/voucher-write-offs', {
      config: managing,
      schema: {
        ...common,
        'x-requirements': ['V-06', 'V-07'],
        summary: 'What hospitals have told of redemptions, the newest first',
        querystring: Type.Object({ ...PageQuery, batchId: Type.Optional(Id), hospitalId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 200: pageOf(Type.Object({ useId: Id, voucherId: Id, hospitalId: Id, state: oneOf(['redeemed', 'rolled_back'] as const), redeemedAt: Instant, receivedAt: Instant })) }
      }
    }, async (request) => {
      const { batchId, hospitalId = null } = request.query
      const { rows, next } = await inReading(async ({ voucherBatches, voucherCopies }) => {
        const batch = batchId === undefined ? null : await voucherBatches.find(batchId)
        if (batchId !== undefined && batch === null) throw noBatch()
        return await pageByOffset(request.query, (page) => voucherCopies.writeOffs({ batch: batch?.number ?? null, hospitalId }, page))
      })
      noteAccess(request, { action: 'search', target: 'voucher-write-off', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: rows.map((row) => ({ useId: row.useId, voucherId: row.voucherId, hospitalId: row.hospitalId, state: row.state, redeemedAt: writeInstant(row.redeemedAt), receivedAt: writeInstant(row.receivedAt) })), next }
    })
  }
}

function batchDecisions ({ writeInstant, makeBatch, sendBatch, voidBatch }: VoucherOfficeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/voucher-batches', {
      config: deciding,
      schema: {
        ...common,
        'x-requirements': ['V-01', 'V-03', 'V-27'],
        summary: 'A batch; a small one has its vouchers at once, a large one soon (see generated)',
        body: Type.Object({
          campaignId: Id, group: GroupCode, examination: Type.Object({ name: Name, codes: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 50, uniqueItems: true, description: 'as the hospitals\' systems name it: code, or system|code' }) }, { additionalProperties: false }),
          hospitalIds: Type.Array(Id, { minItems: 1, maxItems: 200, uniqueItems: true }), department: Name, firstDay: Day, lastDay: Day,
          uses: Type.Integer({ minimum: 1, maximum: 100, default: 1 }), count: Type.Integer({ minimum: 1, maximum: largestBatch })
        }, { additionalProperties: false }),
        response: { 201: BatchBody }
      }
    }, async (request, reply) => {
      const { firstDay, lastDay, ...wanted } = request.body
      const batch = await makeBatch({ ...wanted, firstDay: firstDay as CalendarDate, lastDay: lastDay as CalendarDate, by: callerOf(request).principal.tokenId })
      noteAccess(request, { target: 'voucher-batch', targetId: batch.id, patientId: null, outcome: 'allowed' })
      return await reply.code(201).send(batchBody(batch, writeInstant))
    })

    server.post('/v1/voucher-batches/:id/send', {
      config: deciding,
      schema: { ...common, 'x-requirements': ['V-04', 'V-26'], summary: 'The next vouchers of the batch go to a community', params: ById, body: Type.Object({ communityId: Id, count: Type.Integer({ minimum: 1, maximum: largestBatch }) }, { additionalProperties: false }), response: { 200: WorkBody } }
    }, async (request) => {
      const { id } = request.params
      const work = await sendBatch({ batchId: id, ...request.body, by: callerOf(request).principal.tokenId })
      noteAccess(request, { target: 'voucher-batch', targetId: id, patientId: null, outcome: 'allowed' })
      return workBody(work, writeInstant)
    })

    server.post('/v1/voucher-batches/:id/void', {
      config: deciding,
      schema: { ...common, 'x-requirements': ['V-05'], summary: 'Recalls the batch: all that is neither booked nor in use nor over becomes void', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: { 200: WorkBody } }
    }, async (request) => {
      const { id } = request.params
      const work = await voidBatch({ batchId: id, reason: request.body.reason, by: callerOf(request).principal.tokenId })
      noteAccess(request, { target: 'voucher-batch', targetId: id, patientId: null, outcome: 'allowed' })
      return workBody(work, writeInstant)
    })
  }
}
