import { Type, type Static } from '@fastify/type-provider-typebox'
import type { MessageFilter, MessageStatus, MessageSummary } from '../../../core/inbox/index.ts'
import { Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

/** How a message of the inbox stands in JSON, and what it can be looked for by. */
const statuses = ['received', 'applied', 'dead', 'conflict', 'skipped'] as const satisfies readonly MessageStatus[]

export const filters = {
  source: Type.Optional(Type.String({ maxLength: 100 })),
  type: Type.Optional(Type.String({ maxLength: 40, description: 'e.g. ADT, Patient, view:charges' })),
  trigger: Type.Optional(Type.String({ maxLength: 20, description: 'e.g. A01' })),
  status: Type.Optional(oneOf(statuses)),
  failureCode: Type.Optional(Type.String({ maxLength: 100 })),
  controlId: Type.Optional(Type.String({ maxLength: 200, description: 'MSH-10, or what stands for it' })),
  producedRecord: Type.Optional(Type.String({ maxLength: 200, description: '`Type/id` that the message made or changed' })),
  receivedFrom: Type.Optional(Instant),
  receivedTo: Type.Optional(Instant)
}

export type AskedFilters = Static<ReturnType<typeof Type.Object<typeof filters>>>

export function filterOf ({ receivedFrom, receivedTo, ...rest }: AskedFilters): MessageFilter {
  const plain = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return { ...plain, ...(receivedFrom === undefined ? {} : { receivedFrom: new Date(receivedFrom) }), ...(receivedTo === undefined ? {} : { receivedTo: new Date(receivedTo) }) }
}

export const FailureBody = nullable(Type.Object({ code: Type.String(), detail: Type.String(), place: nullable(Type.String()) }))

export const summaryProperties = {
  id: Id,
  sequence: Type.Integer(),
  source: Type.String(),
  hospitalId: Id,
  format: Type.String(),
  controlId: nullable(Type.String()),
  type: nullable(Type.String()),
  trigger: nullable(Type.String()),
  status: oneOf(statuses),
  attempts: Type.Integer(),
  sentAt: nullable(Instant),
  receivedAt: Instant,
  appliedAt: nullable(Instant),
  nextAt: nullable(Instant),
  failure: FailureBody,
  replayOf: nullable(Type.String()),
  mappingVersion: nullable(Type.String()),
  produced: Type.Array(Type.String()),
  notes: Type.Array(Type.String())
}

export const SummaryBody = Type.Object(summaryProperties)

export function messageSummary (message: MessageSummary, writeInstant: WriteInstant) {
  return {
    ...message,
    sentAt: orNull(message.sentAt, writeInstant),
    receivedAt: writeInstant(message.receivedAt),
    appliedAt: orNull(message.appliedAt, writeInstant),
    nextAt: orNull(message.nextAt, writeInstant),
    produced: [...message.produced],
    notes: [...message.notes]
  }
}
