import type { Ids } from '../ids.ts'
import { noticeMessage, staffNotice, type NoticeTemplate } from '../notice.ts'
import type { OutboxMessage } from '../outbox.ts'
import type { Complaint } from './complaint.ts'
import { isFailed, payerPatient, type Invitation } from './invitation.ts'

interface Sending {
  readonly ids: Ids
  readonly at: Date
}

interface Told {
  readonly template: NoticeTemplate
  readonly to: 'payer' | 'doctor'
}

/** Who is told of a step. The hospital's name at most; nothing of what it is about. A hospital that pays looks at its list. */
export function invitationNotices ({ before, after }: { readonly before: Invitation, readonly after: Invitation }, sending: Sending): readonly OutboxMessage[] {
  const occasion = `${after.id}:${after.state}:${after.asks}`
  return toldOf(before, after).flatMap(({ template, to }) => writtenNotice(template, to, after, { ...sending, key: `${template}:${occasion}` }))
}

const seen: readonly Invitation['state'][] = ['offered', 'negotiating', 'accepted', 'contested']

function toldOf (before: Invitation, after: Invitation): readonly Told[] {
  if (after.asks !== before.asks) return [{ template: 'invitation_unsaid', to: 'doctor' }]
  if (after.state === before.state) return []
  if (isFailed(after)) return [{ template: 'invitation_ended', to: 'payer' }, ...seen.includes(before.state) && after.state !== 'declined' ? [{ template: 'invitation_withdrawn', to: 'doctor' } as const] : []]
  if (after.state === 'accepted') return [{ template: 'invitation_accepted', to: 'payer' }]
  if (after.state === 'performed') return [{ template: 'invitation_performed', to: 'payer' }]
  const isNews = after.state === 'offered' || (before.state === 'home_hospital_approval' && after.state === 'negotiating')
  return isNews ? [{ template: 'invitation_received', to: 'doctor' }] : []
}

type Whose = Pick<Invitation, 'payer' | 'doctorId' | 'hospitalId'>

export function writtenNotice (template: NoticeTemplate, to: Told['to'], { payer, doctorId, hospitalId }: Whose, { ids, key, at }: Sending & { readonly key: string }): readonly OutboxMessage[] {
  const told = { id: ids.next(), key, at }
  const params = { hospitalId }
  if (to === 'doctor') return [staffNotice({ template, staffId: doctorId, params }, told)]
  const patientId = payerPatient(payer)
  return patientId === null ? [] : [noticeMessage({ template, patientId, phone: null, params }, told)]
}

/** The doctor hears of an upheld complaint, which may be appealed against; the payer of every answer. */
export function complaintNotices ({ before, after }: { readonly before: Complaint, readonly after: Complaint }, sending: Sending): readonly OutboxMessage[] {
  const isAnswered = after.state !== before.state && after.state !== 'investigating'
  if (!isAnswered) return []
  const key = `${after.id}:${after.state}`
  const toPayer = writtenNotice('complaint_answered', 'payer', after, { ...sending, key: `complaint_answered:${key}` })
  const toDoctor = after.state === 'dismissed' ? [] : writtenNotice(after.state === 'upheld' ? 'complaint_upheld' : 'complaint_overturned', 'doctor', after, { ...sending, key: `complaint_doctor:${key}` })
  return [...toPayer, ...toDoctor]
}
