import type { VisitStore } from './ports.ts'
import type { Visit } from './visit.ts'

/**
 * 就诊. Visits follow from the merged Encounter alone: events may come in any order, twice, or years late, and the
 * state is the same when all have come. So there is nothing to decide here; the writing is the use case.
 */
export async function saveVisit ({ visits }: { visits: Pick<VisitStore, 'save'> }, visit: Visit): Promise<void> {
  await visits.save(visit)
}
