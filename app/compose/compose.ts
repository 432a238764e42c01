import { readFileSync } from 'node:fs'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { searchValuesIn } from '../../adapters/fhir/index.ts'
import { instantIn } from '../../adapters/http/index.ts'
import { fhirClient, type FhirClient, type Follower } from '../../adapters/fhir-client/index.ts'
import type { EveryMinute, GroupReceiver } from '../../adapters/queue/index.ts'
import type { ViewsPoller } from '../../adapters/his-views/index.ts'
import type { MllpListener } from '../../adapters/mllp/index.ts'
import { openStore, type Store, type StoreOptions } from '../../adapters/store/index.ts'
import type { WechatAccount } from '../../core/access/index.ts'
import { calendarIn, type Calendar, type Clock } from '../../core/clock.ts'
import { startOfDayIn } from '../../core/days.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { SmsSender } from '../../core/notifications/index.ts'
import { pausesOf, type Job, type Pauses } from '../../core/operations/index.ts'
import type { Destination } from '../../core/outbound/index.ts'
import type { SearchValuesOf } from '../../core/records/index.ts'
import { takeIn } from '../../core/intake/index.ts'
import type { Config } from '../config.ts'
import type { FhirDestinationConfig, MllpSourceConfig } from '../site-config.ts'
import { stableIdWith } from '../stable-id.ts'
import { accessKeys, openingSms, type AccessKeys } from './access-keys.ts'
import { composeApplying, takeInTools, type Applying, type TakeInTools } from './applying.ts'
import { heardBooking } from './appointments.ts'
import { type Area, type AreaDeps, type Outside } from './area.ts'
import { composeAreas } from './areas.ts'
import { heardRequestAnswers } from './consultation-requests.ts'
import { composeDestinations, destinationsOf, type Destinations } from './destinations.ts'
import { composeFhirMappings, mappingOf, type FhirMappings } from './fhir-sources.ts'
import { hisLookup } from './his-lookup.ts'
import { billingOf } from './bills.ts'
import { composeJobs } from './jobs.ts'
import type { Log } from './log.ts'
import { composeMappings, type ComposedMappings } from './mappings.ts'
import { inboxMetrics, queueGauges } from './metrics.ts'
import { composeOperations, faultWith, onCallOf, type Operations, type OperationsDeps } from './operations.ts'
import { rateMeter, type RateMeter } from './rates.ts'
import { comparing, startListeners, startPolling, translatorByFormat } from './sources.ts'
import { textTranslator, type TranslateMessage } from './translate.ts'
import { composeUnmappedCodes, type UnmappedCodes } from './unmapped-codes.ts'

/** What the process gives: time, randomness, a place to write. Tests give their own. */
export interface System {
  readonly wallClock: Clock
  readonly ids: Ids
  readonly random: () => number
  readonly log: Log
  /** The folder that holds package.json. */
  readonly root: string
  /** How the store gives way before each transaction, where real time may not decide it: the simulation's runs are alike. */
  readonly breathe?: () => Promise<unknown>
  /** What wakes the jobs; each minute of real time where nothing is given. */
  readonly everyMinute?: EveryMinute
}

export interface ComposeOptions {
  readonly config: Config
  readonly system: System
  /** Business time, made when the store is open: the demo keeps its own there. */
  readonly clockOf: (store: Store) => Promise<Clock>
  readonly sms: SmsSender | null
  readonly wechat: WechatAccount | null
  readonly outside: Outside
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
  readonly searchValuesOf: SearchValuesOf
  readonly mappings: ComposedMappings
  readonly fhirMappings: FhirMappings
  readonly unmappedCodes: UnmappedCodes
  readonly translate: TranslateMessage
  readonly applying: Applying
  /** What core knows of the hospitals' own systems, and the lines to them. */
  readonly destinations: readonly Destination[]
  readonly lines: Destinations
  readonly pauses: Pauses
  readonly rates: RateMeter
  readonly tools: TakeInTools
  readonly areas: Area
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
  readonly pagesRoot: string
  /** Ends all in reverse order: takes nothing new, finishes what runs, closes the store. */
  readonly close: () => Promise<void>
}

