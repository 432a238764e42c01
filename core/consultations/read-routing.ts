import type { StableId } from '../ids.ts'
import type { RecordStore } from '../records/index.ts'
import type { Consultation } from './consultation.ts'
import { requestIds } from './request-records.ts'
import { routingOf, type Routing, type SentRequest } from './request-routing.ts'
import { standingRequest } from './tell-request.ts'

interface RoutingStores {
  readonly records: Pick<RecordStore, 'current'>
  /** What goes out to hospitals, of one record (`Type/id`), the newest first. */
  readonly outbound: { readonly list: (filter: { readonly record: string }, page: { readonly limit: number, readonly before: null }) => Promise<readonly SentRequest[]> }
}

const mostTold = 50

/** Null: no hospital's system is asked, or not yet. */
export async function readRouting (stores: RoutingStores, stableId: StableId, consultation: Consultation): Promise<Routing | null> {
  if (consultation.acceptedBy !== 'his') return null
  const { request, task } = await standingRequest(stores, stableId, consultation)
  if (request === null) return null
  const told = await stores.outbound.list({ record: `ServiceRequest/${requestIds(consultation, stableId).request}` }, { limit: mostTold, before: null })
  return routingOf(consultation, { task, sent: told.at(-1) ?? null })
}
