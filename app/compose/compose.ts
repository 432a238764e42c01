import { readFileSync } from 'node:fs'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { searchValuesIn } from '../../adapters/fhir/index.ts'
import { startMllpListener, type MllpListener, type MllpSource } from '../../adapters/mllp/index.ts'
import { openStore, type Store } from '../../adapters/store/index.ts'
import { calendarIn, type Calendar, type Clock } from '../../core/clock.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import type { Job } from '../../core/operations/index.ts'
import type { SearchValuesOf } from '../../core/records/index.ts'
import type { FactsOf } from '../../core/intake/index.ts'
import type { Config } from '../config.ts'
import type { MllpSourceConfig } from '../site-config.ts'
import { stableIdWith } from '../stable-id.ts'
import { composeApplying, type Applying } from './applying.ts'
import { composeJobs } from './jobs.ts'
import type { Log } from './log.ts'
import { composeMappings, type ComposedMappings } from './mappings.ts'
import { inboxMetrics, queueGauges, type InboxMetrics } from './metrics.ts'
import { composeOperations, onCallOf, type Operations } from './operations.ts'
import { messageTranslator, textTranslator, type TranslateText } from './translate.ts'

/** What the process gives: time, randomness, a place to write. Tests give their own. */
export interface System {
  readonly wallClock: Clock
  readonly ids: Ids
  readonly random: () => number
  readonly log: Log
  /** The folder that holds package.json. */
  readonly root: string
}

export interface ComposeOptions {
  readonly config: Config
  readonly system: System
  /** Business time, made when the store is open: the demo keeps its own there. */
  readonly clockOf: (store: Store) => Promise<Clock>
  readonly sms: SmsSender | null
}

export interface Composed {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly ids: Ids
  readonly log: Log
  readonly stableId: StableId
  readonly factsOf: FactsOf
  readonly searchValuesOf: SearchValuesOf
  readonly mappings: ComposedMappings
  readonly translateText: TranslateText
  readonly applying: Applying
  readonly operations: Operations
  readonly jobs: readonly Job[]
  /** By source name. */
  readonly listeners: ReadonlyMap<string, MllpListener>
  readonly metrics: Registry
  readonly version: { readonly name: string, readonly version: string, readonly commit: string | null }
  readonly consoleRoot: string
  /** Ends all in reverse order: takes nothing new, finishes what runs, closes the store. */
  readonly close: () => Promise<void>
}

/** The product without HTTP: store → tables → inbox → jobs, alerts, outbox → MLLP. Read it top to bottom. */
export async function compose ({ config, system, clockOf, sms }: ComposeOptions): Promise<Composed> {
  const { wallClock, ids, random, log } = system
  const mappings = await composeMappings({ mappingsDir: config.mappingsDir, sites: config.site.sources.map(({ mappingSite }) => mappingSite) })
  const store = await openConfiguredStore(config)
  if (store.dialect === 'sqlite') await store.inTransaction(({ leases }) => leases.releaseAll())
  const clock = await clockOf(store)
  const calendar = calendarIn(config.zone)
  const stableId = stableIdWith(await stableKey(store))
  const searchValuesOf = searchValuesIn(config.zone)
  const { factsOf } = mappings

  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  queueGauges(metrics, { inReading: store.inReading, clock })
  const counted = inboxMetrics(metrics, (code) => { log.warn({ part: 'inbox', code }, 'trouble; it is tried again') })

  const translateText = textTranslator({ ...mappings, stableId, zone: config.zone })
  const siteBySource = new Map(config.site.sources.map(({ name, mappingSite }) => [name, mappingSite]))
  const translate = messageTranslator(translateText, (source) => siteBySource.get(source) ?? '')
  const applying = composeApplying({ store, translate, factsOf, searchValuesOf, stableId, clock, wallClock, calendar, ids, random, metrics: counted })
  const jobs = composeJobs({ ...store, ids, onCall: onCallOf({ config, sms }), retainDays: config.site.timers.retainMessageDays })
  const operations = composeOperations({ config, store, clock, wallClock, ids, random, jobs, sms, log })
  const listeners = await startListeners({ config, clock, ids, log, applying, counted })

  return {
    config, store, clock, wallClock, calendar, ids, log, stableId, factsOf, searchValuesOf, mappings, translateText, applying, operations, jobs, listeners, metrics,
    version: versionOf(system.root),
    consoleRoot: path.join(system.root, 'adapters/web/console'),
    close: async () => {
      await Promise.all([...listeners.values()].map((listener) => listener.close()))
      await operations.stop()
      await applying.stop()
      await store.close()
    }
  }
}

export async function openConfiguredStore ({ dataDir, databaseUrl, sqliteDriver }: Config): Promise<Store> {
  const store = await openStore({ dataDir, sqliteDriver, ...(databaseUrl === null ? {} : { databaseUrl }) })
  await store.migrate()
  return store
}

/** Made once for each installation; without it nobody can tell which record number an id stands for. */
async function stableKey ({ inTransaction }: Store): Promise<Buffer> {
  return Buffer.from(await inTransaction(({ settings }) => settings.setOnce('stable-id.key', randomBytes(32).toString('hex'))), 'hex')
}

interface Listening {
  readonly config: Config
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly applying: Applying
  readonly counted: InboxMetrics
}

async function startListeners ({ config, clock, ids, log, applying, counted }: Listening): Promise<ReadonlyMap<string, MllpListener>> {
  const listeners = new Map<string, MllpListener>()
  for (const source of config.site.sources) {
    if (source.kind !== 'mllp') continue
    const listener = await startMllpListener(mllpSourceOf(source, config), {
      receive: applying.receiver.receive,
      awaitOutcome: applying.awaitOutcome,
      clock,
      ids,
      zone: config.zone,
      on: (event) => {
        if (event.kind === 'answered') {
          counted.received(event.source, event.receipt ?? 'refused')
          counted.acknowledged(event.source, event.code ?? 'none', event.tookMs)
        }
        if (event.kind === 'refused' || event.kind === 'fault' || event.kind === 'failed') log.warn(event, 'source')
      }
    })
    listeners.set(source.name, listener)
  }
  return listeners
}

function mllpSourceOf (source: MllpSourceConfig, { host }: Config): MllpSource {
  const { name, hospital, peers, charset, mappingSite, ack, keyRule, limits, tls } = source
  return {
    name, peers, charset, mappingSite, ack, keyRule, limits,
    hospitalId: hospital,
    host: source.host === '' ? host : source.host,
    port: source.port ?? 0,
    tls: tls === undefined
      ? null
      : { key: readFileSync(tls.keyFile, 'utf8'), cert: readFileSync(tls.certFile, 'utf8'), clientCa: tls.clientCaFile === undefined ? null : readFileSync(tls.clientCaFile, 'utf8') }
  }
}

function versionOf (root: string): Composed['version'] {
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { readonly name: string, readonly version: string }
  return { name, version, commit: null }
}