/** The product without HTTP: store → tables → inbox → sources → jobs, alerts, outbox → MLLP. Read it top to bottom. */
export async function compose ({ config, system, clockOf, sms, wechat, outside }: ComposeOptions): Promise<Composed> {
  const { wallClock, everyMinute, ids, random, log, breathe } = system
  const { site, zone } = config
  const store = await openConfiguredStore(config, breathe)
  const { mappings, fhirMappings, stableId } = await composeTables(config, store)
  if (store.dialect === 'sqlite') await store.inTransaction(({ leases }) => leases.releaseAll())
  await store.inReading(mappings.reload)
  const clock = await clockOf(store)
  const calendar = calendarIn(zone)
  const keys = await accessKeys(store)
  const searchValuesOf = searchValuesIn(zone)
  const fault = faultWith({ log })

  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  queueGauges(metrics, { ...store, clock })
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
  const tools = takeInTools({ factsOf: mappings.factsOf, searchValuesOf, stableId, ids, calendar, destinations, billing: billingOf(config, outside), booking: heardBooking(config), hearAnswer: heardRequestAnswers({ config, ids, stableId, calendar, onCall: onCallOf({ config, sms }) }) })
  const applying = composeApplying({
    store, translate, tools, clock, wallClock, ids, random, metrics: counted, pauses,
    noteApplied: (message, applied) => {
      rates.count(message.source)
      unmappedCodes.noteApplied(message, applied)
    },
    noteDead: unmappedCodes.noteDead
  })

  const { followers, viewPollers } = startPolling({ config, store, mappings, fhirMappings, stableId, ids, clock, wallClock, calendar, random, log, pauses, notify: applying.applier.notify })
  const polled = [...followers, ...viewPollers].map(([name, { status }]) => ({ queue: `source:${name}`, status }))
  const { areas, jobs, lines, operations } = composeWork({
    config, store, clock, wallClock, everyMinute, calendar, ids, stableId, keys, random, log, sms, wechat, outside, tools, mappings, fhirMappings, viewPollers, polled, pauses, notifyOutbox: () => { awake.tell() }, receive: applying.receiver.receive, his: hisLookup({ site, zone, followers, viewPollers, fhirMappings, applying, clock, wallClock, ids })
  })
  awake.tell = () => {
    applying.applier.notify()
    operations.outbox.notify()
  }
  const listeners = await startListeners({ config, clock, ids, log, applying, counted })

  return {
    config, store, clock, wallClock, calendar, ids, log, stableId, keys, searchValuesOf, mappings, fhirMappings, unmappedCodes, translate,
    applying, destinations, lines, pauses, rates, tools, areas, operations, jobs, listeners, followers, viewPollers, wechat, hasSms: sms !== null, metrics, startedAt: clock.now(),
    version: versionOf(system.root),
    pagesRoot: path.join(system.root, 'adapters/web'),
    close: async () => {
      await stopTaking([...listeners.values()], [...followers.values(), ...viewPollers.values()])
      await operations.stop()
      await applying.stop()
      await unmappedCodes.stop()
      await store.close()
    }
  }
}

async function stopTaking (listeners: readonly MllpListener[], pollers: ReadonlyArray<Pick<Follower, 'stop'>>): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()))
  await Promise.all(pollers.map((poller) => poller.stop()))
}

type WorkDeps = Pick<Composed, 'config' | 'store' | 'clock' | 'wallClock' | 'calendar' | 'ids' | 'stableId' | 'keys' | 'log' | 'tools' | 'mappings' | 'fhirMappings' | 'viewPollers' | 'pauses'>
  & Pick<ComposeOptions, 'sms' | 'wechat' | 'outside'> & Pick<AreaDeps, 'his'> & Pick<OperationsDeps, 'random' | 'polled' | 'everyMinute'> & { readonly receive: GroupReceiver['receive'] } & { readonly notifyOutbox: () => void }

