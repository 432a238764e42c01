import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { reachOf } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { offlineLimits, offlineSettlements, type OfflineEntry, type OfflineSettlement, type OfflineUse, type OfflineUseStore, type SignedDenyList, type SyncedEntry } from '../../../core/vouchers/index.ts'
import { callerOf, limitsFor, noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface OfflineRoutesDeps {
  readonly inReading: InTransaction<{ readonly offlineUses: OfflineUseStore }>
  readonly writeInstant: WriteInstant
  readonly denyList: () => Promise<SignedDenyList>
  readonly sync: (entries: readonly OfflineEntry[], who: { readonly hospitalId: string, readonly by: string }) => Promise<readonly SyncedEntry[]>
  readonly settle: (command: { readonly id: string, readonly how: OfflineSettlement, readonly by: string }) => Promise<OfflineUse>
}

const common = { tags: ['vouchers'], 'x-requirements': ['V-06', 'V-23'] }
/** A list of a million vouchers is put together in one go. */
const listTimeoutMs = 120_000
const listsPerMinute = 10
const EntryBody = Type.Object({
  entryId: Type.String({ minLength: 1, maxLength: 100, description: 'the module\'s own id of this use; sent again, it gets its first answer' }),
  code: Type.String({ minLength: 1, maxLength: 200 }),
  usedAt: Instant,
  listSequence: Type.Integer({ minimum: 1, description: 'of the deny list that it went by' }),
  personalCode: Type.Optional(Type.String({ minLength: 1, maxLength: 120, description: 'as it was read from the person\'s phone then' })),
  patientId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'without a phone: the hospital\'s record of the person whose document was read' }))
}, { additionalProperties: false })
const outcomes = ['taken', 'refused', 'entry_reused'] as const
const SyncedBody = Type.Object({ entryId: Type.String(), id: nullable(Id), outcome: oneOf(outcomes), useId: nullable(Id), reason: nullable(Type.String()) })
const UseBody = Type.Object({
  id: Id, hospitalId: Id, entryId: Type.String(), voucherId: nullable(Id), usedAt: Instant, syncedAt: Instant, listSequence: Type.Integer(), outcome: oneOf(['taken', 'refused'] as const),
  useId: nullable(Id), reason: nullable(Type.String({ description: 'why it was not counted' })), settled: nullable(Type.Object({ at: Instant, by: Id, how: oneOf(offlineSettlements) }))
})

/** 离线核验: the list to go by with no line, what was used then, and what did not count. */
export function offlineUseRoutes (deps: OfflineRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(hospitalRoutes(deps))
    await server.register(officeRoutes(deps))
  }
}

function hospitalRoutes ({ denyList, sync }: OfflineRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/voucher-deny-list', {
      config: { access: 'voucher_use.sync' },
      handlerTimeout: listTimeoutMs,
      preHandler: limitBy(server, { most: listsPerMinute, windowMs: 60_000, of: (request) => callerOf(request).principal.tokenId }),
      schema: {
        ...common,
        summary: 'The signed list to go by while the line is down: at most ten minutes old, good for a day. The key is in /.well-known/yiqiao-keys.json; docs/vouchers.md tells how to read it',
        response: { 200: Type.Object({ sequence: Type.Integer(), manifest: Type.String({ description: 'what is signed, as it stands' }), keyId: Type.String({ description: 'first four bytes of kid, in hex' }), signature: Type.String({ description: 'Ed25519, hex' }), entries: Type.String({ description: 'base64' }) }), 304: Type.Null() }
      }
    }, async (request, reply) => {
      const { sequence, manifest, keyId, signature, entries } = await denyList()
      const etag = `"deny-list-${sequence}"`
      void reply.header('etag', etag)
      if (request.headers['if-none-match'] === etag) return await reply.code(304).send(null)
      return { sequence, manifest, keyId, signature, entries: Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength).toString('base64') }
    })

    server.post('/v1/voucher-uses/sync', {
      config: { access: 'voucher_use.sync', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'What a hospital used with no line: each entry is decided by itself, the earliest first; what does not count is shown to the back office',
        body: Type.Object({ entries: Type.Array(EntryBody, { minItems: 1, maxItems: offlineLimits.entries }) }, { additionalProperties: false }),
        response: { 200: Type.Object({ items: Type.Array(SyncedBody) }) }
      }
    }, async (request) => {
      const { principal } = callerOf(request)
      const reach = reachOf(principal, 'voucher_use.sync')
      if (reach.kind !== 'organization') throw new DomainError('ACCESS_DENIED', 'This token belongs to no hospital. Use the one of the hospital\'s module.')
      const entries = request.body.entries.map((entry): OfflineEntry => ({ ...entry, usedAt: new Date(entry.usedAt), personalCode: entry.personalCode ?? null, patientId: entry.patientId ?? null }))
      if (new Set(entries.map(({ entryId }) => entryId)).size !== entries.length) throw new DomainError('REQUEST_INVALID', 'Each entry has an id of its own.', 'entries')
      const synced = await sync(entries, { hospitalId: reach.hospitalId, by: principal.tokenId })
      for (const { id, outcome } of synced) noteAccess(request, { target: 'offline-use', targetId: id, patientId: null, outcome: outcome.kind === 'taken' ? 'allowed' : 'refused' })
      return { items: synced.map(syncedBody) }
    })
  }
}

