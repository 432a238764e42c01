import { Type, type Static } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { DomainError } from '../../../core/errors.ts'

export interface PictureSize {
  readonly sizeMm: number
  readonly dpi: number
}

/** Draws a code. `png` answers null where so small a picture could not be read back. */
export interface CodePictures {
  readonly png: (text: string, size: PictureSize) => Buffer | null
  readonly svg: (text: string, size: Pick<PictureSize, 'sizeMm'>) => string
}

const sizeMm = Type.Number({ minimum: 15, maximum: 100, default: 25, description: 'side on paper, the white around the code included' })
/** 25 mm at 300 dpi, which scanners of any age read (acceptance C-20). */
export const PngQuery = Type.Object({ sizeMm, dpi: Type.Integer({ minimum: 96, maximum: 600, default: 300 }) }, { additionalProperties: false })
export const SvgQuery = Type.Object({ sizeMm }, { additionalProperties: false })
export const PictureBytes = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' })
export const SvgText = Type.Unsafe<string>({ type: 'string', description: 'image/svg+xml' })

/** A code is as good as the voucher: no cache keeps it. */
export async function sendPng (reply: FastifyReply, pictures: CodePictures, { text, size }: { readonly text: string, readonly size: Static<typeof PngQuery> }): Promise<FastifyReply> {
  const picture = pictures.png(text, size)
  if (picture === null) throw new DomainError('REQUEST_INVALID', 'So small a picture could not be read back. Ask for a larger one or more dots an inch.', 'sizeMm')
  return await reply.header('content-type', 'image/png').header('cache-control', 'no-store').send(picture)
}

export async function sendSvg (reply: FastifyReply, pictures: CodePictures, { text, size }: { readonly text: string, readonly size: Static<typeof SvgQuery> }): Promise<FastifyReply> {
  return await reply.header('content-type', 'image/svg+xml; charset=utf-8').header('cache-control', 'no-store').send(pictures.svg(text, size))
}
