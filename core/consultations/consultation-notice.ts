import type { Ids } from '../ids.ts'
import { yuanText } from '../money.ts'
import { noticeMessage, staffNotice, type NoticeTemplate } from '../notice.ts'
import type { OutboxMessage } from '../outbox.ts'
import { isEnded, isWithDoctor, type Consultation } from './consultation.ts'

interface Told {
  readonly template: NoticeTemplate
  /** Null: the patient. */
  readonly doctorId: string | null
}

/** Who is told of a change (C15, C9). Number, amount and hospital; never what it is about. */
export function noticesOf (before: Consultation | null, after: Consultation): readonly Told[] {
  if (before === null) return []
  return [...forDoctors(before, after), ...forPatient(before, after)]
}

function forDoctors (before: Consultation, after: Consultation): readonly Told[] {
  const isNew = after.state === 'assigned' && (before.state === 'paid' || before.doctorId !== after.doctorId)
  const isUrged = after.urgedAt !== null && after.urgedAt.getTime() !== before.urgedAt?.getTime()
  const told: Told[] = []
  if (isNew) told.push({ template: 'order_assigned', doctorId: after.doctorId })
  if (isUrged && isWithDoctor(after)) told.push({ template: 'order_urged', doctorId: after.doctorId })
  if (isTakenFrom(before, after)) told.push({ template: 'order_withdrawn', doctorId: before.doctorId })
  return told.filter(({ doctorId }) => doctorId !== null)
}

/** Another doctor has it, or nobody; whoever gave it away themselves knows. */
function isTakenFrom (before: Consultation, after: Consultation): boolean {
  if (before.doctorId === null || isEnded(before)) return false
  if (after.state === 'refunded') return after.endReason !== 'declined'
  return before.doctorId !== after.doctorId && !after.declinedBy.includes(before.doctorId)
}

function forPatient (before: Consultation, after: Consultation): readonly Told[] {
  const template = templateFor(before, after)
  return template === null ? [] : [{ template, doctorId: null }]
}

function templateFor (before: Consultation, after: Consultation): NoticeTemplate | null {
  if (before.state === 'refund_review' && after.state !== 'refunded') return 'consultation_refund_refused'
  if (after.state === before.state) return before.state === 'assigned' && before.doctorId !== after.doctorId ? 'consultation_switched' : null
  if (after.state === 'assigned' && before.state === 'in_progress') return 'consultation_switched'
  if (after.state === 'in_progress') return 'consultation_accepted'
  if (after.state === 'finished') return 'consultation_finished'
  return after.state === 'refunded' ? 'consultation_refunded' : null
}

/** The same change is told once. */
export function consultationNotice ({ template, doctorId }: Told, { id, number, hospitalId, patientId, priceFen, version }: Consultation, { ids, at }: { readonly ids: Ids, readonly at: Date }): OutboxMessage {
  const params = { hospitalId, number, amount: yuanText(priceFen) }
  const sending = { id: ids.next(), key: `${template}:${id}:${version}`, at }
  return doctorId === null ? noticeMessage({ template, patientId, phone: null, params }, sending) : staffNotice({ template, staffId: doctorId, params }, sending)
}
