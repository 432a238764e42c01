import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { once } from 'node:events'
import pg from 'pg'
import type { Test } from 'tap'
import { createLogger } from '../../adapters/http/index.ts'
import { frame, makeFramer } from '../../adapters/mllp/index.ts'
import { readConfig, type Config } from '../../app/config.ts'
import { serve, type Served } from '../../app/compose/serve.ts'
import { issueToken, type Role } from '../../core/access/index.ts'
import { sha256 } from '../../app/compose/sha256.ts'

const root = path.resolve(import.meta.dirname, '../..')

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- journeys look into answers as any client would
  readonly body: any
}

export interface Service {
  readonly served: Served
  readonly dataDir: string
  // eslint-disable-next-line max-params -- reads as a request line
  readonly call: (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, token?: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>
  readonly get: (url: string, token?: string) => Promise<Answer>
  readonly post: (url: string, token: string, body: unknown) => Promise<Answer>
  readonly tokenFor: (role: Role, who?: { readonly personId?: string, readonly organizationId?: string }) => Promise<string>
  readonly credentials: () => Readonly<Record<string, string>>
  /** Settles when everything that was sent is applied or parked. */
  readonly settled: () => Promise<void>
  /** Ends it and serves anew on what it leaves behind. */
  readonly restarted: () => Promise<Service>
}

export interface ServiceOptions {
  readonly isDemo?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly site?: unknown
}

/** A schema of its own in the PostgreSQL that TEST_DATABASE_URL names; without it the embedded database. */
export async function aDatabase (t: Test): Promise<Readonly<Record<string, string>>> {
  const url = process.env['TEST_DATABASE_URL']
  if (url === undefined) return {}
  const schema = `${process.env['TEST_SCHEMA_PREFIX'] ?? 'test'}_${randomUUID().replaceAll('-', '')}`
  const query = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  await query(`create schema ${schema}`)
  t.teardown(() => query(`drop schema if exists ${schema} cascade`))
  const own = new URL(url)
  own.searchParams.set('options', `-c search_path=${schema}`)
  return { DATABASE_URL: own.href }
}

const eventuallyMs = 10_000

/** Looks again until it holds, for what is written a little after the answer (the audit trail goes in groups). */
export async function eventually<Seen> (look: () => Promise<Seen>, holds: (seen: Seen) => boolean): Promise<Seen> {
  const until = performance.now() + eventuallyMs
  for (;;) {
    const seen = await look()
    if (holds(seen) || performance.now() > until) return seen
  }
}

/** The whole product in this process, on an embedded database in a fresh folder and free ports. */
export async function aService (t: Test, { isDemo = false, environment, site }: ServiceOptions = {}): Promise<Service> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yiqiao-service-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const siteFile = path.join(folder, 'site.json')
  if (site !== undefined) writeFileSync(siteFile, JSON.stringify(site))
  return open(t, readConfig({
    HTTP_PORT: '0', MLLP_PORT: '0', DATA_DIR: path.join(folder, 'data'), DEMO_PLAY: '0', ...(site === undefined ? {} : { SITE_CONFIG: siteFile }), ...(environment ?? await aDatabase(t))
  }, { isDemo, root }))
}

async function open (t: Test, config: Config): Promise<Service> {
  const { dataDir } = config
  const served = await serve(config, {
    wallClock: { now: () => new Date() },
    ids: { next: randomUUID },
    random: () => randomInt(2 ** 32) / 2 ** 32,
    log: createLogger({ level: 'silent' }),
    root
  }, { dayTakesMs: 0 })
  t.teardown(() => served.close())
  const call = callerAt(`http://127.0.0.1:${served.http}`)
  return {
    served,
    dataDir,
    call,
    get: (url, token) => call('GET', url, token),
    post: (url, token, body) => call('POST', url, token, body),
    tokenFor: async (role, { personId = null, organizationId = null } = {}) => {
      const issued = await served.parts.store.inTransaction(({ tokens }) => issueToken(
        { tokens, ids: { next: randomUUID }, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') },
        { role, personId, organizationId, at: new Date(), expiresAt: null }))
      return issued.secret
    },
    credentials: () => JSON.parse(readFileSync(path.join(dataDir, 'demo-credentials.json'), 'utf8')) as Readonly<Record<string, string>>,
    settled: async () => {
      await served.parts.applying.receiver.drain()
      await served.parts.applying.applier.drain()
      await served.parts.operations.outbox.drain()
    },
    restarted: async () => {
      await served.close()
      return open(t, config)
    }
  }
}

function callerAt (origin: string): Service['call'] {
  // eslint-disable-next-line max-params -- as above
  return async (method, url, token, body, headers = {}) => {
    const isForm = body instanceof URLSearchParams
    const kind = url.startsWith('/fhir') ? 'application/fhir+json' : 'application/json'
    const response = await fetch(`${origin}${url}`, {
      method,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined || isForm ? {} : { 'content-type': kind }), ...headers },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text !== '' && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text }
  }
}

export interface Sender {
  /** Sends one message and waits for its acknowledgement, both as bytes. */
  readonly send: (message: string | Buffer) => Promise<Buffer>
  readonly socket: Socket
}

export async function aSender (t: Test, port: number): Promise<Sender> {
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  t.teardown(() => { socket.destroy() })
  const framer = makeFramer({ maxMessageBytes: 1_000_000 })
  const waiting: Array<(ack: Buffer) => void> = []
  socket.on('data', (chunk) => {
    for (const event of framer.push(chunk)) if (event.kind === 'frame') waiting.shift()?.(Buffer.from(event.bytes))
  })
  return {
    socket,
    send: (message) => new Promise((resolve) => {
      waiting.push(resolve)
      socket.write(frame(Buffer.from(message)))
    })
  }
}
