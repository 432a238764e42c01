import type { FastifyRequest } from 'fastify'
import { limitsOf } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import { referencesIn, withReferences, type SubmittedRecord, type SubmittedTo, type Submission, type RecordQuery, type WrittenRecord } from '../../core/intake/index.ts'
import type { Resource } from '../../core/records/index.ts'
import { limitsFor } from './admit.ts'
import type { ZoneOffset } from './date-range.ts'
import type { FhirServerDeps, ReadingStores } from './deps.ts'
import { invalidResource } from './outcome.ts'
import { baseUrlOf } from './request-url.ts'
import { parseQuery } from './search-query.ts'
import { searchRows } from './search-row.ts'
import { isVisible } from './is-visible.ts'

/** A request that writes, and what reads its dates. */
export interface Writing {
  readonly deps: FhirServerDeps
  readonly request: FastifyRequest
  readonly offset: ZoneOffset
}

type Said = Pick<Submission, 'interaction' | 'type' | 'raw' | 'records'>

export function submissionOf ({ deps, request, offset }: Writing, said: Said): Submission {
  const baseUrl = baseUrlOf(request, deps.publicUrl)
  const records = said.records.map((posted) => ({ ...posted, resource: withReferences(posted.resource, (text) => withoutBase(text, baseUrl)) }))
  return {
    ...said,
    records,
    requestId: request.id,
    conditions: conditionsOf({ deps, request, offset }, records),
    hospitalId: said.records.reduce<string | null>((_, { resource: { resourceType } }) => writerOf(deps, request, resourceType), null),
    isSeen: (record) => isVisible(deps, request, record),
    refuseFaults: (resource, place) => { refuseFaults(deps, resource, place) },
    isOurs: deps.isOurs(deps.callerOf(request).principal)
  }
}

/** An address of this server is the same as `Type/id`. */
export function withoutBase (text: string, baseUrl: string): string | undefined {
  return text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : undefined
}

/** The hospital that the caller writes records of a type for; null = all. Of any type where none is named. */
export function writerOf ({ callerOf, note }: Pick<FhirServerDeps, 'callerOf' | 'note'>, request: FastifyRequest, type: string | null): string | null {
  const caller = callerOf(request)
  const types = type === null ? [...searchRows.keys()] : [type]
  const limits = types.map((one) => limitsOf(caller, 'record.write', one)).find((one) => one !== null)
  if (limits !== undefined) return limits.hospitalId
  note(request, { action: 'write', target: type ?? 'Bundle', targetId: null, patientId: null, outcome: 'refused' })
  throw new DomainError('ACCESS_DENIED', 'This role, or the scopes of this token, may not write such records. Use a token of an integrator with the scope to write.')
}

/** Faults of a resource, by where it was posted. */
export function refuseFaults ({ validate }: Pick<FhirServerDeps, 'validate'>, resource: Resource, place: string): void {
  const faults = validate(resource)
  if (faults.length > 0) throw invalidResource(faults.map((fault) => ({ ...fault, path: place + fault.path.slice(fault.path.split(/[.[]/, 1)[0]?.length ?? 0) })))
}

/** Each costs a query, inside of the transaction that writes. */
const mostConditions = 1_000
const conditional = /^([A-Z][A-Za-z]+)\?(\S+)$/

function conditionsOf (writing: Writing, records: readonly SubmittedRecord[]): ReadonlyMap<string, RecordQuery> {
  const found = new Map<string, RecordQuery>()
  for (const { resource, place } of records) {
    for (const reference of referencesIn(resource, place)) {
      const [, type, query] = conditional.exec(reference.text) ?? []
      if (type === undefined || query === undefined || found.has(reference.text)) continue
      if (found.size === mostConditions) throw new DomainError('REQUEST_INVALID', `At most ${mostConditions} different conditional references are taken. Send the Bundle in parts.`, reference.place)
      found.set(reference.text, { ...queryOf(writing, { type, query, place: reference.place }), ...limitsFor(writing.deps, writing.request, type) })
    }
  }
  return found
}

/** If-None-Exist: only what the caller may write is looked for, and may read, since the answer tells whether it is there. */
export function newUnless (writing: Writing, { type, query, place }: { readonly type: string, readonly query: string | undefined, readonly place: string }): SubmittedTo {
  if (query === undefined) return { kind: 'new', unless: null }
  limitsFor(writing.deps, writing.request, type)
  const text = query.replace(/^\?/, '')
  return { kind: 'new', unless: { ...queryOf(writing, { type, query: text, place }), patientIds: null, hospitalId: writerOf(writing.deps, writing.request, type), text } }
}

/** A condition finds by values alone, and by those it names: an unknown one would let it find too much. */
function queryOf ({ deps, request, offset }: Writing, { type, query, place }: { readonly type: string, readonly query: string, readonly place: string }): Pick<RecordQuery, 'type' | 'clauses'> {
  const { clauses, chains, includes, revIncludes, sort } = parseQuery(type, [...new URLSearchParams(query)], { offset, baseUrl: baseUrlOf(request, deps.publicUrl), isStrict: true })
  if (clauses.length === 0 || [chains, includes, revIncludes, sort].some(({ length }) => length > 0)) throw new DomainError('RECORD_SEARCH_INVALID', 'A condition takes search parameters of the type and nothing else, at least one.', place)
  return { type, clauses }
}

/** Contexts name fields of messages as places (`FT1-2`), which say nothing to who posted FHIR. */
export async function write<Result> ({ deps }: Pick<Writing, 'deps'>, submission: Submission, afterwards: (stores: ReadingStores, written: readonly WrittenRecord[]) => Promise<Result>): Promise<Result> {
  try {
    return await deps.writeRecords(submission, afterwards)
  } catch (error) {
    if (error instanceof DomainError && /^[A-Z][A-Z0-9]{2}-\d/.test(error.place ?? '')) throw new DomainError(error.code, error.message)
    throw error
  }
}

/** The audit hears of every record written. */
export function noteWritten ({ deps, request }: Pick<Writing, 'deps' | 'request'>, written: readonly WrittenRecord[]): void {
  for (const { record: { type, id, patientId } } of written) deps.note(request, { action: 'write', target: type, targetId: id, patientId, outcome: 'allowed' })
}
