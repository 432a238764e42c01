import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { FixMessage, InboxStore, MessageFilter, MessageSummary, ReplayMessages, StoredMessage, TriedReplay } from '../../../core/inbox/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { FailureBody, filterOf, filters, messageSummary, SummaryBody, summaryProperties } from './message-body.ts'
import { messageDetailsRoutes, type MessageDetailsRoutesDeps } from './message-details-routes.ts'
import { messageSearchRoutes, type MessageSearchRoutesDeps } from './message-search-routes.ts'
import { ById, Id, Instant, nullable, pageOf, PageQuery, readCursor, writeCursor, type WriteInstant } from '../wire.ts'

export interface MessageRoutesDeps extends MessageDetailsRoutesDeps, MessageSearchRoutesDeps {
  readonly inReading: InTransaction<{ readonly inbox: InboxStore }>
  readonly writeInstant: WriteInstant
  /** The text of a message by its character set; null where its bytes cannot be decoded. */
  readonly readText: (message: StoredMessage) => string | null
  /** The bytes of a corrected text, in the character set that the message was read with. */
  readonly writeText: (message: StoredMessage, text: string) => Uint8Array
  readonly replayMessages: (replay: ReplayMessages) => Promise<ReadonlyArray<{ readonly original: string, readonly id: string }>>
  /** The dry run: what a replay would change now. */
  readonly tryReplay: (filter: MessageFilter) => Promise<readonly DryRun[]>
  readonly fixMessage: (fix: FixMessage) => Promise<{ readonly id: string }>
  readonly skipMessage: (skip: { readonly id: string, readonly reason: string, readonly actor: string }) => Promise<void>
}

/** `changes` are shown as they are: which record, entry or charge, and what of it. Empty: nothing would change. */
export type DryRun = TriedReplay<Readonly<Record<string, unknown>>>

const MessageBody = Type.Object({ ...summaryProperties, charset: Type.String(), text: nullable(Type.String()), base64: Type.String({ description: 'the bytes as they came' }), ack: Type.String() })
const ReplayBody = Type.Object({
  dryRun: Type.Boolean(),
  items: Type.Array(Type.Object({
    id: Id,
    replayId: nullable(Type.String({ description: 'the new message; null in a dry run' })),
    failure: FailureBody,
    produced: Type.Array(Type.String()),
    changes: Type.Array(Type.Record(Type.String(), Type.Unknown()), { description: 'what would change; of a dry run only' })
  }))
})
const ReplayRequest = Type.Object({
  dryRun: Type.Boolean({ default: true }),
  filter: Type.Object({ ids: Type.Optional(Type.Array(Id, { maxItems: 1000 })), lane: Type.Optional(Type.String({ maxLength: 300, description: 'a patient\'s queue' })), ...filters }, { additionalProperties: false, minProperties: 1 })
}, { additionalProperties: false })
const reason = Type.String({ minLength: 1, maxLength: 500, description: 'no personal data' })
const common = { tags: ['operations'], 'x-requirements': ['K-01', 'K-12'] }
/** A message may be 16 MB; as a JSON string it can grow by escapes. */
const fixBodyBytes = 40 * 1_048_576
/** Ten thousand messages in one request, some milliseconds each. */
const replayTimeoutMs = 600_000

const noMessage = (): DomainError => new DomainError('MESSAGE_NOT_FOUND', 'No message has this id, or it was pruned by age. List the messages.')

