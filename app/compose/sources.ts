import { readFileSync } from 'node:fs'
import type { Follower } from '../../adapters/fhir-client/index.ts'
import type { Compared, ViewsPoller } from '../../adapters/his-views/index.ts'
import { startMllpListener, type MllpListener, type MllpSource } from '../../adapters/mllp/index.ts'
import type { Store } from '../../adapters/store/index.ts'
import type { Calendar, Clock } from '../../core/clock.ts'
import type { Ids, StableId } from '../../core/ids.ts'
import type { MessageFormat } from '../../core/inbox/index.ts'
import type { Pauses } from '../../core/operations/index.ts'
import type { Config } from '../config.ts'
import type { MllpSourceConfig } from '../site-config.ts'
import type { Applying } from './applying.ts'
import { composeFhirSources, type FhirMappings } from './fhir-sources.ts'
import { fhirTranslator } from './fhir-translate.ts'
import type { Log } from './log.ts'
import type { ComposedMappings } from './mappings.ts'
import type { InboxMetrics } from './metrics.ts'
import { leaseWith } from './operations.ts'
import { messageTranslator, translatingAnew, type TranslateMessage, type TranslateText } from './translate.ts'
import { composeViewSources, rowTranslator } from './view-sources.ts'

interface Listening {
  readonly config: Config
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly applying: Applying
  readonly counted: InboxMetrics
}

/** The ports at which hospitals' systems send HL7 v2. */
export async function startListeners ({ config, clock, ids, log, applying, counted }: Listening): Promise<ReadonlyMap<string, MllpListener>> {
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

interface Polling {
  readonly config: Config
  readonly store: Store
  readonly mappings: ComposedMappings
  readonly fhirMappings: FhirMappings
  readonly stableId: StableId
  readonly ids: Ids
  readonly clock: Clock
  readonly wallClock: Clock
  readonly calendar: Calendar
  readonly random: () => number
  readonly log: Log
  readonly pauses: Pick<Pauses, 'isPaused'>
  /** Something came in. */
  readonly notify: () => void
}

interface Polled {
  readonly followers: ReadonlyMap<string, Follower>
  readonly viewPollers: ReadonlyMap<string, ViewsPoller>
}

/** The sources that we ask: FHIR servers and views, each read by one node at a time. */
export function startPolling ({ config: { site }, store, mappings, fhirMappings, log, pauses, ...tools }: Polling): Polled {
  const leaseOf = leaseWith({ store, ...tools })
  const polling = { ...store, ...tools, leaseOf: (source: string) => leaseOf(`source:${source}`), isPaused: (source: string) => pauses.isPaused(`source:${source}`) }
  return {
    followers: composeFhirSources(site, { ...polling, mappings: fhirMappings, fault: (source, code) => { log.warn({ source, code }, 'source') } }),
    viewPollers: composeViewSources(site, { ...polling, sites: mappings.sites, on: (event) => { log.warn(event, 'source') } })
  }
}

/** One source's views against what was taken in. */
export async function comparing (pollers: ReadonlyMap<string, ViewsPoller>, source: string, dueAt: Date): Promise<Compared> {
  const poller = pollers.get(source)
  if (poller === undefined) throw new Error('a job compares configured sources only')
  return poller.compare(dueAt)
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
export function translatorByFormat ({ config, mappings, fhirMappings, stableId, calendar, translateText, siteOf }: Translating): TranslateMessage {
  const by: Readonly<Record<MessageFormat, TranslateMessage>> = {
    hl7v2: messageTranslator(translateText, siteOf),
    fhir: fhirTranslator({ site: config.site, mappings: fhirMappings, stableId, calendar, checkResource: mappings.checkResource }),
    row: rowTranslator({ ...mappings, stableId, zone: config.zone }, siteOf)
  }
  return translatingAnew((message, stores) => by[message.format](message, stores), mappings.reload)
}
