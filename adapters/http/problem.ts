import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError, type ErrorKind } from '../../core/errors.ts'
import { MappingError, type Origin } from '../../mappings/index.ts'

/** A refusal of the core, by its kind. The only place where a kind becomes an HTTP status. */
const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  not_found: 404,
  conflict: 409,
  forbidden: 403,
  unavailable: 503
}

/** Refusals that HTTP itself makes, before the core is asked. docs/errors.md explains them too. */
export const transportCodes = {
  REQUEST_MALFORMED: 400,
  IDEMPOTENCY_KEY_REQUIRED: 400,
  ROUTE_NOT_FOUND: 404,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  RATE_LIMITED: 429,
  SERVER_BUSY: 503,
  INTERNAL_ERROR: 500
} as const
type TransportCode = keyof typeof transportCodes

const codeOfStatus = new Map<number, TransportCode>([
  [400, 'REQUEST_MALFORMED'], [404, 'ROUTE_NOT_FOUND'], [412, 'PRECONDITION_FAILED'], [413, 'BODY_TOO_LARGE'],
  [415, 'MEDIA_TYPE_UNSUPPORTED'], [429, 'RATE_LIMITED'], [503, 'SERVER_BUSY']
])

/** RFC 9457. `detail` says what to do next and carries no personal data. */
interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly requestId: string
  readonly place?: string
  /** Codes of everything that stands in the way, where it is more than one thing. */
  readonly reasons?: readonly string[]
  /** Of a mapping table, where it is known which row was at work. */
  readonly row?: Origin
}

/** An error for Fastify to carry to the error handler; other error handlers (FHIR) read its `statusCode` too. */
export function transportError (code: TransportCode, detail: string): Error & { readonly statusCode: number, readonly code: TransportCode } {
  return Object.assign(new Error(detail), { statusCode: transportCodes[code], code })
}

function statusOf (error: DomainError): number {
  return error.code === 'ACCESS_UNAUTHENTICATED' ? 401 : statusOfKind[error.kind]
}

/** What an error means to a caller. Anything unforeseen says nothing of itself: the log has it under the request id. */
function problemOf (error: unknown, requestId: string): Problem {
  if (error instanceof DomainError) {
    const problem = describe(error.code, statusOf(error), error.message, requestId)
    const row = error.cause instanceof MappingError ? error.cause.row : null
    return { ...problem, ...error.place === undefined ? {} : { place: error.place }, ...error.reasons === undefined ? {} : { reasons: error.reasons }, ...row === null ? {} : { row } }
  }
  const { statusCode, message, code } = error as Partial<FastifyError>
  if ((error as Partial<FastifyError>).validation !== undefined) return malformed(error as FastifyError, requestId)
  if (code !== undefined && code in transportCodes) return describe(code, transportCodes[code as TransportCode], message ?? '', requestId)
  const transport = codeOfStatus.get(statusCode ?? 500) ?? 'INTERNAL_ERROR'
  return describe(transport, transportCodes[transport], foreignDetail[transport], requestId)
}

/** Ajv's messages name rules and places, never the values that broke them. */
function malformed ({ validation = [], validationContext }: FastifyError, requestId: string): Problem {
  const [first] = validation
  const place = (validationContext ?? 'request') + (first?.instancePath ?? '')
  return { ...describe('REQUEST_MALFORMED', 400, `${place} ${first?.message ?? 'is not as /docs describes it'}.`, requestId), place }
}

/** Fastify's own words may quote the request (its address, its body), so they are not passed on. */
const foreignDetail: Readonly<Record<TransportCode, string>> = {
  REQUEST_MALFORMED: 'The request could not be read. Send what /docs describes.',
  IDEMPOTENCY_KEY_REQUIRED: 'Send an Idempotency-Key header, the same one for every repetition of this request.',
  ROUTE_NOT_FOUND: 'There is nothing at this address. /docs lists what there is.',
  PRECONDITION_FAILED: 'The thing was changed in between. Read it again and repeat.',
  BODY_TOO_LARGE: 'The body is larger than this operation takes.',
  MEDIA_TYPE_UNSUPPORTED: 'Send the body as application/json.',
  RATE_LIMITED: 'Too many requests. Wait as long as Retry-After says.',
  SERVER_BUSY: 'The server is closing or overloaded. Repeat the request shortly.',
  INTERNAL_ERROR: 'Something unforeseen went wrong. Tell the operator the requestId.'
}

function describe (code: string, status: number, detail: string, requestId: string): Problem {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return { type: `urn:yiqiao:error:${code}`, title: words.charAt(0).toUpperCase() + words.slice(1), status, detail, code, requestId }
}

function sendProblem (reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="yiqiao"')
  if (problem.status === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1')
  // Sent as text: the route's response schemas describe its answers, not its refusals.
  return reply.code(problem.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(problem))
}

export function problemHandler (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id)
  if (problem.status >= 500) request.log.error({ requestId: request.id, err: error, code: problem.code }, 'request failed')
  return sendProblem(reply, problem)
}

export function routeNotFound (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problemOf(transportError('ROUTE_NOT_FOUND', foreignDetail.ROUTE_NOT_FOUND), request.id))
}
