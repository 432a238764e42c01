import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { batchOf, statisticsKeys, statisticsOf, type StatisticsFilter, type VoucherBatchStore, type VoucherStatisticsStore } from '../../../core/vouchers/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { callerOf, limitsFor } from '../access.ts'
import { Id, nullable, oneOf } from '../wire.ts'

export interface VoucherStatisticsRoutesDeps {
  readonly inReading: InTransaction<{ readonly voucherStatistics: VoucherStatisticsStore, readonly voucherBatches: VoucherBatchStore }>
}

const Month = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$', description: 'YYYY-MM' })
const Figures = Type.Object({
  generated: Type.Integer(), sent: Type.Integer(), converted: Type.Integer(), issued: Type.Integer(), booked: Type.Integer(), used: Type.Integer(), examined: Type.Integer(), redeemed: Type.Integer(), rolledBack: Type.Integer(),
  voided: Type.Integer(), expired: Type.Integer(), voidedOrExpired: Type.Integer(), unsent: Type.Integer(), unconverted: Type.Integer(), live: Type.Integer({ description: 'in persons\' hands, neither booked nor in use' })
})
const StatisticsBody = Type.Object({
  by: nullable(Type.String()),
  total: Figures,
  rows: Type.Array(Type.Object({ key: nullable(Type.String({ description: 'null: steps that belong to none yet' })), figures: Figures }))
})

/** 统计 (V-08). Always as of now; a client that shows them live asks again with If-None-Match, which costs next to nothing while nothing has happened. */
export function voucherStatisticsRoutes ({ inReading }: VoucherStatisticsRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/voucher-statistics', {
      config: { access: 'voucher.read' },
      schema: {
        tags: ['vouchers'],
        'x-requirements': ['V-08'],
        summary: 'How many were generated, sent, handed out, redeemed, voided, expired; a community or a hospital: its own',
        querystring: Type.Object({
          by: Type.Optional(oneOf(statisticsKeys)), campaignId: Type.Optional(Id), batchId: Type.Optional(Id), communityId: Type.Optional(Id), hospitalId: Type.Optional(Id), group: Type.Optional(Id), fromMonth: Type.Optional(Month), toMonth: Type.Optional(Month)
        }, { additionalProperties: false }),
        response: { 200: StatisticsBody, 304: Type.Null() }
      }
    }, async (request, reply) => {
      const { by = null, batchId } = request.query
      const found = await inReading(async (stores) => {
        const etag = `"vouchers-${await stores.voucherStatistics.mark()}"`
        if (request.headers['if-none-match'] === etag) return { etag, statistics: null }
        const batch = batchId === undefined ? null : (await batchOf(stores, batchId)).number
        return { etag, statistics: await statisticsOf(stores, filterOf(request, { ...request.query, batch }), by) }
      })
      void reply.header('etag', found.etag).header('cache-control', 'private, no-cache')
      if (found.statistics === null) return await reply.code(304).send(null)
      const { total, rows } = found.statistics
      return { by, total: { ...total }, rows: rows.map(({ key, figures }) => ({ key, figures: { ...figures } })) }
    })
  }
}

interface Asked {
  readonly campaignId?: string
  readonly batch: number | null
  readonly communityId?: string
  readonly hospitalId?: string
  readonly group?: string
  readonly fromMonth?: string
  readonly toMonth?: string
}

/** What a caller of an organization asks for is narrowed to its own. */
function filterOf (request: FastifyRequest, asked: Asked): StatisticsFilter {
  const { patientIds, hospitalId: own } = limitsFor(request, 'voucher.read')
  if (patientIds !== null) throw new DomainError('ACCESS_DENIED', 'Statistics are for those who take part, not for persons.')
  const isCommunity = callerOf(request).principal.role === 'community'
  const { campaignId = null, batch, communityId = null, hospitalId = null, group = null, fromMonth = null, toMonth = null } = asked
  return {
    campaignId, batch, group, fromMonth, toMonth,
    communityId: own !== null && isCommunity ? own : communityId,
    hospitalId: own !== null && !isCommunity ? own : hospitalId
  }
}
