import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RecordVersion, Resource } from '../../core/records/index.ts'
import type { Outcome } from './outcome.ts'

const contentType = 'application/fhir+json; charset=utf-8'

export function sendResource (reply: FastifyReply, resource: Resource, status = 200): FastifyReply {
  // Sent as text: a serializer built from a schema would drop what the schema does not name.
  return reply.code(status).header('content-type', contentType).send(JSON.stringify(resource))
}

export function sendOutcome (reply: FastifyReply, { status, resource }: Outcome): FastifyReply {
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="yiqiao"')
  if (status === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1')
  return sendResource(reply, resource, status)
}

/** The resource as it is answered: its version and time always beside it. */
export function answered ({ resource, version, lastUpdated }: RecordVersion): Resource {
  const { resourceType, id, meta, ...elements } = resource
  return {
    resourceType,
    ...(id === undefined ? {} : { id }),
    meta: { ...(meta as Readonly<Record<string, unknown>> | undefined), versionId: String(version), lastUpdated: lastUpdated.toISOString() },
    ...elements
  }
}

export function etagOf ({ version }: RecordVersion): string {
  return `W/"${version}"`
}

/** Sets the version's headers; answers true where the client has this version already (304). */
export function isKnownToClient (request: FastifyRequest, reply: FastifyReply, record: RecordVersion): boolean {
  void reply.header('etag', etagOf(record)).header('last-modified', record.lastUpdated.toUTCString())
  const known = request.headers['if-none-match']
  if (known !== undefined) return known.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === `"${record.version}"`)
  const since = Date.parse(request.headers['if-modified-since'] ?? '')
  // HTTP dates end at the second.
  return Number.isFinite(since) && Math.floor(record.lastUpdated.getTime() / 1000) * 1000 <= since
}
