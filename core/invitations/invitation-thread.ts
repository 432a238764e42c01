import { isSameParty, type Party, type ThreadPurpose } from '../dialogue/index.ts'
import type { OutboxMessage } from '../outbox.ts'
import type { Invitation } from './invitation.ts'
import { writtenNotice } from './invitation-notice.ts'
import { stepInvitation } from './keep-invitation.ts'
import type { InvitationStores, InvitationTools } from './ports.ts'

/** 沟通 (M8). The doctor's first word begins the time of negotiating; the other side is told once, until it has read. */
export function invitationThread<Stores extends InvitationStores> (tools: InvitationTools<Stores>): ThreadPurpose<Stores> {
  return {
    hold: ({ invitations }, id) => invitations.findForChange(id),
    said: async (stores, { thread, message }, at) => {
      const invitation = await stores.invitations.find(thread.id)
      if (invitation === null) return
      if (invitation.state === 'offered' && message.by?.kind === 'doctor') await beginTalk(stores, tools, invitation.id, at)
      for (const party of thread.parties) {
        if (message.by === null || isSameParty(party, message.by)) continue
        const readTo = await stores.messages.readTo(thread.id, party)
        for (const notice of messageNotice(party, invitation, { ids: tools.ids, at, key: `message:${thread.id}:${party.kind}:${party.id}:${readTo}` })) await stores.outbox.add(notice)
      }
    }
  }
}

async function beginTalk<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, id: string, at: Date): Promise<void> {
  const invitation = await stores.invitations.findForChange(id)
  if (invitation?.state === 'offered') await stepInvitation(stores, tools, invitation, { command: { kind: 'talk' }, by: `doctor:${invitation.doctorId}`, at })
}

function messageNotice ({ kind }: Party, invitation: Invitation, sending: Parameters<typeof writtenNotice>[3]): readonly OutboxMessage[] {
  return kind === 'doctor' ? writtenNotice('invitation_message', 'doctor', invitation, sending) : writtenNotice('invitation_message', 'payer', invitation, sending)
}
