import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'

declare module 'fastify' {
  interface FastifySchema {
    /** Requirement ids (docs/requirements.csv) that this operation serves. */
    'x-requirements'?: readonly string[]
  }
}

const problem = {
  description: 'A refusal (RFC 9457); docs/errors.md explains each code',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
        properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' }, code: { type: 'string' }, requestId: { type: 'string' }, place: { type: 'string' } }
      }
    }
  }
}

/** OpenAPI 3.1 of every route of the server, also of plugins that are registered later, at /docs and /docs/json. */
export async function registerApiDocs (server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Yiqiao 医桥', version, description: 'Between hospital information systems and patient channels. Money is in integer fen, instants carry an offset, lists answer {items, next}.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }]
    },
    transform: ({ schema, url, route }) => {
      // A FHIR path answers refusals with an OperationOutcome, which its own plugin describes.
      const refusals = url.startsWith('/fhir') ? {} : { default: problem }
      const described: FastifySchema = schema ?? {}
      const access = route.config?.access
      return {
        url,
        schema: {
          'x-requirements': [],
          ...(access === undefined ? {} : { 'x-access': access }),
          ...described,
          response: { ...(described.response as Record<string, unknown> | undefined), ...refusals }
        }
      }
    }
  })
  await server.register(async (docs) => {
    docs.addHook('onRoute', (route) => { route.config = { ...route.config, access: 'public' } })
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'; font-src 'self' data:; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'",
      uiConfig: { persistAuthorization: false }
    })
  })
}
