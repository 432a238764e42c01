import { readFileSync } from 'node:fs'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { searchValuesIn } from '../../adapters/fhir/index.ts'
import { fhirClient, type FhirClient, type Follower } from '../../adapters/fhir-client/index.ts'
import type { Compared, ViewsPoller } from '../../adapters/his-views/index.ts'
import { startMllpListener, type MllpListener, type MllpSource } from '../../adapters/mllp/index.ts'
import { openStore, type Store } from '../../adapters/store/index.ts'
import type { WechatAccount } from '../../core/access/index.ts'
import { calendarIn, type Calendar, type Clock } from '../../core/clock.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { MessageFormat } from '../../core/inbox/index.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import { pausesOf, type Job, type Pauses } from '../../core/operations/index.ts'
import type { Destination } from '../../core/outbound/index.ts'
import type { SearchValuesOf } from '../../core/records/index.ts'
import type { FactsOf } from '../../core/intake/index.ts'
import type { Config } from '../config.ts'
import type { FhirDestinationConfig, MllpSourceConfig } from '../site-config.ts'
import { stableIdWith } from '../stable-id.ts'
import { accessKeys, openingSms, type AccessKeys } from './access-keys.ts'
import { composeApplying, type Applying } from './applying.ts'
import { composeDestinations, destinationsOf, type Destinations } from './destinations.ts'
import { composeFhirMappings, composeFhirSources, type FhirMappings } from './fhir-sources.ts'
import { fhirTranslator } from './fhir-translate.ts'
import { composeJobs } from './jobs.ts'
import type { Log } from './log.ts'
import { composeMappings, type ComposedMappings } from './mappings.ts'
import { inboxMetrics, queueGauges, type InboxMetrics } from './metrics.ts'
import { composeOperations, faultWith, leaseWith, onCallOf, type Operations } from './operations.ts'
import { rateMeter, type RateMeter } from './rates.ts'
import { messageTranslator, textTranslator, translatingAnew, type TranslateMessage, type TranslateText } from './translate.ts'
import { composeUnmappedCodes, type UnmappedCodes } from './unmapped-codes.ts'
import { composeViewSources, rowTranslator } from './view-sources.ts'

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
  readonly wechat: WechatAccount | null
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
  readonly keys: AccessKeys
  readonly factsOf: FactsOf
  readonly searchValuesOf: SearchValuesOf
  readonly mappings: ComposedMappings
  readonly fhirMappings: FhirMappings
  readonly unmappedCodes: UnmappedCodes
  readonly translateText: TranslateText
  readonly translate: TranslateMessage
  readonly applying: Applying
  /** What core knows of the hospitals' own systems, and the lines to them. */
  readonly destinations: readonly Destination[]
  readonly lines: Destinations
  readonly pauses: Pauses
  readonly rates: RateMeter
  readonly operations: Operations
  readonly jobs: readonly Job[]
  /** By source name. */
  readonly listeners: ReadonlyMap<string, MllpListener>
  readonly followers: ReadonlyMap<string, Follower>
  readonly viewPollers: ReadonlyMap<string, ViewsPoller>
  readonly wechat: WechatAccount | null
  readonly hasSms: boolean
  readonly metrics: Registry
  /** Business time. */
  readonly startedAt: Date
  readonly version: { readonly name: string, readonly version: string, readonly commit: string | null }
  readonly consoleRoot: string
  /** Ends all in reverse order: takes nothing new, finishes what runs, closes the store. */
  readonly close: () => Promise<void>
}

