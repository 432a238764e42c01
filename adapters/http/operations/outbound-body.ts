import { Type } from '@fastify/type-provider-typebox'
import type { ConnectionStatus } from '../../../core/operations/index.ts'
import type { OutboundEvent, OutboundState } from '../../../core/outbound/index.ts'
import { Id, Instant, nullable, oneOf } from '../wire.ts'

/** How destinations and their messages stand in JSON. */
export const outboundStates = ['waiting', 'sent', 'dead', 'skipped'] as const satisfies readonly OutboundState[]
const lineStates = ['starting', 'up', 'down', 'paused'] as const satisfies ReadonlyArray<ConnectionStatus['state']>
const events = ['written', 'composed', 'answered', 'failed', 'resent', 'composed_anew', 'skipped'] as const satisfies ReadonlyArray<OutboundEvent['what']>

export const ByDestination = Type.Object({ name: Type.String({ maxLength: 50 }) })

export const DestinationBody = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  hospitalId: Id,
  sends: Type.Array(Type.Object({ resource: Type.String(), message: nullable(Type.String()) })),
  status: Type.Object({ state: oneOf(lineStates), since: Instant, code: nullable(Type.String()), detail: nullable(Type.String()), lastAt: nullable(Instant) }, { description: 'of the line from this node' }),
  waiting: Type.Integer(),
  dead: Type.Integer(),
  oldestAt: nullable(Instant),
  sentPerMinute: Type.Number({ description: 'of the last hour' })
})

const summary = {
  id: Id,
  sequence: Type.Integer(),
  destination: Type.String(),
  message: nullable(Type.String({ description: 'e.g. ADT^A31; null where the resource itself is written' })),
  record: Type.Object({ type: Type.String(), id: Id, version: Type.Integer() }),
  patientId: nullable(Type.String()),
  state: oneOf(outboundStates),
  attempts: Type.Integer(),
  createdAt: Instant,
  nextAt: nullable(Instant),
  failure: nullable(Type.Object({ code: Type.String(), detail: Type.String(), place: nullable(Type.String()) })),
  controlId: nullable(Type.String({ description: 'MSH-10' })),
  composedAt: nullable(Instant),
  answeredAt: nullable(Instant),
  answerCode: nullable(Type.String())
}
export const SummaryBody = Type.Object(summary)
export const MessageBody = Type.Object({
  ...summary,
  revision: Type.Integer({ description: 'how often it was written anew' }),
  charset: nullable(Type.String()),
  text: nullable(Type.String()),
  base64: nullable(Type.String({ description: 'the bytes as they are sent' })),
  notes: Type.Array(Type.String()),
  answer: nullable(Type.Object({ code: Type.String(), verdict: Type.String(), text: Type.String() })),
  timeline: Type.Array(Type.Object({ at: Instant, what: oneOf(events), code: nullable(Type.String()), by: nullable(Type.String()), reason: nullable(Type.String()), times: Type.Integer() }))
})