function officeRoutes ({ inReading, writeInstant, settle }: OfflineRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/voucher-offline-uses', {
      config: { access: 'offline_use.read' },
      schema: {
        ...common,
        summary: 'Uses that hospitals told later, the newest first; `open`: refused and not settled yet',
        querystring: Type.Object({ ...PageQuery, outcome: Type.Optional(oneOf(['taken', 'refused'] as const)), open: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
        response: { 200: pageOf(UseBody) }
      }
    }, async (request) => {
      const { hospitalId } = limitsFor(request, 'offline_use.read')
      const { outcome = null, open = null } = request.query
      const { rows, next } = await inReading(({ offlineUses }) => pageByOffset(request.query, (page) => offlineUses.list({ hospitalId, outcome, isOpen: open }, page)))
      noteAccess(request, { action: 'search', target: 'offline-use', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: rows.map((use) => useBody(use, writeInstant)), next }
    })

    server.post('/v1/voucher-offline-uses/:id/settle', {
      config: { access: 'offline_use.settle', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Says who bears a use that did not count; nothing is taken from the person', params: ById, body: Type.Object({ how: oneOf(offlineSettlements) }, { additionalProperties: false }), response: { 200: UseBody } }
    }, async (request) => {
      const isOffice = limitsFor(request, 'offline_use.settle').hospitalId === null
      noteAccess(request, { action: 'operate', target: 'offline-use', targetId: request.params.id, patientId: null, outcome: isOffice ? 'allowed' : 'refused' })
      if (!isOffice) throw new DomainError('ACCESS_DENIED', 'A hospital does not settle what it has used itself. The back office of all hospitals does.')
      return useBody(await settle({ id: request.params.id, how: request.body.how, by: callerOf(request).principal.tokenId }), writeInstant)
    })
  }
}

function syncedBody ({ entryId, id, outcome }: SyncedEntry): Static<typeof SyncedBody> {
  return { entryId, id, outcome: outcome.kind, useId: outcome.kind === 'taken' ? outcome.useId : null, reason: outcome.kind === 'refused' ? outcome.reason : null }
}

function useBody ({ id, hospitalId, entryId, voucherId, usedAt, syncedAt, listSequence, outcome, settled }: OfflineUse, writeInstant: WriteInstant): Static<typeof UseBody> {
  return {
    id, hospitalId, entryId, voucherId, usedAt: writeInstant(usedAt), syncedAt: writeInstant(syncedAt), listSequence, outcome: outcome.kind,
    useId: outcome.kind === 'taken' ? outcome.useId : null, reason: outcome.kind === 'refused' ? outcome.reason : null,
    settled: orNull(settled, ({ at, by, how }) => ({ at: writeInstant(at), by, how }))
  }
}
