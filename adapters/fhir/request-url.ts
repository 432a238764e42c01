import type { FastifyRequest } from 'fastify'
import type { QueryPair } from './search-query.ts'

/** The parameters of the address, repeated ones and their order kept. */
export function queryPairs (request: FastifyRequest): readonly QueryPair[] {
  const mark = request.url.indexOf('?')
  return mark < 0 ? [] : [...new URLSearchParams(request.url.slice(mark + 1))]
}

export function queryValue (request: FastifyRequest, name: string): string | null {
  return queryPairs(request).find(([key]) => key === name)?.[1] ?? null
}

/** Where this server stands for the client: the configured address, else the one that was called. */
export function baseUrlOf (request: FastifyRequest, publicUrl: string | null): string {
  return publicUrl ?? `${request.protocol}://${request.host}/fhir`
}

export function isStrict (request: FastifyRequest): boolean {
  const prefer = request.headers['prefer']
  return /(?:^|[,;\s])handling=strict(?:$|[,;\s])/.test(Array.isArray(prefer) ? prefer.join(',') : prefer ?? '')
}
