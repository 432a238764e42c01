import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Call, CallEvent, CallQuality, IceServer, Party } from '../../../core/dialogue/index.ts'
import { guestAt, type Guest, type Place, type ThreadRoutesAt, type ThreadRoutesDeps } from './thread-place.ts'
import { CallBody, callBody, IceServers, Mode, QualityBody, qualityBody, QualityFields } from './thread-wire.ts'
import { ById, Instant, nullable, oneOf, orNull } from '../wire.ts'

export interface CallRoutesDeps extends Pick<ThreadRoutesDeps, 'inReading' | 'writeInstant' | 'ticketFor'> {
  readonly step: (step: { readonly threadId: string, readonly by: Party, readonly event: CallEvent }) => Promise<Call>
  readonly reportQuality: (report: Omit<CallQuality, 'at'>) => Promise<void>
  readonly iceServersFor: (party: Party) => readonly IceServer[]
  /** The room of an outside provider; null where the rooms are our own. */
  readonly admit: (guest: Guest) => Promise<{ readonly provider: string, readonly url: string, readonly token: string } | null>
}

const answers = { accept: 'accept', decline: 'decline', hang_up: 'hang_up' } as const
const mostShown = 100

/** 通话: the doctor starts it, the other side answers; apart from what it is about, which no end of a call ends. */
export function callRoutes (deps: CallRoutesDeps, place: ThreadRoutesAt): FastifyPluginAsyncTypebox {
  const { path, access, requirements, threadOf } = place
  const common = { tags: ['calls'], 'x-requirements': [...requirements] }
  const { writeInstant } = deps
  const callOf = async ({ thread }: Place): Promise<Call | null> => thread === null ? null : await deps.inReading(({ calls }) => calls.find(thread.id))

  return async (server) => {
    server.post(`${path}/:id/call`, {
      config: { access },
      schema: { ...common, summary: 'The doctor calls: it rings at the other side, who is told by a notice too', params: ById, body: Type.Object({ mode: Mode }, { additionalProperties: false }), response: { 201: CallBody } }
    }, async (request, reply) => {
      const { threadId, party } = guestAt(await threadOf(request, request.params.id))
      return await reply.code(201).send(callBody(await deps.step({ threadId, by: party, event: { kind: 'start', mode: request.body.mode } }), writeInstant))
    })

    server.get(`${path}/:id/call`, {
      config: { access },
      schema: { ...common, summary: 'How the call stands; null where it never rang', params: ById, response: { 200: Type.Object({ call: nullable(CallBody), quality: Type.Array(QualityBody, { description: 'the newest reports first' }) }) } }
    }, async (request) => {
      const place = await threadOf(request, request.params.id)
      const { thread } = place
      const quality = thread === null ? [] : await deps.inReading(({ calls }) => calls.quality(thread.id, mostShown))
      return { call: orNull(await callOf(place), (call) => callBody(call, writeInstant)), quality: quality.map((one) => qualityBody(one, writeInstant)) }
    })

    server.post(`${path}/:id/call/answer`, {
      config: { access },
      schema: {
        ...common, summary: 'Accepts, declines or hangs up, or goes on in another mode; the visit goes on whatever becomes of the call', params: ById,
        body: Type.Object({ answer: oneOf(['accept', 'decline', 'hang_up', 'mode'] as const), mode: Type.Optional(Mode) }, { additionalProperties: false }), response: { 200: CallBody }
      }
    }, async (request) => {
      const { threadId, party } = guestAt(await threadOf(request, request.params.id))
      const { answer, mode = 'text' } = request.body
      return callBody(await deps.step({ threadId, by: party, event: answer === 'mode' ? { kind: 'mode', mode } : { kind: answers[answer] } }), writeInstant)
    })

    await server.register(joiningRoutes(deps, place))
  }
}

/** What a side needs to join with, and what it tells of the way. */
function joiningRoutes (deps: CallRoutesDeps, { path, access, requirements, threadOf }: ThreadRoutesAt): FastifyPluginAsyncTypebox {
  const common = { tags: ['calls'], 'x-requirements': [...requirements] }
  return async (server) => {
    server.post(`${path}/:id/call/ticket`, {
      config: { access, idempotencyKey: 'ignored' },
      schema: {
        ...common, summary: 'What is needed to join: a ticket to the room, STUN and TURN servers with a credential that ends soon, and the room of an outside provider where one is configured', params: ById,
        body: Type.Optional(Type.Object({}, { additionalProperties: false })),
        response: {
          201: Type.Object({
            ticket: Type.String(), expiresAt: Instant, socket: Type.String(), page: Type.String({ description: 'the call page; the ticket goes behind its #, which is sent to no server' }), iceServers: IceServers,
            room: nullable(Type.Object({ provider: Type.String(), url: Type.String(), token: Type.String() }))
          })
        }
      }
    }, async (request, reply) => {
      const guest = guestAt(await threadOf(request, request.params.id))
      const { ticket, expiresAt } = deps.ticketFor(guest)
      return await reply.header('cache-control', 'no-store').code(201).send({
        ticket, expiresAt: deps.writeInstant(expiresAt), socket: '/v1/rtc', page: `/m/call/#ticket=${ticket}`, iceServers: deps.iceServersFor(guest.party).map(({ urls, ...rest }) => ({ urls: [...urls], ...rest })), room: await deps.admit(guest)
      })
    })

    server.post(`${path}/:id/call/quality`, {
      config: { access },
      schema: { ...common, summary: 'How sound and picture arrive at the caller; the newest 500 of a dialogue are kept', params: ById, body: Type.Object(QualityFields, { additionalProperties: false }), response: { 204: Type.Null() } }
    }, async (request, reply) => {
      const { threadId, party } = guestAt(await threadOf(request, request.params.id))
      await deps.reportQuality({ threadId, party, ...request.body })
      return await reply.code(204).send(null)
    })
  }
}
