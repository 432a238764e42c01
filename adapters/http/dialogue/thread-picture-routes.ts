import multipart from '@fastify/multipart'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import { noPicture } from '../../../core/dialogue/index.ts'
import { transportError } from '../problem.ts'
import { guestAt, type ThreadRoutesAt, type ThreadRoutesDeps } from './thread-place.ts'
import { ById, Id } from '../wire.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a multipart request with one picture; never logged. */
    picture: Uint8Array | null
  }
}

/** What a phone's camera makes, with room. */
const mostPictureBytes = 8 * 1024 * 1024

const PictureBody = Type.Object({ id: Id, contentType: Type.String(), bytes: Type.Integer(), width: Type.Integer(), height: Type.Integer() })

/** 图片: sent into a dialogue, then named by a message; seen by its parties only. */
export function threadPictureRoutes (deps: ThreadRoutesDeps, { path, access, requirements, threadOf }: ThreadRoutesAt): FastifyPluginAsyncTypebox {
  const common = { tags: ['dialogue'], 'x-requirements': [...requirements] }
  return async (server) => {
    await server.register(multipart, { limits: { fileSize: mostPictureBytes, files: 1, fields: 0, parts: 1, headerPairs: 20 } })
    server.decorateRequest('picture', null)
    server.addHook('preValidation', async (request) => {
      if (!request.isMultipart()) return
      request.picture = await pictureIn(request)
      // The repetition of a request is known by what stands in its body.
      request.body = { picture: createHash('sha256').update(request.picture).digest('hex') }
    })

    server.post(`${path}/:id/attachments`, {
      config: { access },
      schema: {
        ...common, summary: 'A picture (JPEG, PNG or WebP) for this dialogue; what the camera wrote beside it is taken away', consumes: ['multipart/form-data'], params: ById,
        body: Type.Object({ picture: Type.String({ format: 'binary', maxLength: 64, description: 'at most 8 MiB' }) }, { additionalProperties: false }), response: { 201: PictureBody }
      }
    }, async (request, reply) => {
      const guest = guestAt(await threadOf(request, request.params.id))
      if (request.picture === null) throw transportError('MEDIA_TYPE_UNSUPPORTED', 'Send the picture as multipart/form-data, in a part named picture.')
      const { id, contentType, bytes, width, height } = await deps.keepPicture({ ...guest, bytes: request.picture })
      return await reply.code(201).send({ id, contentType, bytes: bytes.length, width, height })
    })

    server.get(`${path}/:id/attachments/:attachmentId`, {
      config: { access },
      schema: { ...common, summary: 'A picture of this dialogue', produces: ['image/jpeg', 'image/png', 'image/webp'], params: Type.Object({ id: Id, attachmentId: Id }) }
    }, async (request, reply) => {
      const { thread } = await threadOf(request, request.params.id)
      const picture = await deps.inReading(({ messages }) => messages.findPicture(request.params.attachmentId))
      if (thread === null || picture === null || picture.threadId !== thread.id) throw noPicture()
      return await reply.type(picture.contentType).header('cache-control', 'no-store').send(Buffer.from(picture.bytes))
    })
  }
}

async function pictureIn (request: FastifyRequest): Promise<Uint8Array> {
  try {
    for await (const part of request.parts()) {
      if (part.type !== 'file' || part.fieldname !== 'picture') throw transportError('REQUEST_MALFORMED', 'Send one part, named picture.')
      return await part.toBuffer()
    }
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error) throw error
    throw transportError('REQUEST_MALFORMED', 'The part of the request could not be read. Send multipart/form-data as /docs describes it.')
  }
  throw transportError('REQUEST_MALFORMED', 'Send one part, named picture.')
}
