import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { Resource } from '../../core/records/index.ts'
import { assertServed } from './admit.ts'
import type { FhirServerDeps } from './deps.ts'
import { issuesOf, outcome, type Issue } from './outcome.ts'
import { parametersOf, readParameters, valueOf } from './parameters.ts'
import { largestBodyBytes, postedResource } from './posted-body.ts'
import { readCurrent } from './read-record.ts'
import { sendResource } from './reply.ts'
import { queryValue } from './request-url.ts'

const ByType = Type.Object({ type: Type.String({ description: 'A resource type, e.g. Patient; metadata lists them' }) })
const ById = Type.Object({ ...ByType.properties, id: Type.String() })
const querystring = Type.Object({ mode: Type.Optional(Type.Unsafe<unknown>({ description: 'create or update' })), profile: Type.Optional(Type.Unsafe<unknown>({ description: 'not checked; a warning says so' })) }, { additionalProperties: true })
const schema = {
  tags: ['fhir'], 'x-requirements': ['K-11'], summary: 'Checks a resource against R4; stores nothing', description: 'The resource itself, or Parameters with resource, mode and profile. Answers 200 with an OperationOutcome either way.',
  consumes: ['application/fhir+json', 'application/json'], querystring, body: Type.Unsafe<unknown>({ type: 'object' }),
  response: { 200: { description: 'An OperationOutcome', content: { 'application/fhir+json': { schema: Type.Object({}) } } } }
}

/** $validate of a type and of one resource (FHIR R4 Resource operations). */
export function validateRoutes (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    readParameters(server)
    const options = { bodyLimit: largestBodyBytes, config: { access: 'message.convert' as const } }
    server.post('/:type/$validate', { ...options, schema: { ...schema, params: ByType } }, async (request, reply) => {
      assertServed(request.params.type)
      return sendResource(reply, validated(deps, { ...inputOf(request), ...request.params, id: null }))
    })
    server.post('/:type/:id/$validate', { ...options, schema: { ...schema, params: ById } }, async (request, reply) => {
      await readCurrent(deps, request, request.params)
      return sendResource(reply, validated(deps, { ...inputOf(request), ...request.params }))
    })
  }
}

interface Input {
  readonly resource: Resource
  readonly mode: string | null
  readonly profile: string | null
}

function inputOf (request: FastifyRequest): Input {
  const given = postedResource(request, null)
  const asked = { mode: queryValue(request, 'mode'), profile: queryValue(request, 'profile') }
  if (given.resourceType !== 'Parameters') return { resource: given, ...asked }
  const parameters = parametersOf(given)
  const named = (name: string): string | null => parameters.flatMap((one) => one.name === name ? valueOf(one) ?? [] : [])[0] ?? null
  const resource = parameters.find(({ name }) => name === 'resource')?.resource
  if (resource === undefined) throw new DomainError('REQUEST_INVALID', 'Give the resource as the parameter resource, or as the body itself.', 'Parameters.parameter')
  return { resource, mode: named('mode') ?? asked.mode, profile: named('profile') ?? asked.profile }
}

function validated ({ validate }: Pick<FhirServerDeps, 'validate'>, input: Input & { readonly type: string, readonly id: string | null }): Resource {
  const { profile } = input
  const errors = [...modeFaults(input), ...issuesOf(validate(input.resource))]
  const found = outcome(errors)['issue'] as readonly object[]
  const warnings = profile === null ? [] : outcome([{ code: 'not-supported', text: 'Profiles are not checked, only R4 itself.', place: 'profile' }], 'warning')['issue'] as readonly object[]
  const issue = [...found, ...warnings]
  return issue.length > 0 ? { resourceType: 'OperationOutcome', issue } : outcome([{ code: 'informational', text: 'The resource keeps to R4.' }], 'information')
}

/** What the interaction would ask besides. */
function modeFaults ({ resource, mode, type, id }: Input & { readonly type: string, readonly id: string | null }): readonly Issue[] {
  const wrong = (text: string, place: string): readonly Issue[] => [{ code: 'invalid', text, place }]
  if (mode !== null && !['create', 'update'].includes(mode)) return [{ code: 'not-supported', text: 'The mode must be create or update, or be left out.', place: 'mode' }]
  if (resource.resourceType !== type) return wrong('The resource is of another type than the address names.', 'resourceType')
  const isUpdate = mode === 'update' || (mode === null && id !== null)
  if (!isUpdate) return []
  if (resource.id === undefined) return wrong('An update needs the id of the resource.', `${type}.id`)
  return id !== null && resource.id !== id ? wrong('The id in the resource must be that of the address.', `${type}.id`) : []
}