export function messageRoutes (deps: MessageRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const summaryBody = (message: MessageSummary) => messageSummary(message, writeInstant)
  return async (server) => {
    await server.register(messageActionRoutes(deps))
    await server.register(messageSearchRoutes(deps))
    await server.register(messageDetailsRoutes(deps))

    server.get('/v1/ops/messages', {
      config: { access: 'message.read' },
      schema: { ...common, summary: 'Messages, the newest first', querystring: Type.Object({ ...PageQuery, ...filters }, { additionalProperties: false }), response: { 200: pageOf(SummaryBody) } }
    }, async (request) => {
      const { limit, cursor, ...asked } = request.query
      const rows = await inReading(async ({ inbox }) => await inbox.list(filterOf(asked), { limit: limit + 1, before: readCursor(cursor) }))
      const page = rows.slice(0, limit)
      noteAccess(request, { action: 'search', target: 'message', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: page.map(summaryBody), next: rows.length > limit ? writeCursor(page.at(-1)?.sequence ?? 0) : null }
    })

    server.get('/v1/ops/messages/:id', {
      config: { access: 'message.read' },
      schema: { ...common, summary: 'One message as it came, with what it made or why it stands still', params: ById, response: { 200: MessageBody } }
    }, async (request) => {
      const [message] = await inReading(async ({ inbox }) => await inbox.load([request.params.id]))
      if (message === undefined) throw noMessage()
      noteAccess(request, { target: 'message', targetId: message.id, patientId: patientOf(message), outcome: 'allowed' })
      return {
        ...summaryBody(message),
        charset: message.charset,
        text: deps.readText(message),
        base64: Buffer.from(message.raw).toString('base64'),
        ack: Buffer.from(message.ack).toString('latin1')
      }
    })

    server.get('/v1/ops/dead-letters', {
      config: { access: 'message.read' },
      schema: { ...common, summary: 'Messages that stand still, by reason', response: { 200: pageOf(Type.Object({ code: Type.String(), source: Type.String(), count: Type.Integer(), oldestAt: Instant, sampleId: Id })) } }
    }, async () => {
      const groups = await inReading(async ({ inbox }) => await inbox.deadLetterGroups())
      return { items: groups.map((group) => ({ ...group, oldestAt: writeInstant(group.oldestAt) })), next: null }
    })
  }
}

function messageActionRoutes (deps: MessageRoutesDeps): FastifyPluginAsyncTypebox {
  const load = async (id: string): Promise<StoredMessage> => {
    const [message] = await deps.inReading(async ({ inbox }) => await inbox.load([id]))
    if (message === undefined) throw noMessage()
    return message
  }
  const operate = (request: FastifyRequest, message: StoredMessage | null): string => {
    noteAccess(request, { action: 'operate', target: 'message', targetId: message?.id ?? null, patientId: message === null ? null : patientOf(message), outcome: 'allowed' })
    return callerOf(request).principal.tokenId
  }
  const replay = async (request: FastifyRequest, filter: MessageFilter, dryRun: boolean, actor: string) => {
    if (dryRun) return { dryRun, items: (await deps.tryReplay(filter)).map(triedBody) }
    const requestId = request.headers['idempotency-key']?.toString() ?? request.id
    const replayed = await deps.replayMessages({ filter, requestId, actor })
    return { dryRun, items: replayed.map(({ original, id }) => ({ id: original, replayId: id, failure: null, produced: [], changes: [] })) }
  }
  return async (server) => {
    const config = { access: 'message.operate' } as const

    server.post('/v1/ops/messages/replay', {
      config,
      handlerTimeout: replayTimeoutMs,
      schema: { ...common, summary: 'Applies messages again: by ids, source, type, status, record or time; a dry run shows what would change', body: ReplayRequest, response: { 200: ReplayBody } }
    }, async (request) => {
      const { dryRun, filter: { ids, lane, ...asked } } = request.body
      const filter = { ...filterOf(asked), ...(ids === undefined ? {} : { ids }), ...(lane === undefined ? {} : { lane }) }
      return await replay(request, filter, dryRun, operate(request, null))
    })

    server.post('/v1/ops/messages/:id/replay', {
      config,
      schema: { ...common, summary: 'Applies one message again', params: ById, body: Type.Object({ dryRun: Type.Boolean({ default: false }) }, { additionalProperties: false }), response: { 200: ReplayBody } }
    }, async (request) => {
      const message = await load(request.params.id)
      return await replay(request, { ids: [message.id] }, request.body.dryRun, operate(request, message))
    })

    server.post('/v1/ops/messages/:id/fix', {
      config,
      bodyLimit: fixBodyBytes,
      schema: { ...common, summary: 'Applies a corrected text in place of a message that stands still; the original is kept', params: ById, body: Type.Object({ text: Type.String({ minLength: 8 }), reason: Type.Optional(reason) }, { additionalProperties: false }), response: { 200: Type.Object({ id: Id, replayOf: Id }) } }
    }, async (request) => {
      const message = await load(request.params.id)
      const actor = operate(request, message)
      // Editors end lines their own way; HL7 v2 ends segments with a carriage return (v2.5.1 §2.5.4).
      const text = message.format === 'hl7v2' ? request.body.text.replaceAll(/\r?\n/g, '\r') : request.body.text
      const raw = deps.writeText(message, text)
      const fixed = await deps.fixMessage({ id: message.id, raw, actor, reason: request.body.reason ?? 'corrected by an operator' })
      return { id: fixed.id, replayOf: message.id }
    })

    server.post('/v1/ops/messages/:id/skip', {
      config,
      schema: { ...common, summary: 'Decides that a message that stands still has no effect', params: ById, body: Type.Object({ reason }, { additionalProperties: false }), response: { 200: Type.Object({ id: Id, status: Type.Literal('skipped') }) } }
    }, async (request) => {
      const message = await load(request.params.id)
      await deps.skipMessage({ id: message.id, reason: request.body.reason, actor: operate(request, message) })
      return { id: message.id, status: 'skipped' as const }
    })
  }
}

function triedBody ({ original, produced, changes, failure }: DryRun) {
  return { id: original, replayId: null, failure, produced: [...produced], changes: changes.map((change) => ({ ...change })) }
}

/** The one patient a message is about, as far as it made a record; for the audit. */
function patientOf (message: StoredMessage): string | null {
  const patients = message.produced.filter((record) => record.startsWith('Patient/'))
  return patients.length === 1 ? patients[0]?.slice('Patient/'.length) ?? null : null
}
