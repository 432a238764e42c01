import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { ConnectionStatus, Pauses } from '../../../core/operations/index.ts'
import { outboxKindOf, type Destination, type OutboundCounts, type OutboundFilter, type OutboundMessage, type OutboundState, type OutboundStore, type OutboundSummary, type ResendOutbound, type SkipOutbound } from '../../../core/outbound/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { ByDestination, DestinationBody, MessageBody, SummaryBody, outboundStates } from './outbound-body.ts'
import { Id, orNull, pageOf, PageQuery, readCursor, writeCursor, oneOf, type WriteInstant } from '../wire.ts'

/** A configured destination and how its line stands on this node. */
export interface DestinationState extends Destination {
  readonly status: ConnectionStatus
}

export interface DestinationRoutesDeps {
  readonly writeInstant: WriteInstant
  /** Business time. */
  readonly now: () => Date
  readonly inReading: InTransaction<{ readonly outbound: OutboundStore }>
  readonly pauses: Pick<Pauses, 'isPaused' | 'pause' | 'resume'>
  readonly destinations: {
    readonly states: () => readonly DestinationState[]
    /** By the character set that it was written in; null where it cannot be decoded. */
    readonly readText: (content: Uint8Array, charset: string) => string | null
    readonly resend: (resend: ResendOutbound) => Promise<void>
    readonly skip: (skip: SkipOutbound) => Promise<void>
  }
}

const ByMessage = Type.Object({ ...ByDestination.properties, id: Id })
const filters = {
  state: Type.Optional(oneOf(outboundStates)),
  message: Type.Optional(Type.String({ maxLength: 20, description: 'e.g. ADT^A31' })),
  record: Type.Optional(Type.String({ maxLength: 200, pattern: '^[A-Z][A-Za-z]+/[^/]+$', description: '`Type/id`' })),
  failureCode: Type.Optional(Type.String({ maxLength: 100 }))
}
const reason = Type.String({ minLength: 1, maxLength: 500, description: 'no personal data' })
const common = { tags: ['operations'], 'x-requirements': ['K-12'] }
const hourMs = 3_600_000

const noDestination = (): DomainError => new DomainError('OUTBOUND_NOT_FOUND', 'No destination has this name. List the destinations.')
const noMessage = (): DomainError => new DomainError('OUTBOUND_NOT_FOUND', 'No message to this destination has this id, or it was pruned by age. List the messages.')

/** What goes back to the hospitals: how each line stands, what was written, what came back, and how to repair it. */
export function destinationRoutes (deps: DestinationRoutesDeps): FastifyPluginAsyncTypebox {
  const { writeInstant, now, inReading, pauses, destinations: { states, readText } } = deps
  const stateOf = (name: string): DestinationState => {
    const found = states().find((destination) => destination.name === name)
    if (found === undefined) throw noDestination()
    return found
  }
  const body = bodiesWith(writeInstant)
  return async (server) => {
    await server.register(destinationActionRoutes(deps))

    server.get('/v1/ops/destinations', {
      config: { access: 'operations.read' },
      schema: { ...common, summary: 'The destinations, how their lines stand and what waits for them', response: { 200: pageOf(DestinationBody) } }
    }, async () => {
      const { counts, sent } = await inReading(async ({ outbound }) => ({ counts: await outbound.counts(), sent: await outbound.sentSince(new Date(now().getTime() - hourMs)) }))
      const items = states().map((state) => body.destination(state, {
        isPaused: pauses.isPaused(outboxKindOf(state.name)),
        counts: counts.find(({ destination }) => destination === state.name),
        sentLastHour: sent.find(({ destination }) => destination === state.name)?.count ?? 0
      }))
      return { items, next: null }
    })

    server.get('/v1/ops/destinations/:name/messages', {
      config: { access: 'message.read' },
      schema: { ...common, summary: 'Messages to a destination, the newest first', params: ByDestination, querystring: Type.Object({ ...PageQuery, ...filters }, { additionalProperties: false }), response: { 200: pageOf(SummaryBody) } }
    }, async (request) => {
      const { limit, cursor, ...asked } = request.query
      const filter: OutboundFilter = { ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)), destination: stateOf(request.params.name).name }
      const rows = await inReading(({ outbound }) => outbound.list(filter, { limit: limit + 1, before: readCursor(cursor) }))
      const page = rows.slice(0, limit)
      noteAccess(request, { action: 'search', target: 'outbound', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: page.map(body.summary), next: rows.length > limit ? writeCursor(page.at(-1)?.sequence ?? 0) : null }
    })

    server.get('/v1/ops/destinations/:name/messages/:id', {
      config: { access: 'message.read' },
      schema: { ...common, summary: 'One message as it is sent, with the answer and what happened to it', params: ByMessage, response: { 200: MessageBody } }
    }, async (request) => {
      const message = await load(deps, request.params)
      noteAccess(request, { target: 'outbound', targetId: message.id, patientId: message.patientId, outcome: 'allowed' })
      return body.message(message, message.composed === null ? null : readText(message.composed.content, message.composed.charset))
    })
  }
}

