import { isEnded, type Consultation } from './consultation.ts'
import type { ConsultationStore } from './ports.ts'
import type { RecordStore, RecordVersion } from '../records/index.ts'

/** One message to a hospital that tells a version of a record. */
interface Telling {
  readonly id: string
  readonly destination: string
  readonly record: { readonly type: string, readonly id: string, readonly version: number }
}

interface Told extends Telling {
  readonly state: 'waiting' | 'sent' | 'dead' | 'skipped'
}

interface MootStores {
  readonly consultations: Pick<ConsultationStore, 'byNumber'>
  readonly records: Pick<RecordStore, 'version'>
  readonly outbound: {
    readonly list: (filter: { readonly destination: string, readonly record: string }, page: { readonly limit: number, readonly before: null }) => Promise<readonly Told[]>
    readonly find: (id: string) => Promise<{ readonly events: ReadonlyArray<{ readonly code: string | null }> } | null>
  }
}

const numberForm = /^CR-/
const mostTold = 50

/** The order that a ServiceRequest or its Task is about; null: another one's. */
export async function orderOf ({ consultations }: Pick<MootStores, 'consultations'>, { type, resource: { identifier } }: Pick<RecordVersion, 'type' | 'resource'>): Promise<Consultation | null> {
  if ((type !== 'ServiceRequest' && type !== 'Task') || !Array.isArray(identifier)) return null
  const number = (identifier as ReadonlyArray<{ readonly value?: string }>).find(({ value = '' }) => numberForm.test(value))?.value
  return number === undefined ? null : await consultations.byNumber(number)
}

/**
 * Whether there is no sense in a message that waited: it asks for what ended, or whose time is up, before the hospital's
 * system was there again (T6); or it takes back what the hospital never heard of.
 */
export async function isMootRequest (stores: MootStores, message: Telling, at: Date): Promise<boolean> {
  const version = await stores.records.version(message.record)
  const order = version === null ? null : await orderOf(stores, version)
  if (version === null || order === null || order.acceptedAt !== null || !isOver(order, at)) return false
  const asks = version.resource['status'] === 'active' || version.resource['status'] === 'requested'
  return asks || !await mayHaveHeard(stores, message)
}

const isOver = (order: Consultation, at: Date): boolean => isEnded(order) || (order.dueFor === 'accept' && order.dueAt !== null && order.dueAt <= at)

async function mayHaveHeard ({ outbound }: MootStores, { destination, record: { type, id, version } }: Telling): Promise<boolean> {
  const earlier = (await outbound.list({ destination, record: `${type}/${id}` }, { limit: mostTold, before: null })).filter(({ record }) => record.version < version)
  if (earlier.some(({ state }) => state === 'sent')) return true
  // No answer came, so it may be there; where there was no connection nothing left.
  for (const each of earlier) if ((await outbound.find(each.id))?.events.some(({ code }) => code === 'OUTSIDE_UNAVAILABLE') === true) return true
  return false
}
