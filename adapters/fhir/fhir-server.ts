import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { bundleRoutes } from './bundle-routes.ts'
import { capabilityStatement } from './capability-statement.ts'
import { namesFhirJson, wantsFhirJson } from './content-negotiation.ts'
import { convertDataRoute } from './convert-data-route.ts'
import type { FhirServerDeps } from './deps.ts'
import { everythingRoute } from './everything-route.ts'
import { outcomeOf, transportRefusal } from './outcome.ts'
import { readRoutes } from './read-routes.ts'
import { sendOutcome, sendResource } from './reply.ts'
import { baseUrlOf, queryValue } from './request-url.ts'
import { searchRoutes } from './search-routes.ts'
import { validateRoutes } from './validate-routes.ts'
import { writeRoutes } from './write-routes.ts'

/** The FHIR R4 side, to be registered under /fhir behind the server's guards. Every error is an OperationOutcome. */
export function fhirServer (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    // A repetition is told by the hospital's own keys and If-None-Exist; an answer kept by key would lack ETag and Location.
    server.addHook('onRoute', (route) => { route.config = { ...route.config, idempotencyKey: 'ignored' } })
    server.setErrorHandler((error, request, reply) => answerError(error, request, reply))
    server.setNotFoundHandler((request, reply) => answerError(transportRefusal(404, 'There is nothing at this address. GET metadata lists what there is.'), request, reply))
    server.addContentTypeParser('application/fhir+json', { parseAs: 'string' }, server.getDefaultJsonParser('error', 'error'))
    server.addHook('preHandler', async (request) => { assertAcceptable(request) })

    server.get('/metadata', {
      config: { access: 'public' },
      schema: {
        tags: ['fhir'], 'x-requirements': ['K-11'], summary: 'What this FHIR server can do (CapabilityStatement)', security: [],
        response: { 200: { description: 'A CapabilityStatement', content: { 'application/fhir+json': { schema: Type.Object({}) } } } }
      }
    }, async (request, reply) => sendResource(reply, capabilityStatement(deps, baseUrlOf(request, deps.publicUrl))))

    await server.register(convertDataRoute(deps))
    await server.register(validateRoutes(deps))
    await server.register(everythingRoute(deps))
    await server.register(searchRoutes(deps))
    await server.register(readRoutes(deps))
    await server.register(bundleRoutes(deps))
    await server.register(writeRoutes(deps))
    await server.register(refusedInteractions)
  }
}

/** FHIR interactions that are not there: said so, instead of "nothing at this address". */
const refusedInteractions: FastifyPluginAsyncTypebox = async (server) => {
  const schema: FastifySchema & { readonly hide: true } = { hide: true }
  const refuse = (allowed: string) => async (_request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    void reply.header('allow', allowed)
    throw transportRefusal(405, 'This interaction is not there: nothing is deleted or patched. What was wrong becomes entered-in-error by PUT. GET metadata lists what there is.')
  }
  // Bodies are not read: the answer is the same for all.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, payload, done) => { payload.resume(); done(null) })
  server.route({ method: ['GET', 'PUT', 'PATCH', 'DELETE'], url: '/', schema, handler: refuse('POST') })
  server.route({ method: ['PUT', 'PATCH', 'DELETE'], url: '/:type', schema, handler: refuse('GET, HEAD, POST') })
  server.route({ method: ['POST', 'PATCH', 'DELETE'], url: '/:type/:id', schema, handler: refuse('GET, HEAD, PUT') })
}

function answerError (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = outcomeOf(error, request.id)
  if (answer.status >= 500) request.log.error({ requestId: request.id, err: error }, 'FHIR request failed')
  return sendOutcome(reply, answer)
}

/** Only a Binary has a form of its own besides FHIR JSON. */
function assertAcceptable (request: FastifyRequest): void {
  const wish = { accept: request.headers.accept, format: queryValue(request, '_format') }
  const isBinary = (request.params as { readonly type?: string } | undefined)?.type === 'Binary' && request.routeOptions.url?.endsWith('/:type/:id') === true
  if (isBinary ? wish.format !== null && !namesFhirJson(wish) : !wantsFhirJson(wish)) {
    throw transportRefusal(406, 'Answers are application/fhir+json, FHIR 4.0. Ask for that in Accept or _format.')
  }
}
