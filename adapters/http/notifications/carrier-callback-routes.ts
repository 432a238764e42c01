import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import { noteAccess } from '../access.ts'

export interface CarrierCallbackRoutesDeps {
  readonly path: string
  /** False: the signature proves nothing. */
  readonly hear: (headers: Readonly<Record<string, string>>, body: Uint8Array) => Promise<boolean>
}

const largestBytes = 65_536

/** What the carrier calls: taken as bytes and proven before anything is made of it. */
export function carrierCallbackRoutes ({ path, hear }: CarrierCallbackRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: largestBytes }, (_request, body, done) => { done(null, body) })

    server.post(path, {
      config: { access: 'public' },
      schema: {
        tags: ['drug orders'], 'x-requirements': ['C13'], security: [], summary: 'The carrier tells of a parcel; signed by it', description: 'What its signature does not prove changes nothing.', consumes: ['application/json'],
        response: { 200: Type.Object({ taken: Type.Boolean() }) }
      }
    }, async (request) => {
      const headers = Object.fromEntries(Object.entries(request.headers).flatMap(([name, value]) => typeof value === 'string' ? [[name, value]] : []))
      const isTaken = await hear(headers, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0))
      noteAccess(request, { target: 'carrier callback', targetId: null, patientId: null, outcome: isTaken ? 'allowed' : 'refused' })
      if (!isTaken) throw new DomainError('ACCESS_UNAUTHENTICATED', 'This call-back is not proven to be the carrier\'s.')
      return { taken: true }
    })
  }
}
