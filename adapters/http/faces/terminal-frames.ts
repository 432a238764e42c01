import { createHash } from 'node:crypto'
import multipart from '@fastify/multipart'
import { Type } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Picture } from '../../../core/faces/index.ts'
import { transportError } from '../problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a multipart request; held while it is answered, never kept and never logged. */
    pictures: readonly Picture[] | null
  }
}

export const frameLimits = { most: 12, bytes: 2 * 1024 * 1024 } as const

/** In the request itself they are files; what is checked, hashed and documented of them is this. */
export const Frames = Type.Array(Type.String({ format: 'binary', maxLength: 64 }), { minItems: 1, maxItems: frameLimits.most, description: 'JPEG pictures in the order in which they were taken, each at most 2 MiB' })

export const multipartOnly = { consumes: ['multipart/form-data'] }
export const multipartOrJson = { consumes: ['multipart/form-data', 'application/json'] }

/** Routes that take pictures: fields become the body, with each picture's SHA-256 in its place. */
export async function takingFrames (server: FastifyInstance): Promise<void> {
  await server.register(multipart, { limits: { fileSize: frameLimits.bytes, files: frameLimits.most, fields: 16, parts: frameLimits.most + 16, fieldSize: 500, fieldNameSize: 50, headerPairs: 20 } })
  server.decorateRequest('pictures', null)
  server.addHook('preValidation', async (request) => {
    if (!request.isMultipart()) return
    const { pictures, fields } = await readParts(request)
    request.pictures = pictures
    request.body = { ...fields, ...pictures.length === 0 ? {} : { frames: pictures.map(({ digest }) => digest) } }
  })
}

async function readParts (request: FastifyRequest): Promise<{ readonly pictures: readonly Picture[], readonly fields: Readonly<Record<string, string>> }> {
  const pictures: Picture[] = []
  const fields: Record<string, string> = {}
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = String(part.value)
      else pictures.push(pictureOf(part.fieldname, await part.toBuffer()))
    }
  } catch (error) {
    // A refusal has a status; anything else is a body that breaks off or is no multipart.
    if (error instanceof Error && 'statusCode' in error) throw error
    throw transportError('REQUEST_MALFORMED', 'The parts of the request could not be read. Send multipart/form-data as /docs describes it.')
  }
  return { pictures, fields }
}

function pictureOf (field: string, bytes: Buffer): Picture {
  if (field !== 'frames' && field !== 'frames[]') throw transportError('REQUEST_MALFORMED', 'Send the pictures as parts named frames.')
  // Start of image and the first marker (ITU-T T.81, B.1.1.3): what a file calls itself says nothing.
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || bytes[2] !== 0xff) throw transportError('MEDIA_TYPE_UNSUPPORTED', 'Send each picture as JPEG.')
  return { digest: createHash('sha256').update(bytes).digest('hex'), bytes }
}

export function picturesOf (request: FastifyRequest): readonly Picture[] {
  if (request.pictures === null) throw transportError('MEDIA_TYPE_UNSUPPORTED', 'Send the pictures as multipart/form-data, in parts named frames.')
  return request.pictures
}
