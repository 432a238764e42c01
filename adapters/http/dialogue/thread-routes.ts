import { setTimeout as pause } from 'node:timers/promises'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Message, Thread } from '../../../core/dialogue/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { callerOf } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { guestAt, type Guest, type ThreadRoutesAt, type ThreadRoutesDeps } from './thread-place.ts'
import { threadPictureRoutes } from './thread-picture-routes.ts'
import { ClientId, MessageBody, messageBody, Text, ThreadBody, threadBody } from './thread-wire.ts'
import { ById, Id, Instant, nullable, oneOf, pageByOffset, pageOf, PageQuery, readCursor, writeCursor } from '../wire.ts'

const common = { tags: ['dialogue'] }
const lookEveryMs = 300
/** Shorter than any proxy waits. */
const mostWaitSeconds = 25
/** Messages of one token; a person writes slower. */
const mostPerMinute = 600

/** 会话: messages, marks, pictures and the ticket to the room, below any thing that has a dialogue. REST alone is enough to talk. */
export function threadRoutes (deps: ThreadRoutesDeps, place: ThreadRoutesAt): FastifyPluginAsyncTypebox {
  const { path, access, requirements, threadOf } = place
  const marked = { ...common, 'x-requirements': [...requirements] }
  return async (server) => {
    server.get(`${path}/:id/messages`, {
      config: { access },
      schema: {
        ...marked,
        summary: 'What was said, by number; with `wait` the answer comes as soon as there is something new',
        params: ById,
        querystring: Type.Object({
          ...PageQuery,
          after: Type.Optional(Type.Integer({ minimum: 0, description: 'only greater numbers' })),
          wait: Type.Integer({ minimum: 0, maximum: mostWaitSeconds, default: 0, description: 'seconds to wait for a message where there is none' })
        }),
        response: { 200: Type.Object({ items: Type.Array(MessageBody), next: nullable(Type.String()), lastNumber: Type.Integer(), unread: Type.Integer(), isOpen: Type.Boolean() }) }
      }
    }, async (request) => {
      const { thread, party } = await threadOf(request, request.params.id)
      if (thread === null) return { items: [], next: null, lastNumber: 0, unread: 0, isOpen: false }
      const { limit } = request.query
      const after = readCursor(request.query.cursor) ?? request.query.after ?? 0
      const { items, now } = await messagesAfter(deps, request, { thread, after, limit, waitMs: request.query.wait * 1000 })
      const unread = party === null ? 0 : await deps.inReading(({ messages }) => messages.unread(thread.id, party))
      const last = items.at(limit - 1)
      return { items: items.map((message) => messageBody(message, deps.writeInstant)), next: last !== undefined && last.number < now.lastNumber ? writeCursor(last.number) : null, lastNumber: now.lastNumber, unread, isOpen: now.isOpen }
    })

    server.post(`${path}/:id/messages`, {
      config: { access },
      preHandler: limitBy(server, { most: mostPerMinute, windowMs: 60_000, of: (request) => `messages ${callerOf(request).principal.tokenId}` }),
      schema: {
        ...marked,
        summary: 'Says something; with the same clientId it is said once, however often it is sent',
        params: ById,
        body: Type.Object({ clientId: ClientId, kind: oneOf(['text', 'picture'] as const), text: Type.Optional(Text), attachmentId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 201: MessageBody }
      }
    }, async (request, reply) => {
      const { threadId, party } = guestAt(await threadOf(request, request.params.id))
      return await reply.code(201).send(messageBody(await deps.say({ threadId, by: party, ...request.body }), deps.writeInstant))
    })

    await server.register(threadPictureRoutes(deps, place))
    await server.register(guestRoutes(deps, place))
  }
}

/** What a party does beside talking: marks what it has read, and asks for a ticket to the room. */
function guestRoutes (deps: ThreadRoutesDeps, { path, access, requirements, threadOf }: ThreadRoutesAt): FastifyPluginAsyncTypebox {
  const marked = { ...common, 'x-requirements': [...requirements] }
  return async (server) => {
    server.post(`${path}/:id/messages/read`, {
      config: { access },
      schema: { ...marked, summary: 'The caller has read up to this number; a mark never goes back', params: ById, body: Type.Object({ number: Type.Integer({ minimum: 0 }) }, { additionalProperties: false }), response: { 200: Type.Object({ readTo: Type.Integer(), unread: Type.Integer() }) } }
    }, async (request) => {
      const guest = guestAt(await threadOf(request, request.params.id))
      await deps.markRead({ ...guest, number: request.body.number })
      return await readingOf(deps, guest)
    })

    server.post(`${path}/:id/ticket`, {
      config: { access, idempotencyKey: 'ignored' },
      schema: {
        ...marked,
        summary: 'A ticket to the room of this dialogue (WS /v1/rtc): for this caller alone, to be used within a minute',
        params: ById,
        body: Type.Optional(Type.Object({}, { additionalProperties: false })),
        response: { 201: Type.Object({ ticket: Type.String(), expiresAt: Instant, socket: Type.String() }) }
      }
    }, async (request, reply) => {
      const { ticket, expiresAt } = deps.ticketFor(guestAt(await threadOf(request, request.params.id)))
      return await reply.header('cache-control', 'no-store').code(201).send({ ticket, expiresAt: deps.writeInstant(expiresAt), socket: '/v1/rtc' })
    })
  }
}

async function messagesAfter ({ inReading }: ThreadRoutesDeps, request: FastifyRequest, { thread, after, limit, waitMs }: { readonly thread: Thread, readonly after: number, readonly limit: number, readonly waitMs: number }): Promise<{ readonly items: readonly Message[], readonly now: Thread }> {
  for (let leftMs = waitMs; ; leftMs -= lookEveryMs) {
    const found = await inReading(async (stores) => ({ items: await stores.messages.after(thread.id, after, limit), now: await stores.threads.find(thread.id) ?? thread }))
    if (found.items.length > 0 || leftMs <= 0 || !found.now.isOpen || request.raw.destroyed) return found
    await pause(lookEveryMs)
  }
}

async function readingOf ({ inReading }: Pick<ThreadRoutesDeps, 'inReading'>, { threadId, party }: Guest): Promise<{ readTo: number, unread: number }> {
  return await inReading(async ({ messages }) => ({ readTo: await messages.readTo(threadId, party), unread: await messages.unread(threadId, party) }))
}

/** 我的会话: the dialogues of the caller, whatever each is about. */
export function threadListRoutes (deps: ThreadRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/threads', {
      config: { access: 'dialogue.use' },
      schema: { ...common, 'x-requirements': ['C8'], summary: 'Dialogues that the caller takes part in, with what is unread, the newest first', querystring: Type.Object(PageQuery), response: { 200: pageOf(ThreadBody) } }
    }, async (request) => {
      const { principal: { role, personId, organizationId }, patientIds } = callerOf(request)
      const parties = [
        ...patientIds.map((id) => ({ kind: 'patient', id }) as const),
        ...role === 'doctor' && personId !== null ? [{ kind: 'doctor', id: personId } as const] : [],
        ...role === 'hospital' && organizationId !== null ? [{ kind: 'hospital', id: organizationId } as const] : [],
        ...role === 'support' ? [{ kind: 'support', id: 'support' } as const] : []
      ]
      const { rows, next } = await pageByOffset(request.query, (page) => deps.inReading(({ threads }) => threads.ofParties(parties, page)))
      const items = []
      for (const thread of rows) {
        const party = thread.parties.find(({ kind, id }) => parties.some((own) => own.kind === kind && own.id === id))
        if (party === undefined) throw new DomainError('THREAD_NOT_FOUND', 'A listed dialogue has a party that asked for it.')
        items.push(threadBody(thread, await readingOf(deps, { threadId: thread.id, party }), deps.writeInstant))
      }
      return { items, next }
    })
  }
}
