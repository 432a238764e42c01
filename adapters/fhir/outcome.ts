import type { FastifyError } from 'fastify'
import { catalogue, DomainError, type ErrorCode, type ErrorKind } from '../../core/errors.ts'
import type { Resource } from '../../core/records/index.ts'
import { MappingError } from '../../mappings/index.ts'
import type { Fault } from '../../mappings/r4/index.ts'

/** An error that HTTP itself makes, with words of our own. */
interface TransportRefusal extends Error {
  readonly statusCode: number
  readonly isOurs: true
}

export function transportRefusal (statusCode: number, message: string): TransportRefusal {
  return Object.assign(new Error(message), { statusCode, isOurs: true } as const)
}

/** A resource that is not valid R4, with every fault of it. */
interface InvalidResource extends DomainError {
  readonly faults: readonly Fault[]
}

export function invalidResource (faults: readonly Fault[]): InvalidResource {
  return Object.assign(new DomainError('RECORD_INVALID', 'The resource is not valid FHIR R4. Correct the elements named.', faults[0]?.path), { faults })
}

/** The only place where a kind of refusal becomes an HTTP status and a FHIR issue code (R4 value set issue-type). */
const answers: Readonly<Record<ErrorKind, { readonly status: number, readonly issue: string }>> = {
  invalid: { status: 422, issue: 'invalid' },
  not_found: { status: 404, issue: 'not-found' },
  conflict: { status: 409, issue: 'conflict' },
  forbidden: { status: 403, issue: 'forbidden' },
  unavailable: { status: 503, issue: 'transient' }
}

/** Codes whose answer differs from that of their kind: the request itself is at fault, not what it asks for. */
const exceptions: Readonly<Partial<Record<ErrorCode, { readonly status: number, readonly issue: string }>>> = {
  ACCESS_UNAUTHENTICATED: { status: 401, issue: 'login' },
  REQUEST_INVALID: { status: 400, issue: 'invalid' },
  RECORD_SEARCH_INVALID: { status: 400, issue: 'invalid' },
  RECORD_ID_UNKNOWN: { status: 405, issue: 'not-found' },
  RECORD_VERSION_CHANGED: { status: 412, issue: 'conflict' },
  RECORD_NOT_UNIQUE: { status: 412, issue: 'multiple-matches' },
  RECORD_REFERENCE_UNKNOWN: { status: 422, issue: 'not-found' },
  RECORD_HOSPITAL_UNKNOWN: { status: 422, issue: 'required' },
  MESSAGE_MALFORMED: { status: 400, issue: 'structure' },
  MESSAGE_UNDECODABLE: { status: 400, issue: 'structure' },
  MESSAGE_TYPE_UNKNOWN: { status: 422, issue: 'not-supported' },
  MAPPING_CODE_UNKNOWN: { status: 422, issue: 'code-invalid' },
  MAPPING_VALUE_MISSING: { status: 422, issue: 'required' },
  MAPPING_VALUE_INVALID: { status: 422, issue: 'value' }
}

const transport: Readonly<Record<number, { readonly issue: string, readonly text: string }>> = {
  400: { issue: 'structure', text: 'The request could not be read. Send JSON that is well formed.' },
  404: { issue: 'not-found', text: 'There is nothing at this address. GET metadata lists what there is.' },
  405: { issue: 'not-supported', text: 'This interaction is not there. GET metadata lists what there is.' },
  406: { issue: 'not-supported', text: 'Answers are application/fhir+json, FHIR 4.0. Ask for that.' },
  408: { issue: 'timeout', text: 'The request took too long to arrive.' },
  412: { issue: 'conflict', text: 'The resource was changed in between. Read it again and repeat.' },
  413: { issue: 'too-long', text: 'The body is larger than this operation takes.' },
  414: { issue: 'too-long', text: 'The address is too long. Search by POST [type]/_search.' },
  415: { issue: 'not-supported', text: 'Send application/fhir+json; a search form as application/x-www-form-urlencoded.' },
  429: { issue: 'throttled', text: 'Too many requests. Wait as long as Retry-After says.' },
  503: { issue: 'transient', text: 'The server is closing or overloaded. Repeat the request shortly.' }
}

export interface Outcome {
  readonly status: number
  readonly resource: Resource
}

export interface Issue {
  readonly code: string
  readonly text: string
  readonly errorCode?: string | undefined
  /** FHIRPath or HL7 path of what is at fault; never its value. */
  readonly place?: string | undefined
}

export function outcome (issues: readonly Issue[], severity: 'information' | 'warning' | 'error' | 'fatal' = 'error'): Resource {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map(({ code, text, errorCode, place }) => ({
      severity,
      code,
      details: { ...(errorCode === undefined ? {} : { coding: [{ system: 'urn:yiqiao:fhir:error', code: errorCode }] }), text },
      ...(place === undefined ? {} : { expression: [place] })
    }))
  }
}

/** What an error means to a FHIR client. What nobody foresaw says nothing of itself: the log has it under the request id. */
export function outcomeOf (error: unknown, requestId: string): Outcome {
  if (error instanceof DomainError && 'faults' in error) return { status: 422, resource: outcome(issuesOf((error as InvalidResource).faults)) }
  const refusal = refusalOf(error)
  if (refusal !== null) {
    const { code, kind, message, place } = refusal
    const { status, issue } = exceptions[code] ?? answers[kind]
    return { status, resource: outcome([{ code: issue, text: message, errorCode: code, place }]) }
  }
  return (error as Partial<FastifyError>).validation === undefined
    ? transportOutcome(error as Partial<TransportRefusal>, requestId)
    : malformed(error as FastifyError)
}

export function issuesOf (faults: readonly Fault[]): readonly Issue[] {
  return faults.map(({ code, text, path }) => ({ code, text, place: path, errorCode: 'RECORD_INVALID' }))
}

function transportOutcome ({ statusCode = 500, message, isOurs }: Partial<TransportRefusal>, requestId: string): Outcome {
  const known = transport[statusCode]
  if (known === undefined) {
    return { status: 500, resource: outcome([{ code: 'exception', text: `Something unforeseen went wrong. Tell the operator the request id ${requestId}.` }], 'fatal') }
  }
  // Words of libraries may quote the request.
  return { status: statusCode, resource: outcome([{ code: known.issue, text: isOurs === true && message !== undefined ? message : known.text }]) }
}

/** Ajv's messages name rules and places, never the values that broke them. */
function malformed ({ validation = [], validationContext }: FastifyError): Outcome {
  const [first] = validation
  const place = (validationContext ?? 'request') + (first?.instancePath ?? '')
  return { status: 400, resource: outcome([{ code: 'structure', text: `${place} ${first?.message ?? 'is not as /docs describes it'}.` }]) }
}

/** Mapping errors share the catalogue of the core's refusals. */
function refusalOf (error: unknown): { readonly code: ErrorCode, readonly kind: ErrorKind, readonly message: string, readonly place: string | undefined } | null {
  if (error instanceof DomainError) return error
  if (error instanceof MappingError) return { code: error.code, kind: catalogue[error.code], message: error.message, place: error.place }
  return null
}
