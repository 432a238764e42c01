import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Client, type ClientStore, type ClientWithSecret, type RegisterClient } from '../../../core/access/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface ClientRoutesDeps {
  readonly inReading: InTransaction<{ readonly clients: ClientStore }>
  readonly registerClient: (command: RegisterClient) => Promise<ClientWithSecret>
  readonly rotateClient: (id: string) => Promise<ClientWithSecret>
  readonly revokeClient: (id: string) => Promise<Client>
}

const members = {
  id: Id,
  name: Type.String(),
  role: Type.Literal('integrator'),
  organizationId: nullable(Id),
  scopes: Type.Array(Type.String()),
  speaksFor: oneOf(['hospital', 'app'] as const),
  createdAt: Instant,
  revokedAt: nullable(Instant),
  oldSecretUntil: nullable(Instant)
}
const ClientBody = Type.Object(members)
const SecretBody = Type.Object({ ...members, clientId: Id, clientSecret: Type.String({ description: 'shown this once' }) })
const NewClient = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  role: Type.Literal('integrator'),
  organizationId: Type.Optional(nullable(Id)),
  scopes: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 50 }),
  speaksFor: oneOf(['hospital', 'app'] as const)
}, { additionalProperties: false })
const common = { tags: ['access'], 'x-requirements': ['K-11'] }
const managing = { access: 'client.manage', idempotencyKey: 'ignored' } as const

/** 集成商客户端, kept by an administrator. */
export function clientRoutes ({ inReading, registerClient, rotateClient, revokeClient }: ClientRoutesDeps, writeInstant: WriteInstant): FastifyPluginAsyncTypebox {
  const bodyOf = ({ id, name, role, organizationId, scopes, speaksFor, createdAt, revokedAt, previousSecret }: Client) => ({
    id, name, role, organizationId, speaksFor, scopes: [...scopes], createdAt: writeInstant(createdAt), revokedAt: orNull(revokedAt, writeInstant), oldSecretUntil: orNull(previousSecret?.until ?? null, writeInstant)
  })
  const withSecret = ({ client, secret }: ClientWithSecret) => ({ ...bodyOf(client), clientId: client.id, clientSecret: secret })
  return async (server) => {
    server.get('/v1/ops/clients', {
      config: managing,
      schema: { ...common, summary: 'Clients of integrators, newest first', querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(ClientBody) } }
    }, async (request) => {
      const { rows, next } = await inReading(({ clients }) => pageByOffset(request.query, clients.list))
      noteAccess(request, { target: 'client', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: rows.map(bodyOf), next }
    })

    server.post('/v1/ops/clients', {
      config: managing,
      schema: { ...common, summary: 'Registers a client; its secret is shown once', body: NewClient, response: { 201: SecretBody } }
    }, async (request, reply) => {
      const { name, organizationId = null, scopes, speaksFor } = request.body
      const registered = await registerClient({ name, organizationId, scopes, speaksFor })
      noteAccess(request, { target: 'client', targetId: registered.client.id, patientId: null, outcome: 'allowed' })
      return await reply.code(201).header('cache-control', 'no-store').send(withSecret(registered))
    })

    server.post('/v1/ops/clients/:id/rotate', {
      config: managing,
      schema: { ...common, summary: 'A new secret, shown once; the old one is taken for a day more', params: ById, response: { 200: SecretBody } }
    }, async (request, reply) => {
      const rotated = await rotateClient(request.params.id)
      noteAccess(request, { target: 'client', targetId: request.params.id, patientId: null, outcome: 'allowed' })
      return await reply.header('cache-control', 'no-store').send(withSecret(rotated))
    })

    server.post('/v1/ops/clients/:id/revoke', {
      config: managing,
      schema: { ...common, summary: 'Ends the client and all its tokens', params: ById, response: { 200: ClientBody } }
    }, async (request) => {
      const client = await revokeClient(request.params.id)
      noteAccess(request, { target: 'client', targetId: client.id, patientId: null, outcome: 'allowed' })
      return bodyOf(client)
    })
  }
}
