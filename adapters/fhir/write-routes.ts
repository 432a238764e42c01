import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { DomainError } from '../../core/errors.ts'
import type { SubmittedRecord, Submission, WrittenRecord } from '../../core/intake/index.ts'
import { assertServed } from './admit.ts'
import { zoneOffset } from './date-range.ts'
import type { FhirServerDeps } from './deps.ts'
import { isVisible } from './is-visible.ts'
import { outcome } from './outcome.ts'
import { largestBodyBytes, postedResource, readBodies, versionOfEtag } from './posted-body.ts'
import { newUnless, noteWritten, submissionOf, refuseFaults, write, writerOf, type Writing } from './submission.ts'
import { answered, etagOf, sendResource } from './reply.ts'
import { baseUrlOf, wantedReturn } from './request-url.ts'

const tags = ['fhir']
const ByType = Type.Object({ type: Type.String({ description: 'A resource type, e.g. Patient; metadata lists them' }) })
const ById = Type.Object({ ...ByType.properties, id: Type.String() })
const body = Type.Unsafe<unknown>({ type: 'object', description: 'The FHIR resource' })
const consumes = ['application/fhir+json', 'application/json']
const content = { 'application/fhir+json': { schema: Type.Object({}) } }
const standing = { description: 'The resource as it stands; ETag and Location name its version', content }

/** create, conditional create and update. Nothing is deleted or patched: what was wrong becomes `entered-in-error`. */
export function writeRoutes (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  const offset = zoneOffset(deps.zone)
  return async (server) => {
    readBodies(server)
    // Refused before a large body is read.
    server.addHook('onRequest', async (request) => {
      const { type } = request.params as { readonly type: string }
      assertServed(type)
      writerOf(deps, request, type)
    })

    server.post('/:type', {
      bodyLimit: largestBodyBytes,
      schema: {
        tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Creates a resource', consumes, params: ByType, body,
        description: 'For integrators. The id follows from the hospital\'s own key; what has this key already is merged and answered with 200. If-None-Exist takes a search. Prefer: return=minimal, representation or OperationOutcome.',
        response: { 200: standing, 201: { ...standing, description: 'Created' } }
      }
    }, async (request, reply) => {
      const { type } = request.params
      const writing = { deps, request, offset }
      const resource = postedResource(request, type)
      refuseFaults(deps, resource, type)
      const query = request.headers['if-none-exist']
      const to = newUnless(writing, { type, query: Array.isArray(query) ? query.join('&') : query, place: 'If-None-Exist' })
      return await writeOne(writing, reply, { interaction: 'create', posted: { place: type, fullUrl: null, resource, to } })
    })

    server.put('/:type/:id', {
      bodyLimit: largestBodyBytes,
      schema: {
        tags, 'x-requirements': ['K-01', 'K-11'], summary: 'Replaces a resource', consumes, params: ById, body,
        description: 'For integrators. Elements that are left out are taken away. If-Match names the version that was read; another one is refused with 412.',
        response: { 200: standing }
      }
    }, async (request, reply) => {
      const { type, id } = request.params
      const resource = postedResource(request, type)
      if (resource.id !== id) throw new DomainError('REQUEST_INVALID', 'The id in the resource must be that of the address.', `${type}.id`)
      refuseFaults(deps, resource, type)
      return await writeOne({ deps, request, offset }, reply, { interaction: 'update', posted: { place: type, fullUrl: null, resource, to: { kind: 'standing', id, ifVersion: versionOfEtag(request.headers['if-match']) } } })
    })
  }
}

interface One {
  readonly interaction: Submission['interaction']
  readonly posted: SubmittedRecord
}

async function writeOne (writing: Writing, reply: FastifyReply, { interaction, posted }: One): Promise<FastifyReply> {
  const { request } = writing
  const raw = request.postedBytes ?? Buffer.alloc(0)
  const written = await write(writing, submissionOf(writing, { interaction, type: posted.resource.resourceType, raw, records: [posted] }), async (_stores, records) => records)
  noteWritten(writing, written)
  const [one] = written
  if (one === undefined) throw new Error('a record that was written is there')
  return sendWritten(writing, reply, one)
}

function sendWritten ({ deps, request }: Pick<Writing, 'deps' | 'request'>, reply: FastifyReply, { record, outcome: what }: WrittenRecord): FastifyReply {
  const status = what === 'created' ? 201 : 200
  void reply.header('location', versionUrl({ record }, baseUrlOf(request, deps.publicUrl))).header('etag', etagOf(record)).header('last-modified', record.lastUpdated.toUTCString())
  // What stands may be more than was posted, and the right to write is no right to read it.
  const wish = wantedReturn(request)
  switch (wish !== 'OperationOutcome' && !isVisible(deps, request, record) ? 'minimal' : wish) {
    case 'minimal': return reply.code(status).send()
    case 'OperationOutcome': return sendResource(reply, outcome([{ code: 'informational', text: words[what] }], 'information'), status)
    case 'representation': case null: return sendResource(reply, answered(record), status)
  }
}

export const words = { created: 'Created.', updated: 'A new version stands.', unchanged: 'It stood so before: no new version.' } as const satisfies Record<WrittenRecord['outcome'], string>

export function versionUrl ({ record: { type, id, version } }: Pick<WrittenRecord, 'record'>, baseUrl: string): string {
  return `${baseUrl}/${type}/${id}/_history/${version}`
}
