import { randomBytes, randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { isScope, issueToken, roles, type Role } from '../../core/access/index.ts'
import { sha256 } from '../compose/sha256.ts'
import { instant, parsed, UsageError, wholeNumber, type Call } from './command.ts'

export async function issueTokenByHand ({ config, store, args }: Call): Promise<string> {
  const { values } = parsed(() => parseArgs({
    args: [...args],
    options: { role: { type: 'string' }, person: { type: 'string' }, organization: { type: 'string' }, scope: { type: 'string', multiple: true }, expires: { type: 'string' }, days: { type: 'string' } }
  }))
  const role = roles.find((one) => one === values.role)
  if (role === undefined) throw new UsageError('--role names one of the roles.')
  if (values.organization !== undefined && !config.site.hospitals.some(({ id }) => id === values.organization)) throw new UsageError('--organization names a hospital of SITE_CONFIG.')
  const scopes = values.scope?.flatMap((scope) => scope.split(' ')).filter((scope) => scope !== '') ?? null
  const unknown = scopes?.find((scope) => !isScope(scope))
  if (unknown !== undefined) throw new UsageError(`There is no scope "${unknown}"; /.well-known/smart-configuration lists them.`)
  const at = new Date()
  const issued = await store.inTransaction(({ tokens }) => issueToken(
    { tokens, ids: { next: randomUUID }, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') },
    { role: role satisfies Role, personId: values.person ?? null, organizationId: values.organization ?? null, scopes, at, expiresAt: expiryOf(values, at) }))
  return `${issued.secret}\n`
}

function expiryOf ({ expires, days }: { readonly expires?: string | undefined, readonly days?: string | undefined }, at: Date): Date | null {
  if (expires !== undefined && days !== undefined) throw new UsageError('Give --expires or --days, not both.')
  if (days !== undefined) return new Date(at.getTime() + wholeNumber(days, '--days') * 86_400_000)
  if (expires === undefined) return null
  const until = instant(expires, '--expires')
  if (until <= at) throw new UsageError('--expires is an instant to come.')
  return until
}

const mostTokens = 200

export async function listTokens ({ store, args }: Call): Promise<string> {
  const { values } = parsed(() => parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }))
  const found = await store.inReading(({ tokens }) => tokens.list({ limit: mostTokens, offset: 0 }))
  const rows = found.map(({ tokenId, role, organizationId, scopes, clientId = null, createdAt, expiresAt, revokedAt }) => ({ id: tokenId, role, organizationId, scopes, clientId, createdAt, expiresAt, revokedAt }))
  if (values.json) return `${JSON.stringify({ tokens: rows })}\n`
  return rows.map((row) => `${row.id}  ${row.role.padEnd(13)} ${(row.organizationId ?? '-').padEnd(10)} ${stateOf(row)}  ${row.scopes?.join(' ') ?? 'all of the role'}\n`).join('')
}

function stateOf ({ expiresAt, revokedAt }: { readonly expiresAt: Date | null, readonly revokedAt: Date | null }): string {
  if (revokedAt !== null) return `revoked ${revokedAt.toISOString()}`
  return expiresAt === null ? 'does not expire' : `until ${expiresAt.toISOString()}`
}

export async function revokeToken ({ store, args }: Call): Promise<string> {
  const { positionals: [id] } = parsed(() => parseArgs({ args: [...args], allowPositionals: true }))
  if (id === undefined) throw new UsageError('tokens revoke ID; `yiqiao tokens list` tells the ids.')
  return await store.inTransaction(async ({ tokens }) => {
    const token = await tokens.find(id)
    if (token === null) throw new UsageError('No token has this id; `yiqiao tokens list` tells the ids.')
    await tokens.revoke(id, new Date())
    return token.revokedAt === null ? 'The token is revoked.\n' : 'The token was revoked before.\n'
  })
}
