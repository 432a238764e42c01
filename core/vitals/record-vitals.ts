import type { Ids } from '../ids.ts'
import type { RecordChange, RecordStore } from '../records/index.ts'
import { adviceIn, adviceRecord, type RecordedAdvice } from './advice-record.ts'
import { advise, confirmsUntilMs, flagsOf } from './advise.ts'
import type { AdviceSettings, PersonFacts } from './finding.ts'
import { vitalsOf, type GivenVitals } from './vitals.ts'
import { vitalsRecords, type Measuring } from './vitals-records.ts'

export interface RecordVitals {
  readonly given: GivenVitals
  readonly measuring: Measuring
  readonly person: PersonFacts
  /** The records of the same person that the caller may see. */
  readonly patientIds: readonly string[]
}

interface RecordDeps {
  readonly records: Pick<RecordStore, 'search'>
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
  readonly ids: Ids
  readonly settings: AdviceSettings
}

/**
 * 测量. Keeps vital signs and the advice that follows from them, which both go out to the hospital (ORU^R01, FHIR).
 * Refuses with VITAL_UNIT_UNKNOWN and VITAL_IMPLAUSIBLE; then nothing is kept and nothing advised.
 */
export async function recordVitals ({ records, takeIn, ids, settings }: RecordDeps, { given, measuring, person, patientIds }: RecordVitals, at: Date): Promise<RecordedAdvice & { readonly panelId: string }> {
  const vitals = vitalsOf(given)
  const lately = await recentAdvice({ records }, patientIds, mostLately)
  const earlier = lately
    .filter(({ measuredAt }) => measuring.measuredAt.getTime() - measuredAt.getTime() <= confirmsUntilMs)
    .flatMap(({ measuredAt, advice }) => flagsOf(advice).map((ruleId) => ({ ruleId, measuredAt })))
  const advice = advise({ vitals, person, settings }, { measuredAt: measuring.measuredAt, earlier })
  const made = vitalsRecords({ given, vitals, news2: advice.news2 }, measuring, { ids, at })
  const change = adviceRecord(ids.next(), advice, made, { measuring, at })
  await takeIn([...made.changes, change])
  const { panelId, memberIds } = made
  const { patientId, hospitalId, measuredAt } = measuring
  return { id: change.resource.id, patientId, hospitalId, measuredAt, derivedFrom: [panelId, ...memberIds].map((id) => `Observation/${id}`), advice, panelId }
}

const mostLately = 20

/** Newest first, by when it was measured. */
export async function recentAdvice ({ records }: { readonly records: Pick<RecordStore, 'search'> }, patientIds: readonly string[], limit: number): Promise<readonly RecordedAdvice[]> {
  const found = await records.search({ type: 'GuidanceResponse', clauses: [], patientIds, hospitalId: null, sort: [{ param: '_lastUpdated', descending: true }], limit, offset: 0 })
  return found.records.flatMap((record) => adviceIn(record) ?? []).sort((one, other) => other.measuredAt.getTime() - one.measuredAt.getTime())
}
