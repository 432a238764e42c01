import type { StableId } from '../ids.ts'
import type { RecordChange, RecordStore, RecordVersion } from '../records/index.ts'
import { recentAdvice } from '../vitals/index.ts'
import type { Consultation } from './consultation.ts'
import { requestIds, requestRecords, type RequestStanding } from './request-records.ts'

interface TellStores {
  readonly records: Pick<RecordStore, 'current' | 'search'>
}

interface TellTools<Stores> {
  readonly stableId: StableId
  /** The one way in for records; goes on in the same transaction. */
  readonly takeIn: (stores: Stores, changes: readonly RecordChange[], at: Date) => Promise<unknown>
}

interface Telling {
  readonly consultation: Consultation
  readonly patientIds: readonly string[]
}

const mostLooked = 10
const todayMs = 24 * 3_600_000

/**
 * Says in FHIR, and so to the hospital, what an order has come to: called in the transaction that saves it, whenever its
 * state or its doctor changed. `patientIds`: all records of the person, whose readings of today go with the request (T6).
 */
export async function tellRequest<Stores extends TellStores> (stores: Stores, { stableId, takeIn }: TellTools<Stores>, { consultation, patientIds }: Telling, at: Date): Promise<void> {
  const standing = await standingRequest(stores, stableId, consultation)
  const vitals = standing.request === null ? await vitalsOf(stores, { consultation, patientIds }, at) : []
  const changes = requestRecords(consultation, { stableId, standing, vitals, at })
  if (changes.length > 0) await takeIn(stores, changes, at)
}

export async function standingRequest ({ records }: { readonly records: Pick<RecordStore, 'current'> }, stableId: StableId, consultation: Pick<Consultation, 'hospitalId' | 'number'>): Promise<RequestStanding> {
  const { request, task, visit } = requestIds(consultation, stableId)
  const found = await records.current([{ type: 'ServiceRequest', id: request }, { type: 'Task', id: task }, { type: 'Encounter', id: visit }])
  const of = (type: string): RecordVersion | null => found.find((record) => record.type === type) ?? null
  return { request: of('ServiceRequest'), task: of('Task'), visit: of('Encounter') }
}

/** Only what this hospital knows, too. The panel itself says nothing that its members do not say. */
async function vitalsOf (stores: TellStores, { consultation: { hospitalId }, patientIds }: Telling, at: Date): Promise<readonly string[]> {
  const lately = await recentAdvice(stores, patientIds, mostLooked)
  const newest = lately.find((one) => one.hospitalId === hospitalId && at.getTime() - one.measuredAt.getTime() <= todayMs)
  return newest?.derivedFrom.slice(1) ?? []
}
