import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { CodeUse, LogIn, OpenedSession, SentCode } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { callerOf, noteAccess } from '../access.ts'
import { limitBy, refuseUntil } from '../limit-by.ts'
import { Id, nullable, oneOf } from '../wire.ts'

export interface SessionRoutesDeps {
  /** Business time, as the instant of `SentCode`. */
  readonly now: () => Date
  readonly sendCode: (wanted: { readonly phone: string, readonly use: CodeUse }) => Promise<SentCode>
  /** Refuses with CODE_INVALID. */
  readonly logIn: (wanted: LogIn) => Promise<OpenedSession>
  readonly refreshSession: (refreshToken: string) => Promise<OpenedSession | null>
  readonly endSession: (tokenId: string) => Promise<void>
}

export interface SessionLimits {
  readonly codesPerHourOfAddress: number
  readonly logInsPerMinuteOfAddress: number
}

export const Phone = Type.String({ minLength: 5, maxLength: 30, description: 'as people write it' })
export const Code = Type.String({ pattern: '^[0-9]{6}$' })
export const ClaimBody = Type.Object({
  documentNumber: Type.String({ minLength: 1, maxLength: 50, description: 'resident id, or with hospitalId the number of one of its cards' }),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  hospitalId: Type.Optional(Id)
}, { additionalProperties: false })
export const SessionBody = Type.Object({ accessToken: Type.String(), refreshToken: Type.String(), expiresIn: Type.Integer({ description: 'seconds' }), personId: nullable(Type.String({ description: 'null until the account is bound to a patient' })) })
const common = { tags: ['access'], 'x-requirements': ['K-11'] }
const open = { ...common, security: [] }
const minuteMs = 60_000
const useOf = { login: 'session', register: 'session', bind: 'bind', doctor: 'doctor' } as const satisfies Record<string, CodeUse>

export function sessionBodyOf ({ accessToken, refreshToken, expiresInSeconds, account }: OpenedSession) {
  return { accessToken, refreshToken, expiresIn: expiresInSeconds, personId: account.personId }
}

/** Patients register and log in by a code sent to their phone. */
export function sessionRoutes (deps: SessionRoutesDeps, limits: SessionLimits): FastifyPluginAsyncTypebox {
  return async (server) => {
    const codesPerAddress = limitBy(server, { most: limits.codesPerHourOfAddress, windowMs: 60 * minuteMs, of: ({ ip }) => ip })
    const logInsPerAddress = limitBy(server, { most: limits.logInsPerMinuteOfAddress, windowMs: minuteMs, of: ({ ip }) => ip })

    server.post('/v1/sms-codes', {
      config: { access: 'public' },
      schema: { ...open, summary: 'Sends a code by SMS; the answer is the same for any number', body: Type.Object({ phone: Phone, purpose: oneOf(['login', 'register', 'bind', 'doctor'] as const) }, { additionalProperties: false }), response: { 202: Type.Object({}) } }
    }, async (request, reply) => {
      await codesPerAddress(request, reply)
      const sent = await deps.sendCode({ phone: request.body.phone, use: useOf[request.body.purpose] })
      if (sent.kind === 'too_soon') return refuseUntil(reply, (sent.at.getTime() - deps.now().getTime()) / 1000)
      return await reply.code(202).send({})
    })

    server.post('/v1/sessions', {
      config: { access: 'public' },
      schema: { ...open, summary: 'Logs in by phone and code; the first time registers', body: Type.Object({ phone: Phone, code: Code, bindTicket: Type.Optional(Type.String({ maxLength: 100, description: 'of POST /v1/wechat/sessions' })) }, { additionalProperties: false }), response: { 200: SessionBody } }
    }, async (request, reply) => {
      await logInsPerAddress(request, reply)
      const { phone, code, bindTicket = null } = request.body
      const session = await deps.logIn({ phone, code, bindTicket })
      noteAccess(request, { target: 'account', targetId: session.account.id, patientId: session.account.personId, outcome: 'allowed' })
      return await reply.header('cache-control', 'no-store').send(sessionBodyOf(session))
    })

    server.post('/v1/sessions/refresh', {
      config: { access: 'public' },
      schema: { ...open, summary: 'Renews a session; each refresh token works once', body: Type.Object({ refreshToken: Type.String({ minLength: 20, maxLength: 200 }) }, { additionalProperties: false }), response: { 200: SessionBody } }
    }, async (request, reply) => {
      await logInsPerAddress(request, reply)
      const session = await deps.refreshSession(request.body.refreshToken)
      if (session === null) throw new DomainError('ACCESS_UNAUTHENTICATED', 'This session is over. Log in again.')
      return await reply.header('cache-control', 'no-store').send(sessionBodyOf(session))
    })

    server.delete('/v1/sessions/current', {
      config: { access: 'any_token' },
      schema: { ...common, summary: 'Logs out: ends the session of the token', response: { 204: Type.Null() } }
    }, async (request, reply) => {
      const { tokenId, accountId = null } = callerOf(request).principal
      await deps.endSession(tokenId)
      noteAccess(request, { target: 'account', targetId: accountId, patientId: null, outcome: 'allowed' })
      return await reply.code(204).send(null)
    })
  }
}
