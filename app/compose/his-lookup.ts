import { readFileSync } from 'node:fs'
import type { Follower } from '../../adapters/fhir-client/index.ts'
import { decodeText, encodeText, printPersonQuery, printTimeStamp, queryOutcomeOf, resolveCharset, zoneOffsetIn } from '../../adapters/hl7v2/index.ts'
import type { ViewsPoller } from '../../adapters/his-views/index.ts'
import { mllpQuery } from '../../adapters/mllp/index.ts'
import type { Clock } from '../../core/clock.ts'
import type { HisLookup, WantedIdentifier } from '../../core/identity/index.ts'
import type { Ids } from '../../core/ids.ts'
import type { FhirSourceConfig, MllpDestinationConfig, MllpSourceConfig, SiteConfig, ViewsSourceConfig } from '../site-config.ts'
import { answerMessage } from './answer-message.ts'
import type { Applying } from './applying.ts'
import { mappingOf, type FhirMappings } from './fhir-sources.ts'

export interface HisLookupDeps {
  readonly site: Pick<SiteConfig, 'sources' | 'destinations'>
  readonly zone: string
  readonly followers: ReadonlyMap<string, Follower>
  readonly viewPollers: ReadonlyMap<string, ViewsPoller>
  readonly fhirMappings: FhirMappings
  readonly applying: Pick<Applying, 'receiver' | 'applier' | 'awaitOutcome'>
  readonly clock: Clock
  readonly wallClock: Clock
  readonly ids: Ids
}

/** Whoever stands at the desk waits for it. */
const mostMs = 3_000

type Answer = 'unknown' | { readonly messages: readonly string[] }
/** Refuses where the hospital's system cannot be asked now. */
type Ask = (forms: readonly WantedIdentifier[]) => Promise<Answer>

/**
 * Asks a hospital by the ways it is connected: its FHIR server, its view of patients, or a query over MLLP. What comes
 * back is a message like any other: kept, mapped by the site's tables, applied. A hospital that can be asked in no way
 * is one that knows nobody: it sorts out by itself whom a file of ours is of.
 */
export function hisLookup (deps: HisLookupDeps): HisLookup {
  const asks = asksByHospital(deps)
  return {
    find: async (hospitalId, forms) => {
      const deadline = deps.wallClock.now().getTime() + mostMs
      const given = await Promise.all((asks.get(hospitalId) ?? []).map((ask) => within(mostMs, ask(forms))))
      const messages = given.flatMap((answer) => answer === 'unknown' || answer === null ? [] : answer.messages)
      const leftMs = Math.max(1, deadline - deps.wallClock.now().getTime())
      const outcomes = await Promise.all(messages.map((id) => deps.applying.awaitOutcome(id, leftMs)))
      if (outcomes.some(({ kind }) => kind !== 'applied')) return 'unavailable'
      const isFound = given.some((answer) => answer !== null && answer !== 'unknown')
      // What a look had brought a moment before may still be in the queue.
      if (isFound && messages.length === 0) await within(leftMs, deps.applying.applier.drain())
      if (isFound) return 'found'
      return given.includes(null) ? 'unavailable' : 'unknown'
    }
  }
}

/** A job on the command line has no line to the hospitals. */
export const nobodyToAsk: HisLookup = { find: async () => 'unavailable' }

/** Null: it failed, or took too long; then what it still does ends by itself. */
async function within<Result> (ms: number, work: Promise<Result>): Promise<Result | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => { timer = setTimeout(() => { resolve(null) }, ms) })
  try {
    return await Promise.race([work.catch(() => null), late])
  } finally {
    clearTimeout(timer)
  }
}

function asksByHospital (deps: HisLookupDeps): ReadonlyMap<string, readonly Ask[]> {
  const { site: { sources, destinations } } = deps
  const asks = new Map<string, Ask[]>()
  const add = (hospital: string, ask: Ask): void => { asks.set(hospital, [...asks.get(hospital) ?? [], ask]) }
  for (const source of sources) {
    if (source.kind === 'fhir') add(source.hospital, askFhir(deps, source))
    if (source.kind === 'views' && source.views.patients !== undefined) add(source.hospital, askViews(deps, source))
  }
  for (const destination of destinations) {
    const source = sources.find((one): one is MllpSourceConfig => one.kind === 'mllp' && one.hospital === destination.hospital)
    if (destination.kind === 'mllp' && destination.query !== undefined && source !== undefined) add(destination.hospital, askMllp(deps, { destination, source, query: destination.query }))
  }
  return asks
}

