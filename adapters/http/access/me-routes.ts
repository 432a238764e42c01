import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { roles } from '../../../core/access/index.ts'
import { callerOf } from '../access.ts'
import { nullable, oneOf } from '../wire.ts'

const Me = Type.Object({ role: oneOf(roles), personId: nullable(Type.String()), organizationId: nullable(Type.String()), wards: Type.Array(Type.String({ description: 'person ids' })), scopes: nullable(Type.Array(Type.String(), { description: 'null: all that the role may' })) })

export const meRoutes: FastifyPluginAsyncTypebox = async (server) => {
  server.get('/v1/me', {
    config: { access: 'any_token' },
    schema: { tags: ['access'], 'x-requirements': ['K-11'], summary: 'Whom the token stands for', response: { 200: Me } }
  }, async (request) => {
    const { principal, wards } = callerOf(request)
    return { role: principal.role, personId: principal.personId, organizationId: principal.organizationId, wards: [...wards], scopes: principal.scopes === null ? null : [...principal.scopes] }
  })
}
