/**
 * One thing that the hospital has told of a visit's course. The hospital leads the patient; here it is only observed, so
 * steps may come in any order, twice or never, and nothing but what is shown depends on them.
 */
export interface VisitStep {
  readonly visitId: string
  readonly kind: VisitStepKind
  /** Tells two steps of one kind apart: the record that says it, for a queue its number and time. */
  readonly key: string
  readonly at: Date
  /** What it is about in the hospital's words: a queue, an examination, a drug. For the patient's eyes only. */
  readonly about: string | null
  readonly queueNumber: string | null
  readonly room: string | null
}

/**
 * registered, cancelled and closed are of the visit; checked_in … in_consult of a queue (missed: did not come when
 * called); then orders and what became of them. A skin test has no result here: the hospital takes the drug's charge
 * back where it is positive, and the report says the rest.
 */
export const visitStepKinds = ['registered', 'checked_in', 'waiting', 'called', 'missed', 'in_consult', 'served', 'left_queue', 'exam_ordered', 'report_ready', 'prescribed',
  'skin_test_started', 'skin_test_done', 'dispensed', 'infusion_ready', 'infusion_started', 'infusion_done', 'closed', 'cancelled'] as const
export type VisitStepKind = typeof visitStepKinds[number]

/** What a stored record says of a visit's course. */
export interface VisitStepFacts {
  readonly visitId: string
  readonly kind: VisitStepKind
  /** Null: the record does not tell when; then when its state was said. */
  readonly at: Date | null
  /** record: one step for each record. moment: a queue calls the same person more than once. */
  readonly per: 'record' | 'moment'
  readonly about?: string | null
  readonly queueNumber?: string | null
  readonly room?: string | null
}

/** `recordId` is `Type/id`; `saidAt` when the sender said the record's state. */
export function stepOf ({ per, at: told, visitId, kind, about = null, queueNumber = null, room = null }: VisitStepFacts, { recordId, saidAt }: { readonly recordId: string, readonly saidAt: Date }): VisitStep {
  const at = told ?? saidAt
  return { visitId, kind, key: per === 'record' ? recordId : `${queueNumber ?? ''}/${at.getTime()}`, at, about, queueNumber, room }
}

/** A call is told by the visit and by the place in the queue; the one knows the room, the other the queue. */
export function mergedSteps (steps: readonly VisitStep[]): readonly VisitStep[] {
  const merged = new Map<string, VisitStep>()
  for (const step of steps) {
    const key = `${step.visitId}/${step.kind}/${step.key}`
    const other = merged.get(key)
    merged.set(key, other === undefined ? step : { ...other, about: other.about ?? step.about, room: other.room ?? step.room })
  }
  return [...merged.values()]
}