/** Each distinct number once, the likeliest form first. */
function numbersOf (forms: readonly WantedIdentifier[]): readonly WantedIdentifier[] {
  return [...new Map(forms.map((form) => [form.value, form])).values()]
}

function askFhir ({ followers, fhirMappings }: HisLookupDeps, source: FhirSourceConfig): Ask {
  const { tellIdentifiers } = mappingOf(fhirMappings, source)
  return async (forms) => {
    const follower = followers.get(source.name)
    if (follower === undefined) throw new Error('every configured server has a follower')
    for (const { system, value, type } of numbersOf(forms)) {
      const own = type === 'MR' ? `urn:yiqiao:hospital:${source.hospital}:MR` : system
      const { identifier } = tellIdentifiers({ resourceType: 'Patient', identifier: [{ system: own, value }] }, { hospitalId: source.hospital }) as unknown as { readonly identifier: ReadonlyArray<{ readonly system: string }> }
      const told = identifier[0]?.system ?? own
      // What only we call so is no system at the server: a number of its own is then searched by itself.
      const { shown, messages } = await follower.find('Patient', { identifier: told.startsWith('urn:yiqiao:') ? value : `${told}|${value}` })
      if (shown > 0) return { messages }
    }
    return 'unknown'
  }
}

function askViews ({ viewPollers }: HisLookupDeps, source: ViewsSourceConfig): Ask {
  return async (forms) => {
    const poller = viewPollers.get(source.name)
    if (poller === undefined) throw new Error('every configured source of views has a poller')
    for (const { value, type } of numbersOf(forms)) {
      const found = await poller.find('patients', { column: type === 'MR' ? 'patient_no' : 'id_card_no', value })
      if (found !== null && found.shown > 0) return { messages: found.messages }
    }
    return 'unknown'
  }
}

interface MllpWay {
  readonly destination: MllpDestinationConfig
  /** As whose message the answer is read. */
  readonly source: MllpSourceConfig
  readonly query: string
}

function askMllp (deps: HisLookupDeps, way: MllpWay): Ask {
  const { destination: { host, port, tls } } = way
  const pem = (file: string | undefined): string | null => file === undefined ? null : readFileSync(file, 'utf8')
  const dialled = { host, port, tls: tls === undefined ? null : { ca: pem(tls.caFile), key: pem(tls.keyFile), cert: pem(tls.certFile) } }
  return async (forms) => {
    for (const form of numbersOf(forms)) {
      const { controlId, content } = writeQuery(deps, way, form)
      const raw = await mllpQuery({ ...dialled, timeoutMs: mostMs }, { controlId, content })
      const message = answerMessage(raw, deps, way.source)
      const outcome = queryOutcomeOf(decodeText(raw, message.charset))
      if (outcome === 'failed') throw new Error('the hospital could not look')
      if (outcome === 'found') return { messages: [(await deps.applying.receiver.receive(message)).id] }
    }
    return 'unknown'
  }
}

function writeQuery ({ clock, ids, zone }: HisLookupDeps, { destination, query }: MllpWay, { value, type }: WantedIdentifier): { readonly controlId: string, readonly content: Uint8Array } {
  const controlId = ids.next().replaceAll('-', '').slice(-20)
  const { hospital, application, facility, version, charset } = destination
  const iconv = resolveCharset(charset) ?? 'utf8'
  const text = printPersonQuery({
    sendingFacility: hospital, receivingApplication: application, receivingFacility: facility, version, charset: iconv === 'utf8' ? 'UNICODE UTF-8' : charset, controlId,
    at: printTimeStamp(clock.now(), zoneOffsetIn(zone)), name: query, identifier: { value, type }
  })
  return { controlId, content: encodeText(text, iconv) }
}
