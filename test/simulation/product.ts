import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { createLogger } from '../../adapters/http/index.ts'
import { openStore } from '../../adapters/store/index.ts'
import { readConfig, type Config } from '../../app/config.ts'
import { compose, type Composed } from '../../app/compose/compose.ts'
import { composeHttp } from '../../app/compose/http.ts'
import { describeWith } from '../../app/compose/repair.ts'
import { sha256 } from '../../app/compose/sha256.ts'
import { issueToken, type Role } from '../../core/access/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { HisStatements } from '../../core/payments/index.ts'
import { seededChance } from '../../adapters/simulators/random.ts'
import type { Door, Parties } from './parties.ts'
import type { VirtualClock } from './virtual-time.ts'

const root = path.resolve(import.meta.dirname, '../..')

export interface Answer {
  readonly status: number
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the drive looks into answers as any client would
  readonly body: any
}

/** What was printed by a hospital and comes in, and the way that an app, a window or finance asks. */
export interface Product {
  readonly parts: () => Composed
  readonly receive: (messages: ReadonlyArray<{ readonly hospital: string, readonly text: string }>) => Promise<void>
  readonly call: (method: 'GET' | 'POST', url: string, token: string, body?: unknown) => Promise<Answer>
  readonly bytes: (url: string, token: string) => Promise<Buffer>
  readonly token: (role: Role, who: { readonly personId?: string, readonly organizationId?: string }) => Promise<string>
  /** Settles when outbox and call-backs are at rest; the inbox is whenever something was received. */
  readonly settled: () => Promise<void>
  /** Jobs and timers run in due order up to this instant. */
  readonly advance: (to: Date) => Promise<number>
  /** Ends it and composes it anew on the same files. */
  readonly restart: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface ProductOptions {
  readonly folder: string
  readonly clock: VirtualClock
  readonly ids: Ids
  readonly seed: number
  readonly hospitals: readonly string[]
  readonly creditors: readonly string[]
  readonly parties: Parties
  readonly hisStatements: ReadonlyMap<string, HisStatements>
  /** Gets every line of the log. */
  readonly log: (line: string) => void
}

/** The door is there before the product, since the parties are. */
export function openDoor (): Door & { readonly lead: (to: Door['ask']) => void } {
  let ask: Door['ask'] = async () => { throw new Error('the product does not stand') }
  return { ask: (request) => ask(request), lead: (to) => { ask = to } }
}

export async function openProduct (options: ProductOptions, door: ReturnType<typeof openDoor>): Promise<Product> {
  const { clock, ids, seed, parties } = options
  const config = configOf(options)
  await fixKeys(config, seed)
  const chance = seededChance(`product:${seed}`)
  // Real time wakes nobody here: only the virtual clock runs the jobs.
  const system = { wallClock: clock, ids, random: chance.next, log: createLogger({ level: 'info', destination: { write: options.log } }), root, breathe: turn, everyMinute: () => ({ stop: async () => undefined }) }
  const begin = async () => {
    const parts = await compose({ config, system, clockOf: async () => clock, sms: parties.carrier, wechat: null, outside: { ...parties.outside, hisStatements: options.hisStatements } })
    // No power cut is simulated, and waiting for the disk would be half of the time.
    await parts.store.runByHand('pragma synchronous = off')
    for (const each of parts.areas.begin) await each()
    return { parts, server: await composeHttp(parts, null), describe: describeWith(parts) }
  }
  let running = await begin()
  const ask: Door['ask'] = async ({ method, url, headers = {}, body }) => {
    const answer = await running.server.inject({ method, url, headers: { ...headers }, ...body === undefined ? {} : { payload: body } })
    return { status: answer.statusCode, bytes: answer.rawPayload }
  }
  door.lead(ask)
  const end = async (): Promise<void> => {
    await running.server.close()
    await running.parts.close()
  }
  const settled = async (): Promise<void> => {
    const { outbox } = running.parts.operations
    await outbox.drain()
    // The call-back of a refund that is done at once leaves behind its answer.
    await turn()
    if (await parties.delivered()) await outbox.drain()
  }
  let requests = 0
  return {
    parts: () => running.parts,
    settled,
    receive: async (messages) => {
      const { parts: { applying }, describe } = running
      await Promise.all(messages.map(({ hospital, text }) => {
        const raw = Buffer.from(text)
        const { parked, ...described } = describe({ source: hospital, format: 'hl7v2', raw })
        return applying.receiver.receive({
          id: ids.next(), source: hospital, hospitalId: hospital, format: 'hl7v2', raw, ...described, parked, contentHash: createHash('sha256').update(raw).digest('hex'), dedupeKey: described.controlId,
          receivedAt: clock.now(), ack: Buffer.alloc(0), replayOf: null
        })
      }))
      await applying.applier.drain()
    },
    call: async (method, url, token, body) => {
      requests += 1
      const headers = { authorization: `Bearer ${token}`, ...method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': `${seed}-${requests}` } : {} }
      const answer = await ask({ method, url, headers, ...body === undefined ? {} : { body: JSON.stringify(body) } })
      const text = answer.bytes.toString('utf8')
      return { status: answer.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text }
    },
    bytes: async (url, token) => {
      const { status, bytes } = await ask({ method: 'GET', url, headers: token === '' ? {} : { authorization: `Bearer ${token}` } })
      if (status !== 200) throw new Error(`${url} answers ${status}`)
      return bytes
    },
    token: async (role, { personId = null, organizationId = null }) => {
      const { secret } = await running.parts.store.inTransaction(({ tokens }) => issueToken({ tokens, ids, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') }, { role, personId, organizationId, at: clock.now(), expiresAt: null }))
      return secret
    },
    advance: async (to) => (await running.parts.operations.jobs.advance({ clock, drain: settled }, to)).length,
    restart: async () => {
      await settled()
      await end()
      running = await begin()
      await settled()
    },
    close: end
  }
}

function configOf ({ folder, hospitals, creditors, parties }: ProductOptions): Config {
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(path.join(folder, name), content, { mode: 0o600 })
    return path.join(folder, name)
  }
  mkdirSync(folder, { recursive: true })
  const feedKeyFile = file('feed-key.pem', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const bureauKeyFile = file('bureau.pem', parties.bureauKey.export({ type: 'spki', format: 'pem' }))
  const config = readConfig({ DATA_DIR: path.join(folder, 'data') }, { isDemo: false, root })
  const [source] = config.site.sources
  if (source?.kind !== 'mllp') throw new Error('the usual configuration has an MLLP source')
  return {
    ...config,
    feedKeyFile,
    site: {
      ...config.site,
      hospitals: hospitals.map((id, place) => ({ id, name: `第${place + 1}机构` })),
      sources: hospitals.map((name) => ({ ...source, name, hospital: name, port: 0 })),
      // Never used to send: the carrier is in process. Its presence says that there is one.
      sms: { url: 'https://carrier.example', secretFile: '' },
      legalBasis: '虚构依据 1 号',
      payAfterCare: { ...config.site.payAfterCare, locksCards: true, reports: true, releaseByTwo: true, refundByTwoAboveFen: 20_000, holdMs: 7_200_000 },
      creditFeed: { creditors: creditors.map((code, place) => ({ code, hospitals: hospitals.filter((_, index) => index % creditors.length === place), agreementId: 'sim-001', bureau: '城市信用信息平台（模拟）', bureauKeyFile, recordsPerFile: 500 })) },
      // The alerts are looked at in the proofs; a look by real time would come at another place in each run.
      timers: { ...config.site.timers, monitorEveryMs: 2_000_000_000, retainMessageDays: 3_650 }
    }
  }
}

/** Keys of the installation follow from the seed, so that the same records have the same ids in every run. */
async function fixKeys ({ dataDir }: Config, seed: number): Promise<void> {
  const store = await openStore({ dataDir })
  await store.migrate()
  const keyOf = (name: string): string => createHash('sha256').update(`${name}:${seed}`).digest('hex')
  await store.inTransaction(async ({ settings }) => {
    for (const name of ['stable-id.key', 'access.key']) await settings.setOnce(name, keyOf(name))
  })
  await store.close()
}
