import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { limitsOf } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import { pointedKey, referencesIn } from '../../core/intake/index.ts'
import type { RecordVersion, Resource } from '../../core/records/index.ts'
import { limitsFor, noteSearch } from './admit.ts'
import { everythingBundle } from './bundles.ts'
import { dateRange, zoneOffset, type ZoneOffset } from './date-range.ts'
import type { FhirServerDeps } from './deps.ts'
import { isVisible } from './is-visible.ts'
import { parameterPairs, readParameters } from './parameters.ts'
import { permissionOf } from './permission-of.ts'
import { readCurrent } from './read-record.ts'
import { sendResource } from './reply.ts'
import { baseUrlOf, isStrict, queryPairs } from './request-url.ts'
import { searchRows } from './search-row.ts'
import { parsePage, type QueryPair } from './search-query.ts'

const params = Type.Object({ id: Type.String() })
const named = (description: string) => Type.Optional(Type.Unsafe<unknown>({ description }))
const querystring = Type.Object({ _since: named('an instant: only what changed then or later'), _type: named('types, apart by commas'), _count: named('entries a page'), _offset: named('where the page begins; take it from the links') }, { additionalProperties: true })
const response = { 200: { description: 'A Bundle of type searchset', content: { 'application/fhir+json': { schema: Type.Object({}) } } } }
const schema = { tags: ['fhir'], 'x-requirements': ['K-01', 'K-11'], summary: 'Everything of a person', description: 'All records in the compartments of the person\'s tied patient records that the caller may see; the doctors and places they name come along.', params, querystring, response }

/** Patient/$everything (FHIR R4 Patient operations), by GET and by POST of Parameters. */
export function everythingRoute (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  const offset = zoneOffset(deps.zone)
  return async (server) => {
    readParameters(server)
    server.get('/Patient/:id/$everything', { schema }, async (request, reply) =>
      sendResource(reply, await everythingOf(deps, request, { id: request.params.id, pairs: queryPairs(request), offset })))
    server.post('/Patient/:id/$everything', { schema: { ...schema, consumes: ['application/fhir+json', 'application/json'] } }, async (request, reply) =>
      sendResource(reply, await everythingOf(deps, request, { id: request.params.id, pairs: [...queryPairs(request), ...parameterPairs(request.body)], offset })))
  }
}

async function everythingOf (deps: FhirServerDeps, request: FastifyRequest, { id, pairs, offset }: { readonly id: string, readonly pairs: readonly QueryPair[], readonly offset: ZoneOffset }): Promise<Resource> {
  const patient = await readCurrent(deps, request, { type: 'Patient', id })
  const limits = limitsFor(deps, request, 'Patient')
  const valueOf = (name: string): string | null => pairs.find(([key]) => key === name)?.[1] ?? null
  const page = parsePage(pairs.filter(([name]) => name !== '_since' && name !== '_type'), isStrict(request))
  const asked = typesOf(valueOf('_type'))
  const types = [...searchRows.keys()].filter((type) => (asked === null || asked.includes(type)) && limitsOf(deps.callerOf(request), permissionOf(type), type) !== null)
  const tied = await deps.samePerson(patient.id)
  const { records, total } = await deps.inReading(async (stores) => await stores.records.compartment({
    types,
    patientIds: limits.patientIds === null ? tied : tied.filter((one) => limits.patientIds?.includes(one)),
    hospitalId: limits.hospitalId,
    since: sinceOf(valueOf('_since'), offset),
    limit: page.count,
    offset: page.offset
  }))
  const included = await namedBy(deps, request, { records, types })
  for (const type of new Set(records.map((record) => record.type))) noteSearch(deps, request, type, records.filter((record) => record.type === type))
  const baseUrl = baseUrlOf(request, deps.publicUrl)
  const kept = pairs.filter(([name]) => name === '_since' || name === '_type')
  return everythingBundle(`${baseUrl}/Patient/${id}/$everything`, baseUrl, { records, included, pairs: kept, page: { ...page, total } })
}

function typesOf (text: string | null): readonly string[] | null {
  if (text === null) return null
  const types = text.split(',')
  if (!types.every((type) => searchRows.has(type))) throw new DomainError('RECORD_SEARCH_INVALID', '_type takes types that are served, apart by commas. GET metadata lists them.', '_type')
  return types
}

function sinceOf (text: string | null, offset: ZoneOffset): number | null {
  if (text === null) return null
  const range = dateRange(text.replace(' ', '+'), offset)
  if (range === null) throw new DomainError('RECORD_SEARCH_INVALID', '_since must be an instant, as 2027-03-01T08:00:00+08:00.', '_since')
  return range.from
}

/** Doctors, departments and places that the records of a page name: they are in nobody's compartment. */
async function namedBy (deps: FhirServerDeps, request: FastifyRequest, { records, types }: { readonly records: readonly RecordVersion[], readonly types: readonly string[] }): Promise<readonly RecordVersion[]> {
  const keys = new Map(records.flatMap(({ resource }) => referencesIn(resource, '')).flatMap(({ text }) => {
    const key = pointedKey(text)
    return key === null || permissionOf(key.type) !== 'directory.read' || !types.includes(key.type) ? [] : [[`${key.type}/${key.id}`, key] as const]
  }))
  if (keys.size === 0) return []
  const found = await deps.inReading(async (stores) => await stores.records.current([...keys.values()]))
  return found.filter((record) => isVisible(deps, request, record))
}
