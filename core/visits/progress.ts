import type { VisitStep, VisitStepKind } from './visit-step.ts'
import type { Visit } from './visit.ts'

/** 就诊进度. What has happened so far, in order, and where the patient is now. */
export interface Progress {
  readonly stage: VisitStepKind | null
  /** The last call of a queue that nothing has answered yet: where the patient is to go. */
  readonly call: Pick<VisitStep, 'about' | 'queueNumber' | 'room' | 'at'> | null
  readonly steps: ReadonlyArray<Omit<VisitStep, 'visitId'>>
}

/**
 * Of two steps in the same second the one that comes later in the course of a visit counts as the later: most systems
 * tell whole seconds, we and some others tell more.
 */
const course: readonly VisitStepKind[] = ['registered', 'checked_in', 'waiting', 'called', 'missed', 'in_consult', 'exam_ordered', 'report_ready', 'prescribed', 'skin_test_started', 'skin_test_done',
  'dispensed', 'infusion_ready', 'infusion_started', 'infusion_done', 'served', 'left_queue', 'closed', 'cancelled']

/** Orders say what is to come and not where the patient is. */
const orders: readonly VisitStepKind[] = ['exam_ordered', 'prescribed']

/** A registration that was told twice, by us and by the hospital, is one step; a visit that has ended stays ended. */
export function progressOf (visit: Visit, told: readonly VisitStep[]): Progress {
  const steps = told.filter(isFirstOfItsKind)
    .map(({ kind, key, at, about, queueNumber, room }) => ({ kind, key, at, about, queueNumber, room }))
    .sort((one, other) => secondOf(one) - secondOf(other) || course.indexOf(one.kind) - course.indexOf(other.kind) || one.at.getTime() - other.at.getTime())
  const ended: VisitStepKind | null = visit.state === 'closed' ? 'closed' : visit.state === 'cancelled' ? 'cancelled' : null
  const last = steps.findLast(({ kind }) => !orders.includes(kind))
  return { stage: ended ?? last?.kind ?? null, call: ended === null && last?.kind === 'called' ? callOf(last) : null, steps }
}

const secondOf = ({ at }: Pick<VisitStep, 'at'>): number => Math.floor(at.getTime() / 1000)

const once: readonly VisitStepKind[] = ['registered', 'closed', 'cancelled']

function isFirstOfItsKind ({ kind }: VisitStep, place: number, steps: readonly VisitStep[]): boolean {
  return !once.includes(kind) || steps.findIndex((other) => other.kind === kind) === place
}

function callOf ({ about, queueNumber, room, at }: Omit<VisitStep, 'visitId'>): Progress['call'] {
  return { about, queueNumber, room, at }
}
