import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxMessage } from '../outbox.ts'
import type { VisitStep } from './visit-step.ts'
import type { Visit } from './visit.ts'

/** What is long past is not told any more: a message that was kept back, a history that is read in. */
const freshMs = 2 * 3_600_000

/** Whether the step is one that the patient may be told of now. */
export function isNews ({ kind, at }: VisitStep, now: Date): boolean {
  return templates[kind] !== undefined && now.getTime() - at.getTime() <= freshMs
}

const templates: Readonly<Partial<Record<VisitStep['kind'], NoticeTemplate>>> = {
  registered: 'visit_registered', checked_in: 'checked_in', called: 'queue_called', report_ready: 'report_ready', skin_test_done: 'skin_test_done', dispensed: 'medication_ready', infusion_ready: 'infusion_ready'
}

/**
 * The notice of a new step, for visits that are paid after care: their patients get the whole course told. No
 * clinical detail: a number in a queue and a room, never what for. Null: nothing is to be told.
 */
export function visitNotice (step: VisitStep, visit: Visit, { id, at }: { readonly id: string, readonly at: Date }): OutboxMessage | null {
  const template = templates[step.kind]
  if (template === undefined || visit.payMode !== 'postpay' || !isNews(step, at)) return null
  const params: Record<string, string> = { hospitalId: visit.hospitalId, visitId: visit.id }
  if (visit.visitNumber !== null) params['visitNumber'] = visit.visitNumber
  if (step.kind === 'called' && step.queueNumber !== null) params['queueNumber'] = step.queueNumber
  if (step.kind === 'called' && step.room !== null) params['room'] = step.room
  return noticeMessage({ template, patientId: visit.patientId, phone: null, params }, { id, key: keyOf(step, visit), at })
}

/** A visit that we registered and the hospital then registers under its own number is registered once. */
function keyOf ({ kind, key }: VisitStep, visit: Visit): string {
  const of = visit.placerNumber ?? visit.id
  return kind === 'called' || kind === 'report_ready' || kind === 'dispensed' || kind === 'infusion_ready' || kind === 'skin_test_done' ? `${kind}:${of}:${key}` : `${kind}:${of}`
}
