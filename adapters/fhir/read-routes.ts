import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { sendBinary } from './binary.ts'
import { historyBundle } from './bundles.ts'
import { namesFhirJson } from './content-negotiation.ts'
import type { FhirServerDeps } from './deps.ts'
import { isVisible } from './is-visible.ts'
import { readCurrent, readVersion } from './read-record.ts'
import { answered, isKnownToClient, sendResource } from './reply.ts'
import { baseUrlOf, isStrict, queryPairs, queryValue } from './request-url.ts'
import { parsePage } from './search-query.ts'

const tags = ['fhir']
const ById = Type.Object({ type: Type.String({ description: 'A resource type, e.g. Patient; metadata lists them' }), id: Type.String() })
const WithVersion = Type.Object({ ...ById.properties, version: Type.String() })
const answers = { 200: { description: 'The FHIR resource', content: { 'application/fhir+json': { schema: Type.Object({}) } } }, 304: Type.Null({ description: 'The client has this version' }) }

/** read, vread and history of one resource. */
export function readRoutes (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/:type/:id', {
      schema: { tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Reads a resource', description: 'A Binary is given in its own content type unless FHIR JSON is asked for. If-None-Match and If-Modified-Since are honoured.', params: ById, response: answers }
    }, async (request, reply) => {
      const record = await readCurrent(deps, request, request.params)
      if (isKnownToClient(request, reply, record)) return await reply.code(304).send(null)
      const wish = { accept: request.headers.accept, format: queryValue(request, '_format') }
      return record.type === 'Binary' && !namesFhirJson(wish) ? sendBinary(reply, record) : sendResource(reply, answered(record))
    })

    server.get('/:type/:id/_history/:version', {
      schema: { tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Reads one version of a resource', params: WithVersion, response: answers }
    }, async (request, reply) => {
      const record = await readVersion(deps, request, request.params)
      return isKnownToClient(request, reply, record) ? await reply.code(304).send(null) : sendResource(reply, answered(record))
    })

    server.get('/:type/:id/_history', {
      schema: { tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Lists the versions of a resource, newest first', params: ById, response: answers }
    }, async (request, reply) => {
      const { type, id } = request.params
      const { version: total } = await readCurrent(deps, request, request.params)
      const { count, offset } = parsePage(queryPairs(request), isStrict(request))
      const versions = count === 0 ? [] : await deps.inReading(async ({ records }) => await records.history({ type, id }, { limit: count, offset }))
      const baseUrl = baseUrlOf(request, deps.publicUrl)
      // The total counts those too that were another patient's then: versions are numbered anyway.
      return sendResource(reply, historyBundle(`${baseUrl}/${type}/${id}/_history`, baseUrl, versions.filter((one) => isVisible(deps, request, one)), { offset, count, total }))
    })
  }
}
