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

function prefers (request: FastifyRequest, preference: string): boolean {
  const prefer = request.headers['prefer']
  return (Array.isArray(prefer) ? prefer.join(',') : prefer ?? '').split(/[,;\s]+/).includes(preference)
}

export function isStrict (request: FastifyRequest): boolean {
  return prefers(request, 'handling=strict')
}

/** What a write is answered with (FHIR R4 §3.1.0.2). */
export function wantedReturn (request: FastifyRequest): 'minimal' | 'representation' | 'OperationOutcome' | null {
  const wishes = ['minimal', 'representation', 'OperationOutcome'] as const
  return wishes.find((wish) => prefers(request, `return=${wish}`)) ?? null
}
