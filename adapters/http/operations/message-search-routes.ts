import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { BusinessKeys, FoundMessages, MessageSearch } from '../../../core/inbox/index.ts'
import { noteAccess } from '../access.ts'
import { filterOf, filters, messageSummary, SummaryBody } from './message-body.ts'
import { PageQuery, pageOf, readCursor, writeCursor, type WriteInstant } from '../wire.ts'

export interface MessageSearchRoutesDeps {
  readonly writeInstant: WriteInstant
  readonly searchMessages: (search: MessageSearch) => Promise<FoundMessages>
}

const number = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 100, description }))
const SearchRequest = Type.Object({
  patient: number('record number of the hospital (PID-3)'),
  visit: number('visit number (PV1-19)'),
  order: number('placer or filler number of an order (ORC-2, ORC-3)'),
  charge: number('transaction number (FT1-2)'),
  appointment: number('appointment number (SCH-2, SCH-1)'),
  containing: Type.Optional(Type.String({ minLength: 2, maxLength: 200, description: 'text in the message, letters of either case; narrow it by source, type or time' })),
  ...filters,
  ...PageQuery
}, { additionalProperties: false })

/** Numbers and texts of patients stay out of addresses and logs, so they are asked for in a body. */
export function messageSearchRoutes ({ searchMessages, writeInstant }: MessageSearchRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/ops/messages/search', {
      config: { access: 'message.read' },
      schema: {
        tags: ['operations'], 'x-requirements': ['K-12'],
        summary: 'Messages by the hospital’s numbers or by what they hold, the newest first; an empty page with `next` was only the first part of a long search',
        body: SearchRequest,
        response: { 200: pageOf(SummaryBody) }
      }
    }, async (request) => {
      const { patient, visit, order, charge, appointment, containing, limit, cursor, ...asked } = request.body
      const keys = Object.fromEntries(Object.entries({ patient, visit, order, charge, appointment }).filter(([, value]) => value !== undefined)) as BusinessKeys
      const { items, next } = await searchMessages({ filter: filterOf(asked), keys, containing: containing ?? null, limit, before: readCursor(cursor) })
      noteAccess(request, { action: 'search', target: 'message', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: items.map((message) => messageSummary(message, writeInstant)), next: next === null ? null : writeCursor(next) }
    })
  }
}
