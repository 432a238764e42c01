import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'

interface PagesDeps {
  /** Absolute path of this folder; the compiler does not carry the pages into dist. */
  readonly root: string
}

/** By address: a page asks for `../elements`, so they stand beside each of them. */
const folders = { '/console': 'console', '/kiosk': 'kiosk', '/m/call': 'call', '/elements': 'elements', '/m/elements': 'elements' } as const

/**
 * The status page at /console (/ leads there), the terminal's at /kiosk, the page of a call at /m/call: static files without a
 * framework, served to anybody. They hold nothing secret: what they show they ask for with the reader's token, the credential of
 * the device, or the ticket behind the # of the address, which no browser sends. Camera and microphone work on a secure address
 * only (HTTPS, or this machine itself). Files are revalidated, so that a new version shows at once.
 */
export function pages ({ root }: PagesDeps): FastifyPluginAsync {
  return async (server) => {
    server.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    server.get('/', async (_request, reply) => await reply.redirect('/console/'))
    for (const [prefix, folder] of Object.entries(folders)) {
      await server.register(fastifyStatic, { root: path.join(root, folder), prefix, redirect: true, index: 'index.html', cacheControl: false, decorateReply: false, setHeaders: (reply) => { void reply.header('cache-control', 'no-cache') } })
    }
  }
}
