import type { FastifyInstance } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { Resource } from '../../core/records/index.ts'
import type { QueryPair } from './search-query.ts'

/** A parameter of an operation (FHIR R4 Parameters), with its value under any of its types. */
interface Parameter extends Readonly<Record<string, unknown>> {
  readonly name: string
  readonly resource?: Resource
}

/** Bodies of operations, which may be left out. */
export function readParameters (server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(['application/fhir+json', 'application/json'], { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body.toString(), done)
  })
}

/** The parameters of a body; none where there is no body. */
export function parametersOf (body: unknown): readonly Parameter[] {
  if (body === undefined || body === null) return []
  const { resourceType, parameter = [] } = body as { readonly resourceType?: unknown, readonly parameter?: unknown }
  if (resourceType !== 'Parameters' || !Array.isArray(parameter)) throw new DomainError('REQUEST_INVALID', 'Send the inputs of the operation as a Parameters resource.', 'Parameters')
  return parameter.filter((one): one is Parameter => typeof one === 'object' && one !== null && typeof (one as Partial<Parameter>).name === 'string')
}

/** The same as names and values of an address; a repeated one is joined by commas. */
export function parameterPairs (body: unknown): readonly QueryPair[] {
  const values = new Map<string, string[]>()
  for (const parameter of parametersOf(body)) {
    const value = valueOf(parameter)
    if (value !== null) values.set(parameter.name, [...values.get(parameter.name) ?? [], value])
  }
  return [...values].map(([name, all]) => [name, all.join(',')] as const)
}

export function valueOf (parameter: Parameter): string | null {
  const value = Object.entries(parameter).find(([key]) => key.startsWith('value'))?.[1]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
