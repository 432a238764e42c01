import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxMessage } from '../outbox.ts'
import type { Appointment } from './appointment.ts'

interface Tell {
  readonly id: string
  readonly at: Date
  readonly writeTime: (at: Date) => string
}

/** What the person is told of an appointment that was made here; null: nothing. Hospital and time, never what for. */
export function noticeOfChange (before: Appointment | null, after: Appointment): NoticeTemplate | null {
  if (!after.isMadeHere) return null
  if (after.state !== before?.state) {
    if (after.state === 'booked') return 'appointment_booked'
    if (after.state === 'refused') return 'appointment_refused'
    return after.state === 'cancelled' ? 'appointment_cancelled' : null
  }
  if (after.state === 'booked' && after.startsAt.getTime() !== before.startsAt.getTime()) return 'appointment_moved'
  return before.asking !== null && after.asking === null && after.state === 'booked' ? 'appointment_unchanged' : null
}

/** The same thing at the same time is told once. */
export function appointmentNotice (template: NoticeTemplate, appointment: Appointment, { id, at, writeTime }: Tell): OutboxMessage {
  const { patientId, hospitalId, startsAt } = appointment
  const key = `${template}:${appointment.id}:${startsAt.getTime()}${template === 'appointment_unchanged' ? `:${appointment.answerKey ?? ''}` : ''}`
  return noticeMessage({ template, patientId, phone: null, params: { hospitalId, appointmentId: appointment.id, time: writeTime(startsAt) } }, { id, key, at })
}