async function load ({ inReading }: DestinationRoutesDeps, { name, id }: { readonly name: string, readonly id: string }): Promise<OutboundMessage> {
  const message = await inReading(({ outbound }) => outbound.find(id))
  if (message?.destination !== name) throw noMessage()
  return message
}

function destinationActionRoutes (deps: DestinationRoutesDeps): FastifyPluginAsyncTypebox {
  const { pauses, destinations: { states, resend, skip } } = deps
  const config = { access: 'destination.operate' } as const
  const State = Type.Object({ id: Id, state: oneOf(outboundStates) })
  const Paused = Type.Object({ name: Type.String(), paused: Type.Boolean() })
  const operate = (request: FastifyRequest, target: string, { id, patientId }: { readonly id: string, readonly patientId: string | null }): string => {
    noteAccess(request, { action: 'operate', target, targetId: id, patientId, outcome: 'allowed' })
    return callerOf(request).principal.tokenId
  }
  const queueOf = (request: FastifyRequest, name: string): { readonly queue: string, readonly by: string } => {
    if (!states().some((destination) => destination.name === name)) throw noDestination()
    return { queue: outboxKindOf(name), by: operate(request, 'destination', { id: name, patientId: null }) }
  }
  const act = async (request: FastifyRequest, params: { readonly name: string, readonly id: string }, work: (of: { readonly id: string, readonly actor: string }) => Promise<void>): Promise<{ readonly id: string, readonly state: OutboundState }> => {
    const { id, patientId } = await load(deps, params)
    await work({ id, actor: operate(request, 'outbound', { id, patientId }) })
    return { id, state: (await load(deps, params)).state }
  }
  return async (server) => {
    server.post('/v1/ops/destinations/:name/messages/:id/resend', {
      config,
      schema: { ...common, summary: 'Sends a message again: the same bytes under the same control id, or written anew by today\'s tables', params: ByMessage, body: Type.Object({ anew: Type.Boolean({ default: false }) }, { additionalProperties: false }), response: { 200: State } }
    }, async (request) => await act(request, request.params, (of) => resend({ ...of, isAnew: request.body.anew })))

    server.post('/v1/ops/destinations/:name/messages/:id/skip', {
      config,
      schema: { ...common, summary: 'Decides that a message that stands still is not needed', params: ByMessage, body: Type.Object({ reason }, { additionalProperties: false }), response: { 200: State } }
    }, async (request) => await act(request, request.params, (of) => skip({ ...of, reason: request.body.reason })))

    server.post('/v1/ops/destinations/:name/pause', {
      config,
      schema: { ...common, summary: 'Holds a destination: what is to go there waits, in its order', params: ByDestination, body: Type.Object({ reason }, { additionalProperties: false }), response: { 200: Paused } }
    }, async (request) => {
      const { name } = request.params
      await pauses.pause({ ...queueOf(request, name), reason: request.body.reason })
      return { name, paused: true }
    })

    server.post('/v1/ops/destinations/:name/resume', {
      config,
      schema: { ...common, summary: 'Lets a destination go on where it stood', params: ByDestination, body: Type.Object({}, { additionalProperties: false }), response: { 200: Paused } }
    }, async (request) => {
      const { name } = request.params
      await pauses.resume(queueOf(request, name).queue)
      return { name, paused: false }
    })
  }
}

function bodiesWith (writeInstant: WriteInstant) {
  const summary = (message: OutboundSummary) => ({
    ...message,
    record: { ...message.record },
    createdAt: writeInstant(message.createdAt),
    nextAt: orNull(message.nextAt, writeInstant),
    composedAt: orNull(message.composedAt, writeInstant),
    answeredAt: orNull(message.answeredAt, writeInstant)
  })
  return {
    summary,
    message: (message: OutboundMessage, text: string | null) => ({
      ...summary(message),
      revision: message.revision,
      charset: message.composed?.charset ?? null,
      text,
      base64: message.composed === null ? null : Buffer.from(message.composed.content).toString('base64'),
      notes: [...message.composed?.notes ?? []],
      answer: message.answer === null ? null : { code: message.answer.code, verdict: message.answer.verdict, text: Buffer.from(message.answer.bytes).toString('latin1') },
      timeline: message.events.map((event) => ({ ...event, at: writeInstant(event.at) }))
    }),
    destination: ({ name, kind, hospitalId, sends, status }: DestinationState, { isPaused, counts, sentLastHour }: { readonly isPaused: boolean, readonly counts: OutboundCounts | undefined, readonly sentLastHour: number }) => ({
      name,
      kind,
      hospitalId,
      sends: sends.map((sent) => ({ ...sent })),
      status: { ...status, state: isPaused ? 'paused' as const : status.state, since: writeInstant(status.since), lastAt: orNull(status.lastAt, writeInstant) },
      waiting: counts?.waiting ?? 0,
      dead: counts?.dead ?? 0,
      oldestAt: orNull(counts?.oldestAt ?? null, writeInstant),
      sentPerMinute: Math.round(sentLastHour / 60 * 100) / 100
    })
  }
}
