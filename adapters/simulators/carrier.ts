import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Ids } from '../../core/ids.ts'
import { isProven, signedHeaders } from '../logistics/signature.ts'
import { strikingFaults, type Fault, type Striking } from './fault.ts'
import { openJournal, type JournalItem } from './journal.ts'

/**
 * unavailable answers 503 and keeps nothing; refused answers 422; lost keeps the parcel and closes the connection, as when
 * the answer is lost; duplicated tells an event twice; reordered holds an event back until after the next one; silent
 * tells none, so that only a question brings it.
 */
const carrierFaultKinds = ['unavailable', 'refused', 'lost', 'duplicated', 'reordered', 'silent'] as const
export type CarrierFaultKind = typeof carrierFaultKinds[number]
export const isCarrierFault = (kind: string): kind is CarrierFaultKind => (carrierFaultKinds as readonly string[]).includes(kind)

export const carrierActs = ['pickup', 'move', 'deliver', 'return', 'lose'] as const
export type CarrierAct = typeof carrierActs[number]

export interface CarrierSimulatorOptions {
  readonly host: string
  readonly port: number
  readonly appId: string
  readonly secret: Uint8Array
  /** Business time, for events. */
  readonly clock: Clock
  readonly realClock: Clock
  readonly ids: Ids
  /** Where events are told, and the path that their signature covers; null: nobody listens yet. */
  readonly callback: () => { readonly url: string, readonly path: string } | null
}

export interface CarrierSimulator {
  readonly url: string
  readonly items: (since: Date | null) => readonly JournalItem[]
  readonly setFaults: (faults: ReadonlyArray<Fault<CarrierFaultKind>>) => void
  /** By our number or the carrier's; null: no such parcel. */
  readonly act: (act: CarrierAct, key: string) => Promise<{ readonly number: string, readonly told: readonly string[] } | null>
  readonly close: () => Promise<void>
}

interface Event { readonly id: string, readonly kind: string, readonly at: string, readonly place: string }
interface KeptParcel { readonly number: string, readonly trackingNumber: string, readonly body: string, readonly events: Event[] }

interface State {
  readonly options: CarrierSimulatorOptions
  readonly journal: ReturnType<typeof openJournal>
  readonly parcels: Map<string, KeptParcel>
  readonly heldBack: Array<{ readonly parcel: KeptParcel, readonly event: Event }>
  strikes: Striking<CarrierFaultKind>
}

const keptItems = 10_000
const maxBodyBytes = 16_384
const callbackTimeoutMs = 5_000
const eventOf: Readonly<Record<CarrierAct, readonly [kind: string, place: string]>> = {
  pickup: ['picked_up', '揽收网点'], move: ['in_transit', '转运中心'], deliver: ['delivered', '派送网点'], return: ['returned', '揽收网点'], lose: ['lost', '转运中心']
}

/** A carrier: it takes parcels by signed requests, one of each number, and tells their way by signed call-backs. */
export async function startCarrier (options: CarrierSimulatorOptions): Promise<CarrierSimulator> {
  const state: State = { options, journal: openJournal(keptItems), parcels: new Map(), heldBack: [], strikes: () => null }
  const server = createServer((request, response) => { void serve(state, request, response) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(options.port, options.host, resolve) })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host}:${port}`,
    items: state.journal.since,
    setFaults: (faults) => { state.strikes = strikingFaults(faults) },
    act: (act, key) => carry(state, act, key),
    close: () => closed(server)
  }
}

async function serve (state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const answer = body.length > maxBodyBytes ? { status: 413 } : answerTo(state, request, body)
    if (answer === null) request.destroy()
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.told ?? {}))
  } catch {
    // The sender went away in the middle of its request; there is nobody left to answer.
    request.destroy()
  }
}

interface Answer { readonly status: number, readonly told?: Readonly<Record<string, unknown>> }

/** Null: no answer at all. */
function answerTo (state: State, request: IncomingMessage, body: string): Answer | null {
  const path = request.url ?? ''
  const number = /^\/shipments\/([\w-]{1,64})$/.exec(path)?.[1]
  if (number === undefined) return { status: 404 }
  const headers = request.headers as Readonly<Record<string, string | undefined>>
  if (!isProven({ headers, path, body }, state.options, state.options.realClock.now())) return { status: 401 }
  if (request.method === 'PUT') return taken(state, number, body)
  const parcel = state.parcels.get(number)
  return parcel === undefined ? { status: 404 } : { status: 200, told: { trackingNumber: parcel.trackingNumber, events: parcel.events } }
}

function taken (state: State, number: string, body: string): Answer | null {
  const fault = state.strikes()
  if (fault === 'unavailable') return { status: 503 }
  if (fault === 'refused') return { status: 422 }
  const parcel = state.parcels.get(number) ?? keep(state, number, body)
  if (parcel.body !== body) return { status: 409 }
  return fault === 'lost' ? null : { status: 201, told: { trackingNumber: parcel.trackingNumber } }
}

function keep ({ options, journal, parcels }: State, number: string, body: string): KeptParcel {
  const at = options.clock.now()
  const parcel = { number, trackingNumber: `SF${String(parcels.size + 1).padStart(12, '0')}`, body, events: [] }
  parcels.set(number, parcel)
  journal.note({ at, kind: 'shipment', key: number, body: { trackingNumber: parcel.trackingNumber, ...JSON.parse(body) as object } })
  return parcel
}

async function carry (state: State, act: CarrierAct, key: string): Promise<{ readonly number: string, readonly told: readonly string[] } | null> {
  const parcel = state.parcels.get(key) ?? [...state.parcels.values()].find(({ trackingNumber }) => trackingNumber === key)
  if (parcel === undefined) return null
  const [kind, place] = eventOf[act]
  const event = { id: state.options.ids.next(), kind, at: state.options.clock.now().toISOString(), place }
  parcel.events.push(event)
  state.journal.note({ at: new Date(event.at), kind: 'event', key: parcel.number, body: { event: kind } })
  const fault = state.strikes()
  const told: string[] = []
  const tell = async (one: { readonly parcel: KeptParcel, readonly event: Event }): Promise<void> => { if (await deliver(state, one)) told.push(one.event.kind) }
  if (fault === 'silent') return { number: parcel.number, told }
  if (fault === 'reordered') {
    state.heldBack.push({ parcel, event })
    return { number: parcel.number, told }
  }
  await tell({ parcel, event })
  if (fault === 'duplicated') await tell({ parcel, event })
  for (const late of state.heldBack.splice(0)) await tell(late)
  return { number: parcel.number, told }
}

async function deliver ({ options }: State, { parcel, event }: { readonly parcel: KeptParcel, readonly event: Event }): Promise<boolean> {
  const target = options.callback()
  if (target === null) return false
  const body = JSON.stringify({ number: parcel.number, trackingNumber: parcel.trackingNumber, events: [event] })
  const timestamp = String(Math.floor(options.realClock.now().getTime() / 1000))
  const headers = signedHeaders({ appId: options.appId, timestamp, nonce: options.ids.next(), path: target.path, body }, options.secret)
  const answer = await fetch(`${target.url}${target.path}`, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(callbackTimeoutMs) }).catch(() => null)
  return answer?.ok === true
}

function closed (server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
