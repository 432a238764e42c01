import type { Ids } from '../ids.ts'
import type { OutboxStore } from '../outbox.ts'
import type { VisitStore } from './ports.ts'
import { mergedSteps, type VisitStep, type VisitStepFacts, type VisitStepKind } from './visit-step.ts'
import { isNews, visitNotice } from './visit-notices.ts'
import type { Visit, VisitState } from './visit.ts'

/**
 * 就诊. Visits follow from the merged Encounter alone: events may come in any order, twice, or years late, and the
 * state is the same when all have come. So there is nothing to decide here; the writing is the use case.
 */
export async function saveVisit ({ visits }: { visits: Pick<VisitStore, 'save'> }, visit: Visit): Promise<void> {
  await visits.save(visit)
}

/** An outpatient is `in-progress` from the registration on (HL7 v2-to-FHIR: A04), so that only a queue tells who is with the doctor. */
const stepOfState: Readonly<Partial<Record<VisitState, VisitStepKind>>> = { planned: 'registered', registered: 'registered', in_progress: 'registered', closed: 'closed', cancelled: 'cancelled' }

/** What the state of a visit itself says of its course. */
export function stepOfVisit (visit: Visit): VisitStepFacts | null {
  const kind = stepOfState[visit.state]
  if (kind === undefined) return null
  const at = kind === 'registered' ? visit.startedAt : kind === 'closed' ? visit.endedAt : null
  return { visitId: visit.id, kind, at, per: 'record', about: kind === 'registered' ? visit.department : null }
}

interface KeepDeps {
  readonly visits: Pick<VisitStore, 'addStep' | 'find'>
  readonly outbox: Pick<OutboxStore, 'add'>
  readonly ids: Ids
}

/** Keeps what changed records say of a visit's course; what is new and fresh is told to the patient, once. */
export async function keepSteps ({ visits, outbox, ids }: KeepDeps, steps: readonly VisitStep[], at: Date): Promise<void> {
  for (const step of mergedSteps(steps)) {
    const isNew = await visits.addStep(step)
    if (!isNew || !isNews(step, at)) continue
    const visit = await visits.find(step.visitId)
    const notice = visit === null ? null : visitNotice(step, visit, { id: ids.next(), at })
    if (notice !== null) await outbox.add(notice)
  }
}
