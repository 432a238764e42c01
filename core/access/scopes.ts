import { permissions, type Permission } from './permission.ts'

/** What is asked of a token's scopes. */
export interface Wanted {
  readonly permission: Permission
  /** Whose scopes count: those of somebody who acts for their own records, or those of anybody else. */
  readonly context: 'patient' | 'system'
  /** The FHIR type that is touched; undefined where it is no FHIR resource. */
  readonly type: string | undefined
}

const smart = /^(patient|system)\/(\*|[A-Z][A-Za-z]{1,40})\.(read|write|\*)$/

/** SMART App Launch 1.0 scopes, for /fhir and what it shows: which of our permissions each verb stands for. */
const smartPermissions = {
  read: ['record.read', 'charge.read', 'directory.read'],
  write: ['record.write']
} as const satisfies Record<string, readonly Permission[]>

/** For /.well-known/smart-configuration; single types are taken too, e.g. `system/Observation.read`. */
export const scopesSupported: readonly string[] = ['system/*.read', 'system/*.write', 'patient/*.read', 'patient/*.write', ...permissions]

/** Names of our permissions are scopes, and SMART scopes of a system or a patient. */
export function isScope (text: string): boolean {
  return smart.test(text) || permissions.some((permission) => permission === text)
}

/** Whether a token may do what its role may. Null = not narrowed. */
export function scopesAllow (scopes: readonly string[] | null, wanted: Wanted): boolean {
  return scopes === null || scopes.some((scope) => scope === wanted.permission || smartAllows(scope, wanted))
}

function smartAllows (scope: string, { permission, context, type }: Wanted): boolean {
  const [, ofContext, ofType, verb] = smart.exec(scope) ?? []
  if (ofContext !== context) return false
  if (ofType !== '*' && ofType !== type) return false
  const granted: readonly Permission[] = verb === 'read' ? smartPermissions.read : verb === 'write' ? smartPermissions.write : [...smartPermissions.read, ...smartPermissions.write]
  return granted.includes(permission)
}

/**
 * The scopes of a new token (RFC 6749 §3.3): those that are asked for, or all that the client has where none are.
 * Null where one of them is more than the client has.
 */
export function grantScopes (asked: string | undefined, registered: readonly string[]): readonly string[] | null {
  const names = [...new Set((asked ?? '').split(' ').filter((name) => name !== ''))]
  if (names.length === 0) return registered
  return names.every((name) => registered.some((scope) => covers(scope, name))) ? names : null
}

function covers (scope: string, asked: string): boolean {
  if (scope === asked) return true
  const [, context, type, verb] = smart.exec(scope) ?? []
  const [, askedContext, askedType, askedVerb] = smart.exec(asked) ?? []
  return context !== undefined && context === askedContext && (type === '*' || type === askedType) && (verb === '*' || verb === askedVerb)
}
