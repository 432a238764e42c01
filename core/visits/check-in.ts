import { DomainError } from '../errors.ts'
import { afterAllSaid, type RecordChange, type RecordStore } from '../records/index.ts'
import type { VisitStore } from './ports.ts'
import type { Visit } from './visit.ts'

interface CheckInDeps {
  readonly visits: Pick<VisitStore, 'steps'>
  readonly records: Pick<RecordStore, 'current'>
  readonly takeIn: (changes: readonly RecordChange[]) => Promise<unknown>
}

const mostSteps = 500

/**
 * 签到. That the patient is there, told by the patient's app or at the nurse station; the hospital hears of it
 * (ADT^A10, Encounter). A visit that was checked in, by whomever, or is over stays as it is. Refuses with
 * VISIT_CANCELLED.
 */
export async function checkIn ({ visits, records, takeIn }: CheckInDeps, { visit, by }: { readonly visit: Visit, readonly by: string }, at: Date): Promise<void> {
  if (visit.state === 'cancelled') throw new DomainError('VISIT_CANCELLED', 'This visit was cancelled. Register a new one.')
  if (visit.state === 'closed') return
  if ((await visits.steps(visit.id, mostSteps)).some(({ kind }) => kind === 'checked_in')) return
  const [standing] = await records.current([{ type: 'Encounter', id: visit.id }])
  await takeIn([{
    resource: {
      resourceType: 'Encounter',
      id: visit.id,
      extension: [{ url: 'urn:yiqiao:fhir:queue', extension: [{ url: 'kind', valueCode: 'checked_in' }, { url: 'at', valueDateTime: at.toISOString() }] }],
      // A visit that the hospital counts as begun does not go back.
      ...visit.state === 'in_progress' ? {} : { status: 'arrived' }
    },
    removed: [],
    weak: false,
    asOf: standing === undefined ? at : afterAllSaid(standing, at),
    hospitalId: visit.hospitalId,
    patientId: visit.patientId,
    isOurs: true,
    source: by,
    mappingVersion: null
  }])
}
