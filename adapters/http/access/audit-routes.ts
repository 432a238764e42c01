import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { roles, type AuditEvent, type AuditStore } from '../../../core/access/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { Id, Instant, nullable, oneOf, pageOf, PageQuery, readCursor, writeCursor, type WriteInstant } from '../wire.ts'

export interface AuditRoutesDeps {
  readonly inReading: InTransaction<{ readonly audit: AuditStore }>
  readonly writeInstant: WriteInstant
}

const EventBody = Type.Object({
  id: Id,
  at: Instant,
  tokenId: nullable(Type.String()),
  role: nullable(oneOf(roles)),
  personId: nullable(Type.String()),
  action: oneOf(['read', 'search', 'write', 'operate'] as const),
  target: Type.String(),
  targetId: nullable(Type.String()),
  patientId: nullable(Type.String()),
  outcome: oneOf(['allowed', 'refused'] as const),
  requestId: Type.String()
})

export function auditRoutes ({ inReading, writeInstant }: AuditRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/ops/audit', {
      config: { access: 'audit.read' },
      schema: {
        tags: ['operations'],
        'x-requirements': ['K-12'],
        summary: 'Who read or wrote what, and what was refused, the newest first',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), token: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 200: pageOf(EventBody) }
      }
    }, async (request) => {
      const { limit, cursor, patient, token } = request.query
      const beforeMs = readCursor(cursor)
      const filter = { ...(patient === undefined ? {} : { patientId: patient }), ...(token === undefined ? {} : { tokenId: token }) }
      const before = beforeMs === null ? null : new Date(beforeMs)
      const page = await inReading(async ({ audit }) => await wholeInstants(limit, async (ask) => await audit.list(filter, { limit: ask, before })))
      noteAccess(request, { action: 'search', target: 'audit', targetId: null, patientId: patient ?? null, outcome: 'allowed' })
      const last = page.events.at(-1)
      return { items: page.events.map((event) => ({ ...event, at: writeInstant(event.at) })), next: page.more && last !== undefined ? writeCursor(last.at.getTime()) : null }
    })
  }
}

/** Most events one millisecond is looked through for. */
const instantMax = 10_000

/**
 * The store goes on from an instant, and events of one request share theirs, so a page ends between two instants: up
 * to `limit` events, more only where one instant alone holds more.
 */
async function wholeInstants (limit: number, load: (ask: number) => Promise<readonly AuditEvent[]>): Promise<{ readonly events: readonly AuditEvent[], readonly more: boolean }> {
  for (let ask = limit + 1; ; ask *= 4) {
    const rows = await load(ask)
    const beyond = rows.length < ask ? undefined : rows.at(-1)
    if (beyond === undefined) return { events: rows, more: false }
    const events = rows.filter((event) => event.at > beyond.at)
    if (events.length > 0 || ask > instantMax) return { events: events.length > 0 ? events : rows, more: true }
  }
}
