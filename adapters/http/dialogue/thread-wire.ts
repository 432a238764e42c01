import { Type } from '@fastify/type-provider-typebox'
import { callModes, callStates, mostTextLength, type Call, type CallQuality, type Message, type Party, type Thread } from '../../../core/dialogue/index.ts'
import { Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

const partyKinds = ['patient', 'doctor', 'hospital', 'support'] as const
const PartyBody = Type.Object({ kind: oneOf(partyKinds), id: Id })

export const MessageBody = Type.Object({
  number: Type.Integer({ description: '1, 2, 3 … without a gap' }),
  by: nullable(PartyBody),
  clientId: Type.String(),
  kind: oneOf(['text', 'picture', 'event'] as const),
  text: nullable(Type.String({ description: 'of an event: its code' })),
  attachmentId: nullable(Type.String()),
  at: Instant
})

export function messageBody ({ number, by, clientId, kind, text, attachmentId, at }: Message, writeInstant: WriteInstant) {
  return { number, by: by && { ...by }, clientId, kind, text, attachmentId, at: writeInstant(at) }
}

export const ThreadBody = Type.Object({
  id: Id,
  purpose: Type.String(),
  hospitalId: Id,
  parties: Type.Array(PartyBody),
  isOpen: Type.Boolean(),
  lastNumber: Type.Integer(),
  readTo: Type.Integer({ description: 'number up to which the caller has read' }),
  unread: Type.Integer({ description: 'messages of others beyond it' }),
  openedAt: Instant,
  closedAt: nullable(Instant)
})

export function threadBody ({ id, purpose, hospitalId, parties, isOpen, lastNumber, openedAt, closedAt }: Thread, read: { readonly readTo: number, readonly unread: number }, writeInstant: WriteInstant) {
  return { id, purpose, hospitalId, parties: parties.map((party) => ({ ...party })), isOpen, lastNumber, ...read, openedAt: writeInstant(openedAt), closedAt: orNull(closedAt, writeInstant) }
}

export const ClientId = Type.String({ minLength: 1, maxLength: 100, description: 'the sender\'s own id of the message: said twice is said once' })
export const Text = Type.String({ minLength: 1, maxLength: mostTextLength })
export const Mode = oneOf(callModes)

export const CallBody = Type.Object({
  state: oneOf(callStates),
  mode: Mode,
  attempt: Type.Integer({ description: 'how often it rang' }),
  outcome: nullable(Type.String({ description: 'why it is idle or ended: declined, no_answer, hung_up, absent, finished' })),
  since: Instant,
  dueAt: nullable(Instant),
  dueFor: nullable(Type.String({ description: 'answer: it stops ringing; return: both were away for too long' }))
})

export function callBody ({ state, mode, attempt, outcome, since, dueAt, dueFor }: Call, writeInstant: WriteInstant) {
  return { state, mode, attempt, outcome, since: writeInstant(since), dueAt: orNull(dueAt, writeInstant), dueFor }
}

export const QualityFields = {
  mode: Mode,
  kilobitsPerSecond: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  lossPermille: Type.Integer({ minimum: 0, maximum: 1_000 }),
  roundTripMs: Type.Integer({ minimum: 0, maximum: 600_000 })
}

export const QualityBody = Type.Object({ by: PartyBody, at: Instant, ...QualityFields })

export function qualityBody ({ party, at, mode, kilobitsPerSecond, lossPermille, roundTripMs }: CallQuality, writeInstant: WriteInstant) {
  return { by: { ...party } satisfies Party, at: writeInstant(at), mode, kilobitsPerSecond, lossPermille, roundTripMs }
}

export const IceServers = Type.Array(Type.Object({ urls: Type.Array(Type.String()), username: Type.Optional(Type.String()), credential: Type.Optional(Type.String()) }))
