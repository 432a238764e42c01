import { noticeMessage, type NoticeTemplate } from '../notice.ts'
import type { OutboxMessage } from '../outbox.ts'

interface About {
  readonly patientId: string
  readonly hospitalId: string
}

interface Told {
  readonly id: string
  readonly key: string
  readonly at: Date
}

/** Tells the person that there is something, and never what: no diagnosis, no drug, no kind of document. */
export function issuedNotice (about: About, told: Told): OutboxMessage {
  return tellPerson('document_issued', about, told)
}

export function tellPerson (template: NoticeTemplate, { patientId, hospitalId }: About, { id, key, at }: Told): OutboxMessage {
  return noticeMessage({ template, patientId, phone: null, params: { hospitalId } }, { id, key: `${template}:${key}`, at })
}
