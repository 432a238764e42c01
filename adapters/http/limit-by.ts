import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { transportError } from './problem.ts'

interface Limit {
  readonly most: number
  readonly windowMs: number
  /** What is counted: an address, a client. */
  readonly of: (request: FastifyRequest) => string
}

/** Counts in memory, for the 5,000 keys seen last (the plugin's bound); refuses with 429 and Retry-After what goes beyond. */
export function limitBy (server: FastifyInstance, { most, windowMs, of }: Limit): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const count = server.createRateLimit({ max: most, timeWindow: windowMs, keyGenerator: of })
  return async (request, reply) => {
    const state = await count(request)
    if (!state.isAllowed && state.isExceeded) refuseUntil(reply, state.ttlInSeconds)
  }
}

export function refuseUntil (reply: FastifyReply, seconds: number): never {
  void reply.header('retry-after', String(Math.max(1, Math.ceil(seconds))))
  throw transportError('RATE_LIMITED', 'Too many requests. Wait as long as Retry-After says.')
}
