import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { callbackChannels, type CallbackAnswer, type CallbackChannel } from '../../../core/payments/index.ts'
import { noteAccess } from '../access.ts'
import { oneOf } from '../wire.ts'

export interface PaymentCallbackRoutesDeps {
  readonly takeCallback: (callback: { readonly channel: CallbackChannel, readonly headers: Readonly<Record<string, string>>, readonly body: Uint8Array }) => Promise<CallbackAnswer>
}

const largestBytes = 65_536
/** What signatures are made over comes in the body and in these; addresses and agents of senders are nobody's business. */
const isKept = (name: string): boolean => name === 'content-type' || name === 'request-id' || /^(wechatpay|x-(?!forwarded|real-ip|request))/.test(name) || /sign|nonce|timestamp|serial/.test(name)

/** What payment channels call: anybody may, so it is taken as bytes and proven before anything is made of it. */
export function paymentCallbackRoutes ({ takeCallback }: PaymentCallbackRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser(['application/json', 'application/x-www-form-urlencoded'], { parseAs: 'buffer', bodyLimit: largestBytes }, (_request, body, done) => { done(null, body) })

    server.post('/v1/payments/callbacks/:channel', {
      config: { access: 'public' },
      schema: {
        tags: ['payments'],
        'x-requirements': ['A-17', 'A-36'],
        security: [],
        summary: 'A payment channel tells of a payment or refund; signed by it',
        description: 'Answered in the words of the channel. What its signature does not prove changes nothing.',
        params: Type.Object({ channel: oneOf(callbackChannels) }),
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        response: { 200: Type.String({ description: 'what this channel wants to hear' }) }
      }
    }, async (request, reply) => {
      const headers = Object.fromEntries(Object.entries(request.headers).flatMap(([name, value]) => typeof value === 'string' && isKept(name) ? [[name, value]] : []))
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const answer = await takeCallback({ channel: request.params.channel, headers, body })
      noteAccess(request, { target: 'payment callback', targetId: null, patientId: null, outcome: answer.status < 400 ? 'allowed' : 'refused' })
      return await reply.code(answer.status as 200).header('content-type', answer.contentType).send(answer.body)
    })
  }
}
