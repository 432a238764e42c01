import { requestSource, type RequestAnswerFacts } from '../consultations/index.ts'
import type { SavedRecord } from '../records/index.ts'
import type { TakeInDeps, Told } from './told.ts'

/**
 * 问诊应答. What hospitals answer to requests for consultations, once for each message: also an answer that is older, by the
 * hospital's clock, than what stands in the Task. Whoever hears it knows whether it still means anything.
 */
export async function answersTold (deps: TakeInDeps, { told, saved }: { readonly told: readonly Told[], readonly saved: readonly SavedRecord[] }, at: Date): Promise<void> {
  const changed = told.flatMap(({ fact, from: { record, outcome } }) => fact.kind === 'request_answer' && outcome === 'changed' && record.source !== requestSource ? [fact.request_answer] : [])
  for (const answer of [...changed, ...saved.flatMap((record) => answersInVain(deps, record))]) await deps.hearAnswer(deps, answer, at)
}

function answersInVain ({ factsOf, calendar }: TakeInDeps, { record: { type }, overruled }: SavedRecord): readonly RequestAnswerFacts[] {
  if (type !== 'Task') return []
  return overruled
    .filter(({ source }) => source !== requestSource)
    .flatMap(({ resource, hospitalId }) => factsOf(resource, { hospitalId, calendar }))
    .flatMap((fact) => fact.kind === 'request_answer' ? [fact.request_answer] : [])
}
