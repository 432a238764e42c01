import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'

interface ConsolePagesDeps {
  /** Absolute path of the folder that holds the pages; the compiler does not carry them into dist. */
  readonly root: string
}

/**
 * The status page at /console, and / leads there. Static files without a framework: the page itself holds nothing
 * secret, what it shows it asks for with the reader's token. Files are revalidated, so that a new version shows at once.
 */
export function consolePages ({ root }: ConsolePagesDeps): FastifyPluginAsync {
  return async (server) => {
    server.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    server.get('/', async (_request, reply) => await reply.redirect('/console/'))
    await server.register(fastifyStatic, { root, prefix: '/console', redirect: true, index: 'index.html', cacheControl: false, setHeaders: (reply) => { void reply.header('cache-control', 'no-cache') } })
  }
}
