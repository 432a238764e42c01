import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Challenge, Terminal, TerminalSession } from '../../../core/faces/index.ts'
import { callerOf } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { AtTerminal, TerminalId, terminalOf } from './terminal-of.ts'
import { stepWords } from './terminal-words.ts'
import { Id, Instant, type WriteInstant } from '../wire.ts'

export interface TerminalSessionRoutesDeps {
  readonly writeInstant: WriteInstant
  readonly idleMs: number
  readonly openSession: (terminal: Terminal) => Promise<TerminalSession>
  /** Refuses with TERMINAL_SESSION_NOT_FOUND; what is alive lives on. */
  readonly keepAlive: (terminal: Terminal, sessionId: string) => Promise<TerminalSession>
  readonly endSession: (terminal: Terminal, sessionId: string) => Promise<void>
  /** Null: in a new session. */
  readonly ask: (terminal: Terminal, sessionId: string | null) => Promise<Challenge>
}

const common = { tags: ['terminals'] }
const Words = Type.Object({ zh: Type.String(), en: Type.String() })
const SessionBody = Type.Object({ sessionId: Id, endsAt: Instant, idleSeconds: Type.Integer({ description: 'seconds without a request after which the session ends by itself' }) })
const InSession = Type.Object({ id: TerminalId, sessionId: Id })
/** One person after the other; more is somebody who tries. */
const perMinute = 60

/** 终端会话与活体动作. */
export function terminalSessionRoutes (deps: TerminalSessionRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = ({ id, seenAt }: TerminalSession) => ({ sessionId: id, endsAt: deps.writeInstant(new Date(seenAt.getTime() + deps.idleMs)), idleSeconds: deps.idleMs / 1000 })

  return async (server) => {
    const preHandler = limitBy(server, { most: perMinute, windowMs: 60_000, of: (request) => `terminal session ${callerOf(request).principal.tokenId}` })

    server.post('/v1/terminals/:id/sessions', {
      config: { access: 'face.identify' },
      preHandler,
      schema: { ...common, 'x-requirements': ['T2'], summary: 'One person stands at the terminal; a session that was left open ends', params: AtTerminal, body: Type.Optional(Type.Object({}, { additionalProperties: false })), response: { 201: SessionBody } }
    }, async (request, reply) => reply.code(201).send(bodyOf(await deps.openSession(terminalOf(request, 'face.identify', request.params.id)))))

    server.post('/v1/terminals/:id/sessions/:sessionId/alive', {
      config: { access: 'face.identify' },
      schema: { ...common, 'x-requirements': ['T2'], summary: 'The person is still there', params: InSession, body: Type.Optional(Type.Object({}, { additionalProperties: false })), response: { 200: SessionBody } }
    }, async (request) => bodyOf(await deps.keepAlive(terminalOf(request, 'face.identify', request.params.id), request.params.sessionId)))

    server.delete('/v1/terminals/:id/sessions/:sessionId', {
      config: { access: 'face.identify' },
      schema: { ...common, 'x-requirements': ['T2'], summary: 'The person leaves: nothing that was read in the session is good any more', params: InSession, response: { 204: Type.Null() } }
    }, async (request, reply) => {
      await deps.endSession(terminalOf(request, 'face.identify', request.params.id), request.params.sessionId)
      return await reply.code(204).send(null)
    })

    server.post('/v1/terminals/:id/challenge', {
      config: { access: 'face.identify' },
      preHandler,
      schema: {
        ...common, 'x-requirements': ['T2'], summary: 'Motions to be done before the camera, drawn at random; good once and for a minute', params: AtTerminal,
        body: Type.Optional(Type.Object({ sessionId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'absent: a new session' })) }, { additionalProperties: false })),
        response: { 201: Type.Object({ id: Id, sessionId: Id, steps: Type.Array(Type.String({ description: 'look_straight, turn_left, turn_right, blink; left and right are the person\'s' })), instructions: Type.Array(Words), expiresAt: Instant }) }
      }
    }, async (request, reply) => {
      const { id, sessionId, steps, expiresAt } = await deps.ask(terminalOf(request, 'face.identify', request.params.id), request.body?.sessionId ?? null)
      return reply.code(201).send({ id, sessionId, steps: [...steps], instructions: steps.map((step) => stepWords[step]), expiresAt: deps.writeInstant(expiresAt) })
    })
  }
}
