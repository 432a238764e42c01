import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'

/**
 * The page of a terminal at /kiosk: static files, served to anybody, since all that they show is asked for with the credential of
 * the device. Its camera works on a secure address only (HTTPS, or this machine itself).
 */
export function kioskPages ({ root }: { readonly root: string }): FastifyPluginAsync {
  return async (server) => {
    server.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    await server.register(fastifyStatic, { root, prefix: '/kiosk', redirect: true, index: 'index.html', cacheControl: false, decorateReply: false, setHeaders: (reply) => { void reply.header('cache-control', 'no-cache') } })
  }
}
