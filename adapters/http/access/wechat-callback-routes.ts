import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { isFresh } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { noteAccess } from '../access.ts'
import { configuredUse, type WechatRoutesDeps, type WechatUse } from './wechat-routes.ts'
import { nullable } from '../wire.ts'

const Signed = { signature: Type.String({ pattern: '^[0-9a-f]{40}$' }), timestamp: Type.String({ pattern: '^[0-9]{1,12}$' }), nonce: Type.String({ minLength: 1, maxLength: 100 }) }
const open = { tags: ['access'], 'x-requirements': ['K-11'], security: [] }
const largestBytes = 65_536

/** What the WeChat platform calls (公众平台 "接入指南", "接收事件推送"): signed, in plain mode. */
export function wechatCallbackRoutes ({ wechat, realNow }: WechatRoutesDeps): FastifyPluginAsyncTypebox {
  const checked = (call: { readonly timestamp: string, readonly nonce: string, readonly signature: string }): WechatUse => {
    const use = configuredUse(wechat)
    if (!isFresh(call.timestamp, realNow()) || !use.account.isSigned(call)) throw new DomainError('ACCESS_DENIED', 'The call is not signed with the token of the official account, or it is old.')
    return use
  }
  return async (server) => {
    server.addContentTypeParser(['text/xml', 'application/xml'], { parseAs: 'string', bodyLimit: largestBytes }, (_request, body, done) => { done(null, body) })

    server.get('/v1/wechat/callback', {
      config: { access: 'public' },
      schema: { ...open, summary: 'The platform checks that this address is ours', produces: ['text/plain'], querystring: Type.Object({ ...Signed, echostr: Type.String({ maxLength: 200, pattern: '^[\\w-]*$' }) }), response: { 200: Type.String() } }
    }, async (request, reply) => {
      checked(request.query)
      return await plain(reply).send(request.query.echostr)
    })

    server.post('/v1/wechat/callback', {
      config: { access: 'public' },
      schema: { ...open, summary: 'What followers did: subscribed, scanned', consumes: ['text/xml'], produces: ['text/plain'], querystring: Type.Object({ ...Signed, openid: Type.Optional(nullable(Type.String({ maxLength: 100 }))) }), body: Type.String(), response: { 200: Type.String() } }
    }, async (request, reply) => {
      const use = checked(request.query)
      const { timestamp, nonce } = request.query
      await use.hearEvent({ timestamp, nonce, event: use.account.readEvent(request.body) })
      noteAccess(request, { target: 'wechat event', targetId: null, patientId: null, outcome: 'allowed' })
      return await plain(reply).send('success')
    })
  }
}

function plain (reply: FastifyReply): FastifyReply {
  return reply.header('content-type', 'text/plain; charset=utf-8')
}