/** What the product does by itself: areas, jobs, lines to the hospitals, the outbox. */
function composeWork (deps: WorkDeps): Pick<Composed, 'areas' | 'jobs' | 'lines' | 'operations'> {
  const { config, store, clock, wallClock, ids, keys, sms, tools, mappings, fhirMappings, viewPollers } = deps
  const { site, zone } = config
  const onCall = onCallOf({ config, sms })
  const areas = composeAreas({
    ...deps, sms: sms === null ? null : openingSms(sms, keys), startOfDay: startOfDayIn(zone), onCall, writeInstant: instantIn(zone), takeIn: (stores, changes, at) => takeIn({ ...stores, ...tools }, changes, at)
  })
  const jobs = composeJobs({ ...store, ids, onCall, retainDays: site.timers.retainMessageDays, retainOutboxDays: site.timers.retainOutboxDays, site, areas, compare: (source, dueAt) => comparing(viewPollers, source, dueAt) })
  const lines = composeDestinations(site, {
    ...store, clock, zone,
    isMoot: async (message) => (await Promise.all(areas.moot.map((isMoot) => isMoot(message)))).includes(true),
    undelivered: async (message, code) => { for (const hear of areas.undelivered) await hear(message, code) },
    answers: (hospital) => ({ clock, ids, zone, receive: deps.receive, source: site.sources.find((one): one is MllpSourceConfig => one.kind === 'mllp' && one.hospital === hospital) ?? null }),
    tablesOf: mappings.outboundOf, fhirTablesOf: (mappingSite) => mappingOf(fhirMappings, { mappingSite }), fhirWriterOf: (destination) => fhirWriter(destination, wallClock)
  })
  const operations = composeOperations({ ...deps, jobs, areas, sms: sms === null ? null : openingSms(sms, keys), lines })
  return { areas, jobs, lines, operations }
}

/** What a kept message is read with, beside a service that may be running. */
export async function composeTables (config: Config, store: Store): Promise<Pick<Composed, 'mappings' | 'fhirMappings' | 'stableId'>> {
  const tables = { mappingsDir: config.mappingsDir, sites: mappingSitesOf(config) }
  return { mappings: await composeMappings(tables), fhirMappings: await composeFhirMappings(tables), stableId: stableIdWith(await stableKey(store)) }
}

function mappingSitesOf ({ site: { sources, destinations } }: Config): readonly string[] {
  return [...sources.map(({ mappingSite }) => mappingSite), ...destinations.map(({ mappingSite }) => mappingSite)]
}

function fhirWriter ({ url, auth, timeoutMs }: FhirDestinationConfig, wallClock: Clock): FhirClient {
  return fhirClient({ url, ...(auth === undefined ? {} : { auth }), timeoutMs, wallClock })
}

export async function openConfiguredStore (config: Config, breathe?: () => Promise<unknown>): Promise<Store> {
  const store = await openStore({ ...storeOptionsOf(config), ...breathe === undefined ? {} : { breathe } })
  await store.migrate()
  return store
}

export function storeOptionsOf ({ dataDir, databaseUrl, sqliteDriver }: Config): StoreOptions {
  return { dataDir, sqliteDriver, ...(databaseUrl === null ? {} : { databaseUrl }) }
}

/** Made once for each installation; without it nobody can tell which record number an id stands for. */
async function stableKey ({ inTransaction }: Store): Promise<Buffer> {
  return Buffer.from(await inTransaction(({ settings }) => settings.setOnce('stable-id.key', randomBytes(32).toString('hex'))), 'hex')
}

export function versionOf (root: string): Composed['version'] {
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { readonly name: string, readonly version: string }
  return { name, version, commit: null }
}
