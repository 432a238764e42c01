import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DemoSimulator } from '../../adapters/http/index.ts'
import { simulatedBureau, type BureauOptions, type SimulatedBureau } from '../../adapters/simulators/bureau/bureau.ts'
import { startPushServer } from '../../adapters/simulators/bureau/push-server.ts'
import { issueToken } from '../../core/access/index.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { SiteConfig } from '../site-config.ts'
import type { Composed } from './compose.ts'
import { sha256 } from './sha256.ts'

export interface DemoBureau {
  /** For SITE_CONFIG. */
  readonly creditFeed: NonNullable<SiteConfig['creditFeed']>
  readonly feedKeyFile: string
  readonly simulator: DemoSimulator
  /** Gives the bureau its credential. */
  readonly begin: (parts: Composed) => Promise<void>
  /** Fetches what is new; answers whether there was anything. */
  readonly visit: (parts: Pick<Composed, 'store'>) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** Fetches with a credential of its own. */
const pullingCode = 'YF1001'
/** Has its files brought. */
const pushedCode = 'YF2002'
const timeoutMs = 60_000
const bureauName = '城市信用信息平台（演示）'

interface DemoBureauDeps {
  readonly dataDir: string
  readonly clock: Clock
  /** Null while the server does not listen. */
  readonly url: () => string | null
}

/** A simulated bureau for two creditors: the hospitals that send HL7 v2, and the others. */
export async function openDemoBureau ({ dataDir, clock, url }: DemoBureauDeps): Promise<DemoBureau> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const feedKeyFile = keptKey(path.join(dataDir, 'demo-feed-key.pem'), () => generateKeyPairSync('ed25519').privateKey)
  const bureauKey = createPrivateKey(readFileSync(keptKey(path.join(dataDir, 'demo-bureau-key.pem'), () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)))
  const bureauKeyFile = path.join(dataDir, 'demo-bureau-public.pem')
  writeFileSync(bureauKeyFile, createPublicKey(bureauKey).export({ type: 'spki', format: 'pem' }))
  const tokens = new Map<string, string>()
  const bureauOf = (creditor: string): SimulatedBureau => simulatedBureau({ creditor, privateKey: bureauKey, clock, ask: (request) => asked(url(), tokens.get(creditor) ?? null, request) })
  const bureaus = new Map([pullingCode, pushedCode].map((code) => [code, bureauOf(code)]))
  const pushToken = randomBytes(32).toString('hex')
  const pushTokenFile = path.join(dataDir, 'demo-bureau-token')
  writeFileSync(pushTokenFile, pushToken, { mode: 0o600 })
  const server = await startPushServer({ token: pushToken, receive: (file) => named(bureaus, pushedCode).receive(file) })
  const common = { agreementId: 'demo-2027-001', bureau: bureauName, bureauKeyFile, recordsPerFile: 10_000 }
  return {
    creditFeed: { creditors: [{ ...common, code: pullingCode, hospitals: ['east', 'west'] }, { ...common, code: pushedCode, hospitals: ['north', 'south'], push: { url: server.url, tokenFile: pushTokenFile } }] },
    feedKeyFile,
    simulator: simulatorOf(bureaus),
    begin: async ({ store, ids, wallClock }) => {
      for (const code of bureaus.keys()) {
        const issued = await store.inTransaction((stores) => issueToken({ tokens: stores.tokens, ids, hash: sha256, randomSecret: () => randomBytes(32).toString('base64url') },
          { role: 'bureau', personId: null, organizationId: code, at: wallClock.now(), expiresAt: null }))
        tokens.set(code, issued.secret)
      }
    },
    visit: async ({ store }) => {
      const last = await store.inReading(({ creditFeed }) => creditFeed.lastFile(pullingCode))
      const [pulling, pushed] = [named(bureaus, pullingCode), named(bureaus, pushedCode)]
      const hasNews = (last?.seq ?? 0) > pulling.lastSeq() || pulling.waitingAcks() > 0
      const pulled = hasNews ? await pulling.pull() : 0
      return pulled + (pushed.waitingAcks() > 0 ? await pushed.answer() : 0) > 0
    },
    close: server.close
  }
}

/** The demo's keys outlive a restart, or nobody could verify the files that are there. */
function keptKey (file: string, make: () => KeyObject): string {
  if (!existsSync(file)) writeFileSync(file, make().export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return file
}

async function asked (url: string | null, token: string | null, { method, path: where, body }: Parameters<BureauOptions['ask']>[0]): ReturnType<BureauOptions['ask']> {
  if (url === null || token === null) return null
  try {
    const answer = await fetch(`${url}${where}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...body === undefined ? {} : { 'content-type': 'application/json' } },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
      signal: AbortSignal.timeout(timeoutMs)
    })
    return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
  } catch {
    return null
  }
}

function named (bureaus: ReadonlyMap<string, SimulatedBureau>, code: string | null): SimulatedBureau {
  const bureau = bureaus.get(code ?? pullingCode)
  if (bureau === undefined) throw new DomainError('REQUEST_INVALID', `The bureau knows the creditors ${[...bureaus.keys()].join(' and ')}.`, 'key')
  return bureau
}

function simulatorOf (bureaus: ReadonlyMap<string, SimulatedBureau>): DemoSimulator {
  return {
    items: async (since) => [...bureaus.values()].flatMap((bureau) => bureau.items(since)).sort((one, other) => one.at.getTime() - other.at.getTime()),
    setFaults: async (faults) => { for (const bureau of bureaus.values()) bureau.setFaults(faults as Parameters<SimulatedBureau['setFaults']>[0]) },
    act: async ({ act, key }) => {
      const [code = pullingCode, number = ''] = (key ?? pullingCode).split('/')
      const bureau = named(bureaus, code)
      if (act === 'pull') return { accepted: await bureau.pull() }
      if (act === 'ack') return { sent: await bureau.answer() }
      if (act === 'again') return await bureau.fetchAgain(Number(number))
      if (act === 'reject') return bureau.rejectNext(Number(number === '' ? 1 : number))
      if (act === 'up' || act === 'down') return bureau.setUp(act === 'up')
      if (act === 'accounts') return { episodes: bureau.episodes() }
      throw new DomainError('REQUEST_INVALID', 'The bureau knows the acts pull, ack, again, reject, accounts, up and down; the key is a creditor code, with /number where one is meant.', 'act')
    }
  }
}
