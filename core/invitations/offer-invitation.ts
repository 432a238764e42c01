import { decideInvitation } from './decide-invitation.ts'
import { stepInvitation, keepInvitation } from './keep-invitation.ts'
import type { Invitation } from './invitation.ts'
import type { InvitationStores, InvitationTools } from './ports.ts'
import { holdSeat } from './seat.ts'

/** Paid, or free of charge: the doctor's time is held, and the doctor is asked, or the doctor's hospital first. Refuses with SLOT_* where the time is gone. */
export async function offerInvitation<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, draft: Invitation, { by, at }: { readonly by: string, readonly at: Date }): Promise<Invitation> {
  const { settings } = tools
  const paid = decideInvitation(draft, { kind: 'pay' }, { settings, at })
  const offered = decideInvitation(paid, { kind: 'offer' }, { settings, at })
  await holdSeat(stores, tools, offered, at)
  const kept = await keepInvitation(stores, tools, { before: draft, after: paid, what: 'pay', by }, at)
  return await stepInvitation(stores, tools, kept, { command: { kind: 'offer' }, by: 'system', at })
}
