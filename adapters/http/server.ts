import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { Histogram } from 'prom-client'
import type { AuditEvent, CallerWithWards, Principal } from '../../core/access/index.ts'
import type { Ids } from '../../core/ids.ts'
import { guardRoutes } from './access.ts'
import { registerApiDocs } from './api-docs.ts'
import { openAuditTrail } from './audit-trail.ts'
import { demoRoutes, type DemoDeps } from './operations/demo-routes.ts'
import { healthRoutes, type HealthDeps } from './operations/health-routes.ts'
import { lazySchemas } from './lazy-schemas.ts'
import { problemHandler, routeNotFound } from './problem.ts'
import { guardRepetition, type RepetitionDeps } from './repetition.ts'
import { mostFrameBytes } from './dialogue/rtc-frames.ts'
import { v1Routes, type V1Deps } from './v1-routes.ts'

export interface HttpLimits {
  readonly bodyBytes: number
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number
  readonly handlerTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** Requests a minute of one client or token, or of one address on public routes. */
  readonly requestsPerMinute: number
  /** Requests a minute of one address without a valid token or to nowhere. */
  readonly guessesPerMinute: number
}

export const usualLimits: HttpLimits = {
  bodyBytes: 1_048_576,
  requestTimeoutMs: 30_000,
  handlerTimeoutMs: 30_000,
  keepAliveTimeoutMs: 72_000,
  requestsPerMinute: 60_000,
  guessesPerMinute: 6_000
}

export interface HttpDeps {
  /** From createLogger, so that the redaction holds. */
  readonly logger: FastifyBaseLogger
  readonly ids: Ids
  readonly realNow: () => Date
  readonly limits: HttpLimits
  readonly authenticate: (secret: string, now: Date) => Promise<Principal | null>
  readonly findCaller: (principal: Principal) => Promise<CallerWithWards>
  readonly appendAudit: (events: readonly AuditEvent[]) => Promise<void>
  readonly health: HealthDeps
  readonly repetition: RepetitionDeps
  readonly v1: V1Deps
  /** null outside the demo: then /demo is not there. */
  readonly demo: DemoDeps | null
}

const minuteMs = 60_000
/** No script, style or connection from anywhere else; nothing inline. */
const pagePolicy = { defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], connectSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] }

/**
 * The HTTP side, apart from listening: `inject` serves tests, `listen` the world. The app may register further plugins
 * (FHIR, pages) on what it gets; they stand behind the same guards and in the same /docs.
 */
export async function buildServer (deps: HttpDeps): Promise<FastifyInstance> {
  const { limits, logger, ids, realNow } = deps
  const server = Fastify({
    loggerInstance: logger,
    // Fastify's own lines carry the address; watchRequests writes lines without it.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    handlerTimeout: limits.handlerTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    genReqId: () => ids.next(),
    frameworkErrors: (error, request, reply) => { problemHandler(error, request, reply) },
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: lazySchemas() },
    // A misspelt filter is refused instead of silently giving more than was asked for.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true } }
  }).withTypeProvider<TypeBoxTypeProvider>()
  server.setErrorHandler(problemHandler)
  watchRequests(server, deps)

  await server.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: pagePolicy }, crossOriginEmbedderPolicy: false })
  await server.register(rateLimit, { global: false })
  // For every route, so that an upgrade to one that speaks no WebSocket is answered and its connection closed.
  await server.register(websocket, { options: { maxPayload: mostFrameBytes }, preClose: letGo })
  const guesses = server.createRateLimit({ max: limits.guessesPerMinute, timeWindow: minuteMs, keyGenerator: (request) => request.ip })
  const trail = openAuditTrail({
    append: deps.appendAudit,
    onFailure: (error) => { logger.error({ err: error }, 'audit could not be written; it is tried again') },
    capacity: 1_000,
    flushMs: 500
  })
  server.addHook('onClose', async () => { await trail.flush() })
  guardRoutes(server, { authenticate: deps.authenticate, findCaller: deps.findCaller, audit: trail.add, ids, realNow, mayGuess: async (request) => !isExceeded(await guesses(request)) })
  server.addHook('onRequest', server.rateLimit({
    // What leads nowhere is counted apart and sooner: it is how addresses and ids are tried out.
    max: (request) => request.is404 ? limits.guessesPerMinute : limits.requestsPerMinute,
    timeWindow: minuteMs,
    keyGenerator: (request) => request.is404 ? `nowhere ${request.ip}` : request.principal?.clientId ?? request.principal?.tokenId ?? request.ip
  }))
  guardRepetition(server, deps.repetition)
  server.setNotFoundHandler(routeNotFound)

  await registerApiDocs(server, deps.health.version.version)
  await server.register(healthRoutes(deps.health))
  await server.register(v1Routes(deps.v1))
  if (deps.demo !== null) await server.register(demoRoutes(deps.demo))
  return server
}

/** Going away (RFC 6455 §7.4.1): whoever is connected comes back, to another node if there is one. */
function letGo (this: FastifyInstance, done: () => void): void {
  for (const client of this.websocketServer.clients) client.close(1001)
  done()
}

function isExceeded (state: { readonly isAllowed: boolean, readonly isExceeded?: boolean }): boolean {
  return !state.isAllowed && state.isExceeded === true
}

/** One log line and one measurement a request, by the route's pattern: addresses carry ids and search words. */
function watchRequests (server: FastifyInstance, { health }: HttpDeps): void {
  const seconds = new Histogram({
    name: 'yiqiao_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [health.metrics]
  })
  server.addHook('onRequest', async (request, reply) => { void reply.header('x-request-id', request.id) })
  server.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'nowhere' : request.routeOptions.url ?? 'nowhere'
    seconds.observe({ method: request.method, route, status: `${Math.floor(reply.statusCode / 100)}xx` }, reply.elapsedTime / 1000)
    request.log.info({ requestId: request.id, method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime), role: request.principal?.role, tokenId: request.principal?.tokenId }, 'request')
  })
}
