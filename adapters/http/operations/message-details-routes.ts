import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { StoredMessage, TimelineStep } from '../../../core/inbox/index.ts'
import { noteAccess } from '../access.ts'
import { FailureBody } from './message-body.ts'
import { ById, Instant, nullable, orNull, type WriteInstant } from '../wire.ts'

/** A message taken apart: of HL7 v2 its segments, of FHIR and rows the JSON. */
export type MessageTree =
  | { readonly kind: 'segments', readonly segments: ReadonlyArray<{ readonly name: string, readonly fields: ReadonlyArray<{ readonly path: string, readonly text: string }> }> }
  | { readonly kind: 'json', readonly json: unknown }
  | { readonly kind: 'unreadable', readonly reason: string }

/** What today's tables make of a message, stored or not. */
export interface MappedNow {
  readonly resources: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly notes: readonly string[]
  readonly unmapped: ReadonlyArray<{ readonly table: string, readonly code: string, readonly place: string }>
  readonly mappingVersion: string | null
  readonly failure: { readonly code: string, readonly detail: string, readonly place: string | null } | null
}

/** What a message did: versions of records, entries of the ledger. */
export interface MessageEffects {
  readonly records: ReadonlyArray<{ readonly record: string, readonly version: number | null }>
  readonly entries: ReadonlyArray<{ readonly sourceKey: string, readonly entryId: string }>
}

export interface MessageDetailsRoutesDeps {
  readonly writeInstant: WriteInstant
  /** Null where no message has the id. */
  readonly messageDetails: (id: string) => Promise<{
    readonly message: StoredMessage
    readonly tree: MessageTree
    readonly mapped: MappedNow
    readonly effects: MessageEffects
    readonly timeline: readonly TimelineStep[]
  } | null>
}

const DetailsBody = Type.Object({
  id: Type.String(),
  tree: Type.Object({
    kind: Type.String(),
    segments: Type.Optional(Type.Array(Type.Object({ name: Type.String(), fields: Type.Array(Type.Object({ path: Type.String(), text: Type.String() })) }))),
    json: Type.Optional(Type.Unknown()),
    reason: Type.Optional(Type.String())
  }),
  mapped: Type.Object({
    resources: Type.Array(Type.Record(Type.String(), Type.Unknown())),
    notes: Type.Array(Type.String()),
    unmapped: Type.Array(Type.Object({ table: Type.String(), code: Type.String(), place: Type.String() })),
    mappingVersion: nullable(Type.String()),
    failure: FailureBody
  }),
  effects: Type.Object({
    records: Type.Array(Type.Object({ record: Type.String(), version: nullable(Type.Integer()) })),
    entries: Type.Array(Type.Object({ sourceKey: Type.String(), entryId: Type.String() }))
  }),
  timeline: Type.Array(Type.Object({ at: nullable(Instant), step: Type.String(), detail: nullable(Type.String()) }))
})

export function messageDetailsRoutes ({ messageDetails, writeInstant }: MessageDetailsRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/ops/messages/:id/details', {
      config: { access: 'message.read' },
      schema: { tags: ['operations'], 'x-requirements': ['K-12'], summary: 'One message taken apart: its fields, what today’s tables make of it, what it did, and its timeline', params: ById, response: { 200: DetailsBody } }
    }, async (request) => {
      const found = await messageDetails(request.params.id)
      if (found === null) throw new DomainError('MESSAGE_NOT_FOUND', 'No message has this id, or it was pruned by age. List the messages.')
      const { message, tree, mapped, effects, timeline } = found
      const patients = effects.records.filter(({ record }) => record.startsWith('Patient/'))
      noteAccess(request, { target: 'message', targetId: message.id, patientId: patients.length === 1 ? patients[0]?.record.slice('Patient/'.length) ?? null : null, outcome: 'allowed' })
      return {
        id: message.id,
        tree: tree.kind === 'segments' ? { kind: tree.kind, segments: tree.segments.map(({ name, fields }) => ({ name, fields: [...fields] })) } : tree,
        mapped: { ...mapped, resources: mapped.resources.map((resource) => ({ ...resource })), notes: [...mapped.notes], unmapped: [...mapped.unmapped] },
        effects: { records: [...effects.records], entries: [...effects.entries] },
        timeline: timeline.map(({ at, step, detail }) => ({ at: orNull(at, writeInstant), step, detail }))
      }
    })
  }
}
