import type { FastifyInstance, FastifyRequest } from 'fastify'
import assert from 'node:assert'
import { decide, limitsOf, reachOf, type AuditEvent, type Caller, type CallerWithWards, type Limits, type Permission, type Principal, type Target } from '../../core/access/index.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import { transportError } from './problem.ts'

/** What a route asks of its caller: a permission, any token, or nothing. */
export type RouteAccess = Permission | 'any_token' | 'public'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Without it a route asks for a token, and leaves the rest to its handler. */
    access?: RouteAccess
  }
  interface FastifyRequest {
    principal: Principal | null
    caller: CallerWithWards | null
    /** Undefined where a request was refused before its first hook, e.g. for its address. */
    accessNotes: AccessNote[] | undefined
  }
}

/** One access for the audit; who, when and which request are added from the request. */
export type AccessNote = Pick<AuditEvent, 'action' | 'target' | 'targetId' | 'patientId' | 'outcome'>

interface AccessDeps {
  readonly authenticate: (secret: string, now: Date) => Promise<Principal | null>
  readonly findCaller: (principal: Principal) => Promise<CallerWithWards>
  readonly audit: (events: readonly AuditEvent[]) => Promise<void>
  readonly ids: Ids
  /** Real time: audit and token expiry do not follow the demo's clock. */
  readonly realNow: () => Date
  /** Answers false where this address has guessed too often. */
  readonly mayGuess: (request: FastifyRequest) => Promise<boolean>
}

/** Puts authentication, the role's right to the route, and the audit of what was done on every route of the server. */
export function guardRoutes (server: FastifyInstance, deps: AccessDeps): void {
  server.decorateRequest('principal', null)
  server.decorateRequest('caller', null)
  server.decorateRequest('accessNotes')
  server.addHook('onRoute', ({ url, config, schema }) => {
    const isOurs = url.startsWith('/v1/') || url.startsWith('/demo/')
    assert(!isOurs || (config?.access !== undefined && schema?.hide !== true), `every route names its access and stands in /docs: ${url}`)
  })
  server.addHook('onRequest', async (request) => {
    request.accessNotes = []
    const access = request.routeOptions.config.access ?? 'any_token'
    if (access === 'public' || request.is404) return
    request.principal = await principalOf(request, deps)
    await admit(request, access, deps)
  })
  server.addHook('onSend', async (request) => {
    const notes = request.accessNotes
    if (notes === undefined || notes.length === 0) return
    // Emptied first: if the audit cannot be written, the refusal that follows comes through here again.
    request.accessNotes = []
    await deps.audit(notes.map((note) => ({ id: deps.ids.next(), at: deps.realNow(), ...whoOf(request), ...note, requestId: request.id })))
  })
}

async function principalOf (request: FastifyRequest, deps: AccessDeps): Promise<Principal> {
  const secret = /^Bearer ([\w-]{20,200})$/i.exec(request.headers.authorization ?? '')?.[1]
  const principal = secret === undefined ? null : await deps.authenticate(secret, deps.realNow())
  if (principal !== null) return principal
  if (!await deps.mayGuess(request)) throw transportError('RATE_LIMITED', 'Too many requests without a valid token. Wait a minute.')
  if (secret !== undefined) noteAccess(request, { target: routeTarget(request), targetId: null, patientId: null, outcome: 'refused' })
  throw new DomainError('ACCESS_UNAUTHENTICATED', 'Send a valid token as Authorization: Bearer. An administrator issues one with `yiqiao tokens issue`.')
}

async function admit (request: FastifyRequest, access: Permission | 'any_token', deps: AccessDeps): Promise<void> {
  const principal = request.principal
  assert(principal !== null, 'a caller is admitted after authentication')
  const reach = access === 'any_token' ? null : reachOf(principal, access)
  if (reach?.kind === 'none') {
    noteAccess(request, { target: routeTarget(request), targetId: null, patientId: null, outcome: 'refused' })
    throw new DomainError('ACCESS_DENIED', `The role ${principal.role} or the token's scopes have no right to this operation. Use a token of another role or more scopes.`)
  }
  // Wards and tied records are looked up only where they decide something.
  request.caller = reach?.kind === 'own' || reach === null ? await deps.findCaller(principal) : { principal, patientIds: [], wards: [] }
}

function whoOf (request: FastifyRequest): Pick<AuditEvent, 'tokenId' | 'role' | 'personId'> {
  const principal = request.principal
  return principal === null ? { tokenId: null, role: null, personId: null } : { tokenId: principal.tokenId, role: principal.role, personId: principal.personId }
}

/** The pattern of the route, never the address that was called: that may hold a name or a number. */
function routeTarget (request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none'
}

/** Notes an access for the audit; `action` follows from the method unless given. */
export function noteAccess (request: FastifyRequest, note: Omit<AccessNote, 'action'> & { readonly action?: AccessNote['action'] }): void {
  (request.accessNotes ??= []).push({ action: request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write', ...note })
}

/** Notes a list: the audit names every person whose records were in the answer. */
export function noteSearch (request: FastifyRequest, target: string, patientIds: Iterable<string>): void {
  const found = [...new Set(patientIds)]
  for (const patientId of found.length === 0 ? [null] : found) noteAccess(request, { action: 'search', target, targetId: null, patientId, outcome: 'allowed' })
}

export function callerOf (request: FastifyRequest): CallerWithWards {
  assert(request.caller !== null, 'this route is not public')
  return request.caller
}

/** The limits of a list for this caller, for the permission of the route or another one. */
export function limitsFor (request: FastifyRequest, permission: Permission): Limits {
  const limits = limitsOf(callerOf(request), permission)
  if (limits === null) throw new DomainError('ACCESS_DENIED', 'This role has no right to this operation. Use a token of another role.')
  return limits
}

interface Seen extends Target {
  /** For the audit, e.g. `patient`. */
  readonly kind: string
  readonly id: string
}

/** Lets the caller have one thing, or answers as if it were not there; either way the audit hears of it. */
export function admitTo (request: FastifyRequest, permission: Permission, seen: Seen, missing: () => DomainError): void {
  const decision = decide(callerOf(request) satisfies Caller, permission, seen)
  noteAccess(request, { target: seen.kind, targetId: seen.id, patientId: seen.patientId, outcome: decision === 'allowed' ? 'allowed' : 'refused' })
  if (decision !== 'allowed') throw missing()
}
