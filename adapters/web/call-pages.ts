import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'

/**
 * The page of a call at /m/call: static files, served to anybody; the ticket that lets somebody into a room stands behind the # of
 * the address, which no browser sends. Camera and microphone work on a secure address only (HTTPS, or this machine itself).
 */
export function callPages ({ root }: { readonly root: string }): FastifyPluginAsync {
  return async (server) => {
    server.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    await server.register(fastifyStatic, { root, prefix: '/m/call', redirect: true, index: 'index.html', cacheControl: false, decorateReply: false, setHeaders: (reply) => { void reply.header('cache-control', 'no-cache') } })
  }
}
