import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { Pause, Pauses } from '../../../core/operations/index.ts'
import { callerOf, noteAccess } from '../access.ts'
import { Instant, nullable, pageOf, type WriteInstant } from '../wire.ts'

export interface QueueRoutesDeps {
  readonly writeInstant: WriteInstant
  /** Names of all queues that can be paused: `inbox`, `source:<name>`, `destination:<name>`. */
  readonly queues: () => readonly string[]
  readonly pauses: Pick<Pauses, 'list' | 'pause' | 'resume'>
}

const ByQueue = Type.Object({ queue: Type.String({ maxLength: 100, description: '`inbox`, `source:<name>` or `destination:<name>`' }) })
const QueueBody = Type.Object({
  queue: Type.String(),
  paused: Type.Boolean(),
  since: nullable(Instant),
  by: nullable(Type.String({ description: 'token id of the operator' })),
  reason: nullable(Type.String())
})
const common = { tags: ['operations'], 'x-requirements': ['K-12'] }

/** An operator holds a queue: what comes is kept, nothing is lost, and it goes on where it stood. */
export function queueRoutes ({ queues, pauses, writeInstant }: QueueRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = (queue: string, pause: Pause | undefined) => ({
    queue,
    paused: pause !== undefined,
    since: pause === undefined ? null : writeInstant(pause.at),
    by: pause?.by ?? null,
    reason: pause?.reason ?? null
  })
  const stateOf = (queue: string) => bodyOf(queue, pauses.list().find((pause) => pause.queue === queue))
  const known = (queue: string): string => {
    if (queues().includes(queue)) return queue
    throw new DomainError('QUEUE_NOT_FOUND', 'No queue has this name. List the queues.')
  }
  return async (server) => {
    server.get('/v1/ops/queues', {
      config: { access: 'operations.read' },
      schema: { ...common, summary: 'The queues, and which of them are paused', response: { 200: pageOf(QueueBody) } }
    }, async () => ({ items: queues().map(stateOf), next: null }))

    server.post('/v1/ops/queues/:queue/pause', {
      config: { access: 'queue.operate' },
      schema: { ...common, summary: 'Holds a queue; pausing it twice is pausing it once', params: ByQueue, body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500, description: 'no personal data' }) }, { additionalProperties: false }), response: { 200: QueueBody } }
    }, async (request) => {
      const queue = known(request.params.queue)
      noteAccess(request, { action: 'operate', target: 'queue', targetId: queue, patientId: null, outcome: 'allowed' })
      await pauses.pause({ queue, by: callerOf(request).principal.tokenId, reason: request.body.reason })
      return stateOf(queue)
    })

    server.post('/v1/ops/queues/:queue/resume', {
      config: { access: 'queue.operate' },
      schema: { ...common, summary: 'Lets a queue go on where it stood', params: ByQueue, body: Type.Object({}, { additionalProperties: false }), response: { 200: QueueBody } }
    }, async (request) => {
      const queue = known(request.params.queue)
      noteAccess(request, { action: 'operate', target: 'queue', targetId: queue, patientId: null, outcome: 'allowed' })
      await pauses.resume(queue)
      return stateOf(queue)
    })
  }
}
