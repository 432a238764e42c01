import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { Resource } from '../../core/records/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body of a FHIR write, byte for byte: the inbox keeps it. */
    postedBytes: Buffer | null
  }
}

/** A Bundle with photos. Only routes that ask for the right to write read a body of this size. */
export const largestBodyBytes = 16 * 1024 * 1024

/** JSON bodies of this plugin's routes, beside their bytes; of no other kind. */
export function readBodies (server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.decorateRequest('postedBytes', null)
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(['application/fhir+json', 'application/json'], { parseAs: 'buffer' }, (request, body, done) => {
    request.postedBytes = body as Buffer
    void parse(request, body.toString('utf8'), done)
  })
}

/** The resource of the body, of the type that the address names; null = any. */
export function postedResource (request: FastifyRequest, type: string | null): Resource {
  const { body } = request
  if (typeof body !== 'object' || body === null || Array.isArray(body) || typeof (body as Partial<Resource>).resourceType !== 'string') {
    throw new DomainError('REQUEST_INVALID', 'Send one FHIR resource as JSON, with its resourceType.', 'resourceType')
  }
  const resource = body as Resource
  if (type !== null && resource.resourceType !== type) throw new DomainError('REQUEST_INVALID', 'The resource is of another type than the address names. Send it to its own.', 'resourceType')
  return resource
}

/** `W/"3"` → 3 (FHIR R4 §3.1.0.5.1); null where there is none. */
export function versionOfEtag (etag: string | undefined): number | null {
  if (etag === undefined || etag.trim() === '*') return null
  const version = /^(?:W\/)?"([1-9]\d{0,8})"$/.exec(etag.trim())?.[1]
  if (version === undefined) throw new DomainError('REQUEST_INVALID', 'If-Match takes the ETag of a version, as W/"3".', 'If-Match')
  return Number(version)
}
