import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { CodeResolution, ResolveCode, ResolvedCode, UnmappedCode, UnmappedCodeStore } from '../../../core/operations/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, PageQuery, readCursor, writeCursor, type WriteInstant } from '../wire.ts'

export interface UnmappedCodeRoutesDeps {
  readonly inReading: InTransaction<{ readonly unmappedCodes: UnmappedCodeStore }>
  readonly writeInstant: WriteInstant
  /** Refuses with UNMAPPED_CODE_*. */
  readonly resolveCode: (resolve: ResolveCode) => Promise<ResolvedCode>
  readonly revokeResolution: (revoke: Pick<ResolveCode, 'id' | 'actor'>) => Promise<void>
}

const states = ['open', 'resolved'] as const
const Target = { code: Type.String(), system: nullable(Type.String({ description: 'null: the table\'s own' })), display: nullable(Type.String()) }
const ResolutionBody = Type.Object({ ...Target, by: Type.String({ description: 'token id of the operator' }), at: Instant })
const UnmappedBody = Type.Object({
  id: Id,
  source: Type.String(),
  mappingSite: Type.String(),
  table: Type.String(),
  code: Type.String(),
  place: Type.String({ description: 'where it stood last, e.g. PID-8' }),
  count: Type.Integer({ description: 'how many messages had it' }),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  sampleMessageId: Id,
  state: oneOf(states),
  resolution: nullable(ResolutionBody)
})
const ListBody = Type.Object({
  items: Type.Array(UnmappedBody),
  next: nullable(Type.String({ description: 'cursor of the next page; null at the end' })),
  uncounted: Type.Array(Type.Object({ source: Type.String(), count: Type.Integer() }), { description: 'sources with more different codes than are kept apart, and how often one of the others came' })
})
const filters = { source: Type.Optional(Type.String({ maxLength: 100 })), table: Type.Optional(Type.String({ maxLength: 100 })), state: Type.Optional(oneOf(states)) }
const ResolveBody = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 200 }),
  system: Type.Optional(Type.String({ minLength: 1, maxLength: 300, description: 'absent: the table\'s own' })),
  display: Type.Optional(Type.String({ minLength: 1, maxLength: 300 }))
}, { additionalProperties: false })
const common = { tags: ['operations'], 'x-requirements': ['K-12'] }
const config = { access: 'mapping.operate' } as const
/** A hundred thousand messages may stand still for one code. */
const resolveTimeoutMs = 600_000

export function unmappedCodeRoutes ({ inReading, writeInstant, resolveCode, revokeResolution }: UnmappedCodeRoutesDeps): FastifyPluginAsyncTypebox {
  const resolutionBody = ({ to, by, at }: CodeResolution) => ({ ...to, by, at: writeInstant(at) })
  const body = ({ firstSeenAt, lastSeenAt, resolution, ...code }: UnmappedCode) => ({
    ...code,
    firstSeenAt: writeInstant(firstSeenAt),
    lastSeenAt: writeInstant(lastSeenAt),
    state: resolution === null ? 'open' as const : 'resolved' as const,
    resolution: orNull(resolution, resolutionBody)
  })
  const operate = (request: FastifyRequest, id: string): string => {
    noteAccess(request, { action: 'operate', target: 'unmapped-code', targetId: id, patientId: null, outcome: 'allowed' })
    return callerOf(request).principal.tokenId
  }
  return async (server) => {
    server.get('/v1/ops/unmapped-codes', {
      config,
      schema: { ...common, summary: 'Codes that the tables lack, counted by source, the newest first', querystring: Type.Object({ ...PageQuery, ...filters }, { additionalProperties: false }), response: { 200: ListBody } }
    }, async (request) => {
      const { limit, cursor, ...asked } = request.query
      noteAccess(request, { action: 'search', target: 'unmapped-code', targetId: null, patientId: null, outcome: 'allowed' })
      const filter = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
      return await inReading(async ({ unmappedCodes }) => {
        const rows = await unmappedCodes.list(filter, { limit: limit + 1, before: readCursor(cursor) })
        const page = rows.slice(0, limit)
        return { items: page.map(body), next: rows.length > limit ? writeCursor(Number(page.at(-1)?.id)) : null, uncounted: (await unmappedCodes.uncounted()).map((each) => ({ ...each })) }
      })
    })

    server.post('/v1/ops/unmapped-codes/:id/resolve', {
      config,
      handlerTimeout: resolveTimeoutMs,
      schema: {
        ...common, summary: 'Says what a code means: the tables of its mapping site have it at once, and messages that stand still for it are applied again',
        params: ById, body: ResolveBody, response: { 200: Type.Object({ resolved: ResolutionBody, requeued: Type.Integer({ description: 'dead letters put into the queue again' }) }) }
      }
    }, async (request) => {
      const { code, system, display } = request.body
      const { id } = request.params
      const { resolution, requeued } = await resolveCode({ id, to: { code, system: system ?? null, display: display ?? null }, actor: operate(request, id) })
      return { resolved: resolutionBody(resolution), requeued }
    })

    server.post('/v1/ops/unmapped-codes/:id/revoke', {
      config,
      schema: { ...common, summary: 'Takes the meaning of a code back; what was applied by it stays', params: ById, body: Type.Object({}, { additionalProperties: false }), response: { 200: Type.Object({ id: Id, state: Type.Literal('open') }) } }
    }, async (request) => {
      const { id } = request.params
      await revokeResolution({ id, actor: operate(request, id) })
      return { id, state: 'open' as const }
    })
  }
}
