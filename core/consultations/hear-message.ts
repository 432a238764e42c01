import { isSameParty, type Party, type ThreadPurpose } from '../dialogue/index.ts'
import type { Ids } from '../ids.ts'
import { noticeMessage, staffNotice } from '../notice.ts'
import type { OutboxMessage } from '../outbox.ts'
import { keepConsultation } from './keep-consultation.ts'
import type { ConsultationStores, ConsultationTools } from './ports.ts'

/** 对话. Each word of either side puts off the end of the order, and tells the other side. */
export function consultationThread<Stores extends ConsultationStores> (tools: ConsultationTools<Stores>): ThreadPurpose<Stores> {
  return {
    hold: ({ consultations }, id) => consultations.findForChange(id),
    said: async (stores, { thread, message }, at) => {
      const before = await stores.consultations.findForChange(thread.id)
      if (before?.state === 'in_progress') await keepConsultation(stores, tools, { before, after: { ...before, repliedAt: at } }, at)
      await tellOthers(stores, tools, { thread, by: message.by, number: before?.number ?? '' }, at)
    }
  }
}

/** 客服对话. */
export function supportThread<Stores extends ConsultationStores> (tools: ConsultationTools<Stores>): ThreadPurpose<Stores> {
  return {
    hold: ({ afterSales }, id) => afterSales.findForChange(id),
    said: async (stores, { thread, message }, at) => {
      const asked = await stores.afterSales.find(thread.id)
      const order = asked === null ? null : await stores.consultations.find(asked.consultationId)
      await tellOthers(stores, tools, { thread, by: message.by, number: order?.number ?? '' }, at)
    }
  }
}

interface Said {
  readonly thread: { readonly id: string, readonly hospitalId: string, readonly parties: readonly Party[] }
  readonly by: Party | null
  readonly number: string
}

/** Each other party once, until it has read on: the mark up to which it has read is a part of the notice's key. Support looks at its own list. */
async function tellOthers<Stores extends ConsultationStores> (stores: Stores, { ids }: ConsultationTools<Stores>, { thread, by, number }: Said, at: Date): Promise<void> {
  for (const party of thread.parties) {
    if (by !== null && isSameParty(party, by)) continue
    const readTo = await stores.messages.readTo(thread.id, party)
    const notice = messageNotice(party, { params: { hospitalId: thread.hospitalId, number }, key: `message:${thread.id}:${party.kind}:${party.id}:${readTo}`, ids, at })
    if (notice !== null) await stores.outbox.add(notice)
  }
}

function messageNotice ({ kind, id }: Party, { params, key, ids, at }: { readonly params: Readonly<Record<string, string>>, readonly key: string, readonly ids: Ids, readonly at: Date }): OutboxMessage | null {
  if (kind === 'patient') return noticeMessage({ template: 'consultation_message', patientId: id, phone: null, params }, { id: ids.next(), key, at })
  return kind === 'doctor' ? staffNotice({ template: 'order_message', staffId: id, params }, { id: ids.next(), key, at }) : null
}
