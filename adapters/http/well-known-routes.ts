import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

/** Public keys by which others verify what we sign: the credit feed, vouchers. */
export function wellKnownRoutes ({ publicKeys }: { readonly publicKeys: ReadonlyArray<Readonly<Record<string, string>>> }): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/.well-known/yiqiao-keys.json', {
      config: { access: 'public' },
      schema: {
        tags: ['keys'],
        security: [],
        'x-requirements': ['K-10'],
        summary: 'Public keys of what we sign, as a JWK set; `kid` is the key id of a signature',
        response: { 200: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.String())) }) }
      }
    }, async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300')
      return { keys: [...publicKeys] }
    })
  }
}
