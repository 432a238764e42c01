import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { IdempotencyStore } from '../../core/operations/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import { transportError } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every POST honours an Idempotency-Key; money, contracts, vouchers and bookings require one. ignored: the answer holds a secret, which is not kept. */
    idempotencyKey?: 'required' | 'ignored'
  }
  interface FastifyRequest {
    /** The key this request has taken and must finish. */
    takenKey: { readonly key: string, readonly scope: string } | null
  }
}

export interface RepetitionDeps {
  readonly inTransaction: InTransaction<{ readonly idempotency: IdempotencyStore }>
  readonly hash: (text: string) => string
  readonly now: () => Date
}

const keyRule = /^[\x21-\x7e]{1,200}$/

/** Same key and body → the first answer; the effect happens once. Keys of two tokens or two addresses never meet. */
export function guardRepetition (server: FastifyInstance, deps: RepetitionDeps): void {
  server.decorateRequest('takenKey', null)
  server.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'POST' || request.principal === null) return
    if (request.routeOptions.config.idempotencyKey === 'ignored') return
    const key = request.headers['idempotency-key']
    if (key === undefined) {
      if (request.routeOptions.config.idempotencyKey === 'required') throw transportError('IDEMPOTENCY_KEY_REQUIRED', 'Send an Idempotency-Key header, the same one for every repetition of this request.')
      return
    }
    if (Array.isArray(key) || !keyRule.test(key)) throw transportError('REQUEST_MALFORMED', 'An Idempotency-Key has 1 to 200 visible ASCII characters.')
    return await take(request, reply, { key, scope: `${request.principal.tokenId} ${pathOf(request)}` }, deps)
  })
  server.addHook('onSend', async (request, reply, payload) => {
    const taken = request.takenKey
    if (taken === null) return
    request.takenKey = null
    const { statusCode } = reply
    await deps.inTransaction(async ({ idempotency }) => {
      // What failed on our side may be repeated with the same key.
      if (statusCode >= 500 || typeof payload !== 'string') await idempotency.abandon(taken)
      else await idempotency.finish({ ...taken, status: statusCode, body: payload })
    })
  })
}

async function take (request: FastifyRequest, reply: FastifyReply, wanted: { readonly key: string, readonly scope: string }, deps: RepetitionDeps): Promise<FastifyReply | undefined> {
  const bodyHash = deps.hash(JSON.stringify(request.body ?? null))
  const stand = await deps.inTransaction(async ({ idempotency }) => await idempotency.begin({ ...wanted, bodyHash, at: deps.now() }))
  switch (stand.kind) {
    case 'begun':
      request.takenKey = wanted
      return undefined
    case 'running':
      void reply.header('retry-after', '1')
      throw new DomainError('IDEMPOTENCY_KEY_IN_USE', 'The first request with this Idempotency-Key is still running. Repeat after Retry-After.')
    case 'other_body':
      throw new DomainError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used with another body. Use a new key for a new request.')
    case 'answered':
      return reply.code(stand.status).header('idempotency-replayed', 'true')
        .header('content-type', stand.status >= 400 ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8').send(stand.body)
  }
}

function pathOf (request: FastifyRequest): string {
  return `${request.method} ${request.url.split('?', 1)[0] ?? ''}`
}