/** The product without HTTP: store → tables → inbox → sources → jobs, alerts, outbox → MLLP. Read it top to bottom. */
export async function compose ({ config, system, clockOf, sms, wechat }: ComposeOptions): Promise<Composed> {
  const { wallClock, ids, random, log } = system
  const { site, zone } = config
  const store = await openConfiguredStore(config)
  const { mappings, fhirMappings, stableId } = await composeTables(config, store)
  if (store.dialect === 'sqlite') await store.inTransaction(({ leases }) => leases.releaseAll())
  await store.inReading(mappings.reload)
  const clock = await clockOf(store)
  const calendar = calendarIn(zone)
  const keys = await accessKeys(store)
  const searchValuesOf = searchValuesIn(zone)
  const { factsOf } = mappings
  const fault = faultWith({ log })

  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  queueGauges(metrics, { inReading: store.inReading, clock })
  const counted = inboxMetrics(metrics, fault('inbox'))
  const rates = rateMeter(wallClock.now)

  const awake: { tell: () => void } = { tell: () => undefined }
  const pauses = pausesOf({ ...store, clock, changed: () => { awake.tell() } })
  await pauses.refresh()

  const siteBySource = new Map(site.sources.map(({ name, mappingSite }) => [name, mappingSite]))
  const siteOf = (source: string): string => siteBySource.get(source) ?? ''
  const translateText = textTranslator({ ...mappings, stableId, zone })
  const translate = translatorByFormat({ config, mappings, fhirMappings, stableId, calendar, translateText, siteOf })
  const unmappedCodes = composeUnmappedCodes({ store, clock, siteOf, reload: mappings.reload, fault })
  const destinations = destinationsOf(site)
  const applying = composeApplying({
    store, translate, factsOf, searchValuesOf, stableId, clock, wallClock, calendar, ids, random, metrics: counted, destinations, pauses,
    noteApplied: (message, applied) => {
      rates.count(message.source)
      unmappedCodes.noteApplied(message, applied)
    },
    noteDead: unmappedCodes.noteDead
  })

  const { followers, viewPollers } = startPolling({ config, store, mappings, fhirMappings, stableId, ids, clock, wallClock, calendar, random, log, pauses, notify: applying.applier.notify })
  const polled = [...followers, ...viewPollers].map(([name, { status }]) => ({ queue: `source:${name}`, status }))
  const jobs = composeJobs({ ...store, ids, onCall: onCallOf({ config, sms }), retainDays: site.timers.retainMessageDays, site, compare: (source, dueAt) => comparing(viewPollers, source, dueAt) })
  const lines = composeDestinations(site, { ...store, clock, zone, tablesOf: mappings.outboundOf, fhirWriterOf: (destination) => fhirWriter(destination, wallClock) })
  const operations = composeOperations({ config, store, clock, wallClock, ids, stableId, random, jobs, sms: sms === null ? null : openingSms(sms, keys), lines, polled, pauses, log })
  awake.tell = () => {
    applying.applier.notify()
    operations.outbox.notify()
  }
  const listeners = await startListeners({ config, clock, ids, log, applying, counted })

  return {
    config, store, clock, wallClock, calendar, ids, log, stableId, keys, factsOf, searchValuesOf, mappings, fhirMappings, unmappedCodes, translateText, translate,
    applying, destinations, lines, pauses, rates, operations, jobs, listeners, followers, viewPollers, wechat, hasSms: sms !== null, metrics, startedAt: clock.now(),
    version: versionOf(system.root),
    consoleRoot: path.join(system.root, 'adapters/web/console'),
    close: async () => {
      await Promise.all([...listeners.values()].map((listener) => listener.close()))
      await Promise.all([...followers.values(), ...viewPollers.values()].map((poller) => poller.stop()))
      await operations.stop()
      await applying.stop()
      await unmappedCodes.stop()
      await store.close()
    }
  }
}

/** What a kept message is read with, beside a service that may be running. */
export async function composeTables (config: Config, store: Store): Promise<Pick<Composed, 'mappings' | 'fhirMappings' | 'stableId'>> {
  const tables = { mappingsDir: config.mappingsDir, sites: mappingSitesOf(config) }
  return { mappings: await composeMappings(tables), fhirMappings: await composeFhirMappings(tables), stableId: stableIdWith(await stableKey(store)) }
}

type Polling = Pick<Composed, 'config' | 'store' | 'mappings' | 'fhirMappings' | 'stableId' | 'ids' | 'clock' | 'wallClock' | 'calendar' | 'log' | 'pauses'>
  & Pick<System, 'random'> & { readonly notify: () => void }

/** The sources that we ask: FHIR servers and views, each read by one node at a time. */
function startPolling ({ config: { site }, store, mappings, fhirMappings, log, pauses, ...tools }: Polling): Pick<Composed, 'followers' | 'viewPollers'> {
  const leaseOf = leaseWith({ store, ...tools })
  const polling = { ...store, ...tools, leaseOf: (source: string) => leaseOf(`source:${source}`), isPaused: (source: string) => pauses.isPaused(`source:${source}`) }
  return {
    followers: composeFhirSources(site, { ...polling, mappings: fhirMappings, fault: (source, code) => { log.warn({ source, code }, 'source') } }),
    viewPollers: composeViewSources(site, { ...polling, sites: mappings.sites, on: (event) => { log.warn(event, 'source') } })
  }
}

function mappingSitesOf ({ site: { sources, destinations } }: Config): readonly string[] {
  return [...sources.map(({ mappingSite }) => mappingSite), ...destinations.flatMap((destination) => destination.kind === 'mllp' ? [destination.mappingSite] : [])]
}

interface Translating {
  readonly config: Config
  readonly mappings: ComposedMappings
  readonly fhirMappings: FhirMappings
  readonly stableId: StableId
  readonly calendar: Calendar
  readonly translateText: TranslateText
  readonly siteOf: (source: string) => string
}

/** HL7 v2, a followed resource or a row of a view → FHIR R4. */
function translatorByFormat ({ config, mappings, fhirMappings, stableId, calendar, translateText, siteOf }: Translating): TranslateMessage {
  const by: Readonly<Record<MessageFormat, TranslateMessage>> = {
    hl7v2: messageTranslator(translateText, siteOf),
    fhir: fhirTranslator({ site: config.site, mappings: fhirMappings, stableId, calendar, checkResource: mappings.checkResource }),
    row: rowTranslator({ ...mappings, stableId, zone: config.zone }, siteOf)
  }
  return translatingAnew((message, stores) => by[message.format](message, stores), mappings.reload)
}

async function comparing (pollers: ReadonlyMap<string, ViewsPoller>, source: string, dueAt: Date): Promise<Compared> {
  const poller = pollers.get(source)
  if (poller === undefined) throw new Error('a job compares configured sources only')
  return poller.compare(dueAt)
}

function fhirWriter ({ url, auth, timeoutMs }: FhirDestinationConfig, wallClock: Clock): FhirClient {
  return fhirClient({ url, ...(auth === undefined ? {} : { auth }), timeoutMs, wallClock })
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
