import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Ids } from '../../core/ids.ts'
import { parcelEventKinds, type Carrier, type ParcelEvent } from '../../core/prescriptions/index.ts'
import { isProven, signedHeaders } from './signature.ts'

export interface HttpCarrierOptions {
  readonly url: string
  readonly appId: string
  /** Read from a file by whoever composes; both directions are signed with it. */
  readonly secret: Uint8Array
  /** Real time: either side refuses stale signatures. */
  readonly clock: Clock
  readonly nonces: Ids
  readonly timeoutMs: number
}

/** Where call-backs come in; their signature covers it. */
export const carrierCallbackPath = '/v1/logistics/callbacks/carrier'

/**
 * 物流 over HTTP. `PUT /shipments/{number}` makes one parcel of a number however often it is sent; `GET` tells its events.
 * What may pass (no answer, 408, 429, 5xx) is OUTSIDE_UNAVAILABLE, any other refusal OUTSIDE_REFUSED.
 */
export function httpCarrier (options: HttpCarrierOptions): Carrier {
  return {
    create: async ({ number, hospitalId, to: { name, phone, address } }) => {
      const answer = await exchange(options, { method: 'PUT', path: `/shipments/${encodeURIComponent(number)}`, body: JSON.stringify({ shipper: hospitalId, recipient: { name, phone, address } }) })
      const trackingNumber = (parsed(answer.body) as { readonly trackingNumber?: unknown } | null)?.trackingNumber
      if (answer.status !== 200 && answer.status !== 201) throw refused(answer.status)
      if (typeof trackingNumber !== 'string' || trackingNumber === '') throw unavailable('answered without a tracking number')
      return { trackingNumber }
    },
    track: async (number) => {
      const answer = await exchange(options, { method: 'GET', path: `/shipments/${encodeURIComponent(number)}`, body: '' })
      if (answer.status === 404) return null
      if (answer.status !== 200) throw refused(answer.status)
      const told = parsed(answer.body) as { readonly trackingNumber?: unknown, readonly events?: unknown } | null
      if (typeof told?.trackingNumber !== 'string') throw unavailable('answered no parcel')
      return { trackingNumber: told.trackingNumber, events: eventsIn(told.events) }
    },
    readCallback: (headers, bytes, now) => {
      const body = Buffer.from(bytes).toString('utf8')
      if (!isProven({ headers, path: carrierCallbackPath, body }, options, now)) return null
      const told = parsed(body) as { readonly number?: unknown, readonly events?: unknown } | null
      return typeof told?.number === 'string' ? { number: told.number, events: eventsIn(told.events) } : null
    }
  }
}

/** What is no event is left out; a kind that nobody knows says nothing of the parcel's state. */
function eventsIn (value: unknown): readonly ParcelEvent[] {
  if (!Array.isArray(value)) return []
  return (value as readonly unknown[]).flatMap((one): readonly ParcelEvent[] => {
    const { id, kind, at, place } = (one ?? {}) as Readonly<Record<string, unknown>>
    const when = new Date(typeof at === 'string' ? at : Number.NaN)
    if (typeof id !== 'string' || id.length > maxIdLength || Number.isNaN(when.getTime())) return []
    const known = parcelEventKinds.find((name) => name === kind) ?? 'unknown'
    return [{ id, kind: known, at: when, place: typeof place === 'string' ? place.slice(0, 100) : null }]
  }).slice(0, mostEvents)
}

const maxIdLength = 100
const mostEvents = 500

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

interface Request {
  readonly method: 'PUT' | 'GET'
  readonly path: string
  readonly body: string
}

async function exchange ({ url, appId, secret, clock, nonces, timeoutMs }: HttpCarrierOptions, { method, path, body }: Request): Promise<{ readonly status: number, readonly body: string }> {
  const timestamp = String(Math.floor(clock.now().getTime() / 1000))
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(method === 'GET' ? {} : { body }),
    headers: signedHeaders({ appId, timestamp, nonce: nonces.next(), path, body }, secret),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs)
  }).then(async (response) => ({ status: response.status, body: await response.text() })).catch(() => null)
  // Neither fetch's message nor its cause is passed on: both may quote the request.
  if (answer === null) throw unavailable('did not answer in time')
  if (answer.status === 408 || answer.status === 429 || answer.status >= 500) throw unavailable(`answered ${answer.status}`)
  return answer
}

const unavailable = (what: string): DomainError => new DomainError('OUTSIDE_UNAVAILABLE', `The carrier ${what}. It is tried again by itself; see that its address is reachable.`)
const refused = (status: number): DomainError => new DomainError('OUTSIDE_REFUSED', `The carrier answered ${status}. Check the address and the account with the carrier.`)
