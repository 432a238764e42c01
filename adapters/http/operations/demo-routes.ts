import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { RanJob } from '../../../core/operations/index.ts'
import { noteAccess } from '../access.ts'
import { addDuration } from '../add-duration.ts'
import { Instant, instantIn, offsetIn } from '../wire.ts'

export interface DemoDeps {
  /** The business zone. */
  readonly zone: string
  /** Business time. */
  readonly now: () => Date
  /**
   * Answers when every job and timer due in between has run and inbox and outbox are drained. Forward only: refuses
   * with CLOCK_NOT_FORWARD.
   */
  readonly moveClock: (target: Date) => Promise<readonly RanJob[]>
  /** By the names of contract.md: his, sms, … */
  readonly simulators: Readonly<Record<string, DemoSimulator>>
}

export interface DemoSimulator {
  readonly items: (since: Date | null) => Promise<ReadonlyArray<{ readonly at: Date, readonly kind: string, readonly key: string, readonly body: unknown }>>
  readonly setFaults: (faults: readonly DemoFault[]) => Promise<void>
  /** Acts as that party; refuses an act it does not know with REQUEST_INVALID. */
  readonly act: (act: { readonly act: string, readonly key: string | null }) => Promise<unknown>
}

export interface DemoFault {
  readonly kind: string
  readonly rate: number
  readonly count: number | null
  readonly seed: number
}

const ClockBody = Type.Object({ now: Instant })
const MovedBody = Type.Object({ now: Instant, ran: Type.Array(Type.Object({ job: Type.String(), dueAt: Instant, status: Type.String() })) })
const Move = Type.Union([
  Type.Object({ advance: Type.String({ maxLength: 40, description: 'ISO 8601 duration, e.g. P1D or PT2H' }) }, { additionalProperties: false }),
  Type.Object({ set: Instant }, { additionalProperties: false })
])
const Fault = Type.Object({ kind: Type.String({ maxLength: 100 }), rate: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: '1 unless given' })), count: Type.Optional(Type.Integer({ minimum: 0 })), seed: Type.Optional(Type.Integer()) }, { additionalProperties: false })
const Order = Type.Union([
  Type.Object({ faults: Type.Array(Fault, { maxItems: 50 }) }, { additionalProperties: false }),
  Type.Object({ act: Type.String({ maxLength: 50 }), key: Type.Optional(Type.String({ maxLength: 200 })) }, { additionalProperties: false })
])
const ByName = Type.Object({ name: Type.String({ maxLength: 50 }) })
const Journal = Type.Object({ items: Type.Array(Type.Object({ at: Instant, kind: Type.String(), key: Type.String(), body: Type.Unknown() })) })
const common = { tags: ['demo'], 'x-requirements': [] }
/** A year of business days runs in one call. */
const moveTimeoutMs = 600_000

export function demoRoutes ({ zone, now, moveClock, simulators }: DemoDeps): FastifyPluginAsyncTypebox {
  const writeInstant = instantIn(zone)
  const offsetMs = offsetIn(zone)
  const simulatorOf = (name: string): DemoSimulator => {
    const simulator = Object.hasOwn(simulators, name) ? simulators[name] : undefined
    if (simulator === undefined) throw new DomainError('RECORD_NOT_FOUND', 'This demo has no simulator of that name.')
    return simulator
  }
  return async (server) => {
    server.get('/demo/clock', {
      config: { access: 'any_token' },
      schema: { ...common, summary: 'Business time', response: { 200: ClockBody } }
    }, async () => ({ now: writeInstant(now()) }))

    server.post('/demo/clock', {
      config: { access: 'clock.move' },
      handlerTimeout: moveTimeoutMs,
      schema: { ...common, summary: 'Moves business time forward; all that falls due in between happens first', body: Move, response: { 200: MovedBody } }
    }, async (request) => {
      const { body } = request
      const ran = await moveClock('advance' in body ? addDuration(now(), body.advance, offsetMs) : new Date(body.set))
      noteAccess(request, { action: 'operate', target: 'clock', targetId: null, patientId: null, outcome: 'allowed' })
      return { now: writeInstant(now()), ran: ran.map((run) => ({ ...run, dueAt: writeInstant(run.dueAt) })) }
    })

    server.get('/demo/simulators/:name', {
      config: { access: 'simulator.operate' },
      schema: { ...common, summary: 'What the simulated party sent and received', params: ByName, querystring: Type.Object({ since: Type.Optional(Instant) }, { additionalProperties: false }), response: { 200: Journal } }
    }, async (request) => {
      const { since } = request.query
      const items = await simulatorOf(request.params.name).items(since === undefined ? null : new Date(since))
      return { items: items.map((item) => ({ ...item, at: writeInstant(item.at) })) }
    })

    server.post('/demo/simulators/:name', {
      config: { access: 'simulator.operate' },
      handlerTimeout: moveTimeoutMs,
      schema: { ...common, summary: 'Replaces the faults of a simulated party, or acts as it', params: ByName, body: Order, response: { 200: Type.Object({ result: Type.Unknown() }) } }
    }, async (request) => {
      const { body } = request
      const simulator = simulatorOf(request.params.name)
      noteAccess(request, { action: 'operate', target: `simulator ${request.params.name}`, targetId: null, patientId: null, outcome: 'allowed' })
      if ('act' in body) return { result: await simulator.act({ act: body.act, key: body.key ?? null }) ?? null }
      await simulator.setFaults(body.faults.map(({ kind, rate, count, seed }) => ({ kind, rate: rate ?? 1, count: count ?? null, seed: seed ?? 1 })))
      return { result: null }
    })
  }
}
