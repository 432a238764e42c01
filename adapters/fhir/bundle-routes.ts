import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { STATUS_CODES } from 'node:http'
import { DomainError } from '../../core/errors.ts'
import type { WrittenRecord } from '../../core/intake/index.ts'
import type { Resource } from '../../core/records/index.ts'
import { entriesOf, isWrite, mostEntries, postedBy, type SubmittedEntry } from './bundle-entries.ts'
import { bundle } from './bundles.ts'
import { zoneOffset } from './date-range.ts'
import type { FhirServerDeps } from './deps.ts'
import { isVisible } from './is-visible.ts'
import { outcome, outcomeOf } from './outcome.ts'
import { largestBodyBytes, postedResource, readBodies } from './posted-body.ts'
import { noteWritten, submissionOf, refuseFaults, write, writerOf, type Writing } from './submission.ts'
import { readByUrl } from './read-by-url.ts'
import { answered, etagOf, sendResource } from './reply.ts'
import { baseUrlOf, wantedReturn } from './request-url.ts'
import { versionUrl, words } from './write-routes.ts'

/** An entry of the answer. */
type Answer = Readonly<Record<string, unknown>>

/** batch and transaction at the base address (FHIR R4 §3.1.0.11). */
export function bundleRoutes (deps: FhirServerDeps): FastifyPluginAsyncTypebox {
  const offset = zoneOffset(deps.zone)
  return async (server) => {
    readBodies(server)
    server.post('/', {
      bodyLimit: largestBodyBytes,
      onRequest: async (request) => { writerOf(deps, request, null) },
      schema: {
        tags: ['fhir'], 'x-requirements': ['K-01', 'K-11'], summary: 'Carries out a batch or a transaction', consumes: ['application/fhir+json', 'application/json'],
        description: `For integrators. At most ${mostEntries} entries of POST, PUT and GET. A transaction holds as a whole or not at all; its entries may refer to each other by fullUrl and to records by Type?search.`,
        body: Type.Unsafe<unknown>({ type: 'object', description: 'A Bundle of type batch or transaction' }),
        response: { 200: { description: 'A Bundle of type batch-response or transaction-response', content: { 'application/fhir+json': { schema: Type.Object({}) } } } }
      }
    }, async (request, reply) => {
      const posted = postedResource(request, 'Bundle')
      const writing = { deps, request, offset }
      if (posted['type'] === 'transaction') return sendResource(reply, bundle('transaction-response', null, [], await transaction(writing, posted)))
      if (posted['type'] === 'batch') return sendResource(reply, bundle('batch-response', null, [], await batch(writing, posted)))
      throw new DomainError('REQUEST_INVALID', 'Send a Bundle of type batch or transaction.', 'Bundle.type')
    })
  }
}

/** POSTs, then PUTs, then GETs, whatever their order in the Bundle; answered in that order. */
async function transaction (writing: Writing, posted: Resource): Promise<readonly Answer[]> {
  const { deps, request } = writing
  const entries = entriesOf(posted)
  refuseFaults(deps, posted, 'Bundle')
  const refused = entries.find((entry) => !isWrite(entry) && entry.request.method !== 'GET')
  if (refused !== undefined) throw notDone(refused)
  const baseUrl = baseUrlOf(request, deps.publicUrl)
  const addresses = new Set(entries.flatMap(({ fullUrl }) => fullUrl ?? []))
  const writes = [...entries.filter(({ request: { method } }) => method === 'POST'), ...entries.filter(({ request: { method } }) => method === 'PUT')]
  const records = writes.map((entry) => postedBy(writing, entry, { baseUrl, addresses }))
  const submission = submissionOf(writing, { interaction: 'transaction', type: 'Bundle', raw: request.postedBytes ?? Buffer.alloc(0), records })
  return await write(writing, submission, async (stores, written) => {
    const answers = new Map<SubmittedEntry, Answer>(writes.flatMap((entry, index) => {
      const one = written[index]
      return one === undefined ? [] : [[entry, writtenAnswer(writing, one)] as const]
    }))
    const inside: Writing = { ...writing, deps: { ...deps, inReading: (work) => work(stores) } }
    for (const entry of entries.filter((one) => !isWrite(one))) answers.set(entry, await readByUrl(inside, entry))
    noteWritten(writing, written)
    return entries.map((entry) => answers.get(entry) ?? {})
  })
}

/** Each entry for itself: what one refuses is told in its place. */
async function batch (writing: Writing, posted: Resource): Promise<readonly Answer[]> {
  const entries = entriesOf(posted)
  refuseFaults(writing.deps, { ...posted, ...(entries.length === 0 ? {} : { entry: entries.map(({ request }) => ({ request })) }) }, 'Bundle')
  const answers: Answer[] = []
  for (const entry of entries) answers.push(await one(writing, entry))
  return answers
}

async function one (writing: Writing, entry: SubmittedEntry): Promise<Answer> {
  const { deps, request } = writing
  try {
    if (entry.request.method === 'GET') return await readByUrl(writing, entry)
    if (!isWrite(entry)) throw notDone(entry)
    if (entry.resource !== null) refuseFaults(deps, entry.resource, `${entry.place}.resource`)
    const posted = postedBy(writing, entry, { baseUrl: baseUrlOf(request, deps.publicUrl), addresses: new Set() })
    const submission = submissionOf(writing, {
      interaction: posted.to.kind === 'new' ? 'create' : 'update',
      type: posted.resource.resourceType,
      raw: Buffer.from(JSON.stringify(entry.resource)),
      records: [{ ...posted, fullUrl: null }]
    })
    return await write(writing, submission, async (_stores, written) => {
      noteWritten(writing, written)
      return written.map((record) => writtenAnswer(writing, record))[0] ?? {}
    })
  } catch (error) {
    const { status, resource } = outcomeOf(error, request.id)
    if (status >= 500) request.log.error({ requestId: request.id, err: error }, 'FHIR batch entry failed')
    return { response: { status: statusText(status), outcome: resource } }
  }
}

function notDone ({ place }: SubmittedEntry): DomainError {
  return new DomainError('REQUEST_INVALID', 'Only POST, PUT and GET are carried out. What was wrong is not deleted but becomes entered-in-error.', `${place}.request.method`)
}

function writtenAnswer ({ deps, request }: Writing, { record, outcome: what }: WrittenRecord): Answer {
  const baseUrl = baseUrlOf(request, deps.publicUrl)
  const wish = wantedReturn(request)
  return {
    fullUrl: `${baseUrl}/${record.type}/${record.id}`,
    ...(wish === 'representation' && isVisible(deps, request, record) ? { resource: answered(record) } : {}),
    response: {
      status: statusText(what === 'created' ? 201 : 200),
      location: versionUrl({ record }, baseUrl),
      etag: etagOf(record),
      lastModified: record.lastUpdated.toISOString(),
      ...(wish === 'OperationOutcome' ? { outcome: outcome([{ code: 'informational', text: words[what] }], 'information') } : {})
    }
  }
}

function statusText (status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim()
}
