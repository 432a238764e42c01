import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Registry } from 'prom-client'
import { nullable } from '../wire.ts'

/** One part the product needs, e.g. `database`, `queue`, `source east`. */
export interface PartState {
  readonly name: string
  readonly ready: boolean
  /** Why not; no personal data. */
  readonly reason: string | null
}

export interface HealthDeps {
  readonly parts: () => Promise<readonly PartState[]>
  readonly metrics: Registry
  readonly version: { readonly name: string, readonly version: string, readonly commit: string | null }
  /** How long a part may take to answer, ms. */
  readonly partTimeoutMs: number
}

const Ready = Type.Object({
  ready: Type.Boolean(),
  parts: Type.Array(Type.Object({ name: Type.String(), ready: Type.Boolean(), reason: nullable(Type.String()) }))
})

const open = { access: 'public' } as const
const common = { tags: ['health'], security: [], 'x-requirements': [] }

export function healthRoutes ({ parts, metrics, version, partTimeoutMs }: HealthDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/health', {
      config: open,
      schema: { ...common, summary: 'The process is alive', response: { 200: Type.Object({ status: Type.Literal('alive') }) } }
    }, async () => ({ status: 'alive' as const }))

    server.get('/ready', {
      config: open,
      schema: { ...common, summary: 'All parts are there; else which is not, and why', response: { 200: Ready, 503: Ready } }
    }, async (_request, reply) => {
      const states = await withTimeout(parts(), partTimeoutMs)
      const ready = states.every((part) => part.ready)
      return await reply.code(ready ? 200 : 503).send({ ready, parts: [...states] })
    })

    server.get('/metrics', {
      config: open,
      schema: { ...common, summary: 'Numbers for Prometheus', produces: ['text/plain'], response: { 200: Type.String() } }
    }, async (_request, reply) => await reply.header('content-type', metrics.contentType).send(await metrics.metrics()))

    server.get('/version', {
      config: open,
      schema: { ...common, summary: 'What is running', response: { 200: Type.Object({ name: Type.String(), version: Type.String(), commit: nullable(Type.String()) }) } }
    }, async () => version)
  }
}

async function withTimeout (states: Promise<readonly PartState[]>, timeoutMs: number): Promise<readonly PartState[]> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<readonly PartState[]>((resolve) => {
    timer = setTimeout(() => { resolve([{ name: 'server', ready: false, reason: `The parts did not answer within ${timeoutMs} ms.` }]) }, timeoutMs)
  })
  try {
    return await Promise.race([states, late])
  } catch {
    return [{ name: 'server', ready: false, reason: 'A part could not be asked. The log says why.' }]
  } finally {
    clearTimeout(timer)
  }
}
