import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { zoneOffset } from './date-range.ts'
import type { FhirServerDeps } from './deps.ts'
import { sendResource } from './reply.ts'
import { queryPairs } from './request-url.ts'
import { largestCount } from './search-query.ts'
import { searchType } from './search-type.ts'

const tags = ['fhir']
const ByType = Type.Object({ type: Type.String({ description: 'A resource type, e.g. Patient; metadata lists them' }) })
/** Named for /docs only: FHIR repeats parameters and adds modifiers to their names, so they are read by hand. */
const named = (description: string) => Type.Optional(Type.Unsafe<unknown>({ description }))
const Query = Type.Object({
  _id: named('ids, apart by commas'),
  _lastUpdated: named('e.g. ge2027-03-01'),
  _count: named(`entries a page, at most ${largestCount}; 0 = only the total`),
  _offset: named('where the page begins; take it from the links'),
  _sort: named('parameters, apart by commas; - before one sorts downwards'),
  _total: named('none leaves the total out'),
  _summary: named('count = only the total'),
  _include: named('what the matches refer to, e.g. Encounter:patient; Encounter:* for all'),
  _revinclude: named('what refers to the matches, e.g. Observation:subject'),
  _elements: named('elements, apart by commas; the mandatory ones always come'),
  _format: named('json'),
  patient: named('Patient/id or id: also finds what is filed under other records of the same person'),
  identifier: named('system|value'),
  date: named('with eq, ne, gt, lt, ge, le, sa or eb before it'),
  status: named('a code; status:not leaves it out'),
  code: named('system|code')
}, { additionalProperties: true, description: 'Parameters of each type: GET metadata. Comma = or, repeated = and; one chained step, e.g. patient.identifier. Unknown ones are left out with a warning, or refused under Prefer: handling=strict.' })
const answers = { 200: { description: 'A Bundle of type searchset', content: { 'application/fhir+json': { schema: Type.Object({}) } } } }

/** search-type, by GET and by POST. */
export function searchRoutes (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  const offset = zoneOffset(deps.zone)
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => { done(null, body) })

    server.get('/:type', {
      schema: { tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Searches resources of a type', params: ByType, querystring: Query, response: answers }
    }, async (request, reply) => sendResource(reply, await searchType(deps, request, { type: request.params.type, pairs: queryPairs(request), offset })))

    server.post('/:type/_search', {
      schema: { tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Searches resources of a type, with the parameters in a form', params: ByType, querystring: Query, consumes: ['application/x-www-form-urlencoded'], response: answers }
    }, async (request, reply) => {
      const form = typeof request.body === 'string' ? [...new URLSearchParams(request.body)] : []
      return sendResource(reply, await searchType(deps, request, { type: request.params.type, pairs: [...queryPairs(request), ...form], offset }))
    })
  }
}
