#!/usr/bin/env node
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Store } from '../adapters/store/index.ts'
import { isScope, issueToken, roles, type Role } from '../core/access/index.ts'
import { calendarIn } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import { replayMessages, type MessageFilter } from '../core/inbox/index.ts'
import { ConfigError, readConfig, type Config } from './config.ts'
import { composeTables, openConfiguredStore } from './compose/compose.ts'
import { jobTools } from './compose/job-tools.ts'
import { configuredParties } from './compose/parties.ts'
import { sha256 } from './compose/sha256.ts'
import { describeWith } from './compose/repair.ts'

const usage = `yiqiao — commands of the installation (settings as for npm start)

  yiqiao migrate                                     bring the database to the newest version
  yiqiao tokens issue --role ROLE [--person ID] [--organization ID] [--scope SCOPE …]
                      [--expires INSTANT | --days N] print a new bearer token, once
  yiqiao tokens list [--json]                        the newest 200 tokens: id, role, scopes, until when
  yiqiao tokens revoke ID                            end a token
  yiqiao jobs list [--json]                          jobs with their schedule and last run
  yiqiao jobs run NAME --date YYYY-MM-DD             run a job for its newest due instant of that day
  yiqiao messages replay [--id ID …] [--source S] [--type ADT] [--trigger A08] [--status dead]
                         [--record Patient/ID] [--from INSTANT] [--to INSTANT]
                                                     queue messages again; the running service applies them

Roles: ${roles.join(' ')}
`

/** A fault of the caller: usage and exit code 2. */
class UsageError extends Error {}

async function main (args: readonly string[]): Promise<void> {
  const [topic, verb] = args
  const root = path.dirname(import.meta.dirname)
  const config = readConfig(process.env, { isDemo: false, root: existsSync(path.join(root, 'package.json')) ? root : path.dirname(root) })
  const command = commands[topic === 'migrate' ? 'migrate' : `${topic ?? ''} ${verb ?? ''}`]
  if (command === undefined) throw new UsageError(topic === undefined ? '' : `There is no command "${args.join(' ')}".`)
  const store = await openConfiguredStore(config)
  try {
    process.stdout.write(await command({ config, store, args: args.slice(topic === 'migrate' ? 1 : 2) }))
  } finally {
    await store.close()
  }
}

interface Call {
  readonly config: Config
  readonly store: Store
  readonly args: readonly string[]
}

const commands: Readonly<Record<string, (call: Call) => Promise<string>>> = {
  migrate: async ({ store }) => `The ${store.dialect} database is at the newest version.\n`,
  'tokens issue': issueTokenCommand,
  'tokens list': listTokens,
  'tokens revoke': revokeToken,
  'jobs list': listJobs,
  'jobs run': runJobCommand,
  'messages replay': replayCommand
}

async function issueTokenCommand ({ config, store, args }: Call): Promise<string> {
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

async function listTokens ({ store, args }: Call): Promise<string> {
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

async function revokeToken ({ store, args }: Call): Promise<string> {
  const { positionals: [id] } = parsed(() => parseArgs({ args: [...args], allowPositionals: true }))
  if (id === undefined) throw new UsageError('tokens revoke ID; `yiqiao tokens list` tells the ids.')
  return await store.inTransaction(async ({ tokens }) => {
    const token = await tokens.find(id)
    if (token === null) throw new UsageError('No token has this id; `yiqiao tokens list` tells the ids.')
    await tokens.revoke(id, new Date())
    return token.revokedAt === null ? 'The token is revoked.\n' : 'The token was revoked before.\n'
  })
}

async function listJobs ({ config, store, args }: Call): Promise<string> {
  const { values } = parsed(() => parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }))
  const { jobs } = await jobTools(config, store, configuredParties(config, { wallClock: { now: () => new Date() }, ids: { next: randomUUID } }))
  const rows = await store.inReading(async ({ jobRuns }) => Promise.all(jobs.map(async ({ name, schedule, requirements }) => {
    const [last] = await jobRuns.list({ job: name }, { limit: 1, offset: 0 })
    return { name, schedule, requirements, lastDueAt: last?.dueAt.toISOString() ?? null, lastStatus: last?.status ?? null }
  })))
  if (values.json) return `${JSON.stringify({ jobs: rows })}\n`
  return rows.map((row) => `${row.name.padEnd(24)} ${row.schedule.padEnd(14)} ${row.lastStatus ?? 'never ran'} ${row.lastDueAt ?? ''}\n`).join('')
}

async function runJobCommand ({ config, store, args }: Call): Promise<string> {
  const { values, positionals } = parsed(() => parseArgs({ args: [...args], allowPositionals: true, options: { date: { type: 'string' } } }))
  const [name] = positionals
  if (name === undefined || values.date === undefined || !/^\d{4}-\d\d-\d\d$/.test(values.date)) throw new UsageError('jobs run NAME --date YYYY-MM-DD')
  const { run } = await jobTools(config, store, configuredParties(config, { wallClock: { now: () => new Date() }, ids: { next: randomUUID } }))
  const ran = await run({ name, date: values.date, calendar: calendarIn(config.zone), now: new Date() })
  return `${ran.job} ${ran.dueAt.toISOString()} ${ran.status}\n`
}

async function replayCommand ({ config, store, args }: Call): Promise<string> {
  const { values } = parsed(() => parseArgs({
    args: [...args],
    options: {
      id: { type: 'string', multiple: true }, source: { type: 'string' }, type: { type: 'string' }, trigger: { type: 'string' }, status: { type: 'string' },
      record: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }
    }
  }))
  const filter: MessageFilter = {
    ...(values.id === undefined ? {} : { ids: values.id }),
    ...(values.source === undefined ? {} : { source: values.source }),
    ...(values.type === undefined ? {} : { type: values.type }),
    ...(values.trigger === undefined ? {} : { trigger: values.trigger }),
    ...(values.status === undefined ? {} : { status: replayable(values.status) }),
    ...(values.record === undefined ? {} : { producedRecord: values.record }),
    ...(values.from === undefined ? {} : { receivedFrom: instant(values.from, '--from') }),
    ...(values.to === undefined ? {} : { receivedTo: instant(values.to, '--to') })
  }
  if (Object.keys(filter).length === 0) throw new UsageError('Name which messages: by --id, --source, --type, --status, --record, --from or --to.')
  const replayed = await replayMessages(
    { ...store, clock: { now: () => new Date() }, ids: { next: randomUUID }, describe: describeWith({ config, ...await composeTables(config, store) }), notify: () => { process.stderr.write('.') } },
    { filter, requestId: randomUUID(), actor: 'command line' })
  return `${replayed.length} messages are queued again.\n`
}

function replayable (status: string): 'dead' | 'conflict' | 'applied' {
  if (status === 'dead' || status === 'conflict' || status === 'applied') return status
  throw new UsageError('--status is dead, conflict or applied.')
}

function instant (text: string, name: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()) || !/T.*(Z|[+-]\d\d:\d\d)$/.test(text)) throw new UsageError(`${name} is an instant with its zone, e.g. 2027-03-01T00:00:00+08:00.`)
  return at
}

function wholeNumber (text: string, name: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`${name} is a whole number from 1.`)
  return number
}

function parsed<Result> (parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The arguments cannot be read.')
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}`)
  else if (error instanceof DomainError || error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
