import type { FastifyReply } from 'fastify'
import type { RecordVersion } from '../../core/records/index.ts'

/** Shown by a browser without running anything. All else is saved, not opened: a hospital may have sent a page with scripts. */
const harmless = /^(?:image\/(?:png|jpeg|gif|webp|bmp)|application\/pdf|text\/plain)$/i

/** The attachment itself, in its own content type. */
export function sendBinary (reply: FastifyReply, { resource, id }: RecordVersion): FastifyReply {
  const { contentType, data } = resource
  const named = typeof contentType === 'string' && /^[\w.+-]+\/[\w.+-]+(?:;[ -~]*)?$/.test(contentType) ? contentType : 'application/octet-stream'
  const how = harmless.test(named.replace(/;.*$/, '').trim()) ? 'inline' : 'attachment'
  return reply.code(200)
    .header('content-type', named)
    .header('content-disposition', `${how}; filename="${id}"`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(typeof data === 'string' ? data : '', 'base64'))
}
