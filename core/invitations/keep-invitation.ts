import { closeThread, openThread, tellEvent, type Party } from '../dialogue/index.ts'
import { returnFromEscrow, settleEscrow, type Payer } from '../escrow/index.ts'
import { decideInvitation, seatChange, type InvitationCommand } from './decide-invitation.ts'
import { isFailed, mayTalk, payeeWallet, type Invitation } from './invitation.ts'
import { invitationNotices } from './invitation-notice.ts'
import { reckonStars } from './keep-stars.ts'
import type { InvitationStores, InvitationTools } from './ports.ts'
import { bookSeat, endSeat, freeSeat } from './seat.ts'

export interface Step {
  readonly command: InvitationCommand
  readonly by: string
}

/** One step of an invitation, with all that follows from it. */
export async function stepInvitation<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, invitation: Invitation, { command, by, at }: Step & { readonly at: Date }): Promise<Invitation> {
  const after = decideInvitation(invitation, command, { settings: tools.settings, at })
  return await keepInvitation(stores, tools, { before: invitation, after, what: command.kind, by }, at)
}

interface Keeping {
  readonly before: Invitation | null
  readonly after: Invitation
  readonly what: string
  readonly by: string
}

export const invitationThreadPurpose = 'invitation'

/**
 * The one place that saves a changed invitation, with all that follows in the same transaction: its history, the doctor's
 * time, the thread, the money, the doctor's level and who is told. A seat that is held is taken before (holdSeat).
 */
export async function keepInvitation<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, { before, after, what, by }: Keeping, at: Date): Promise<Invitation> {
  await stores.invitations.save(after)
  await stores.invitations.addEvent({ invitationId: after.id, what, from: before?.state ?? null, to: after.state, reason: after.reason === before?.reason ? null : after.reason, by, at })
  if (before === null) return after
  await keepSeat(stores, tools, { before, after }, at)
  await keepThread(stores, { before, after }, at)
  await keepMoney(stores, tools, { before, after }, at)
  if (before.paidAt !== after.paidAt || before.acceptedAt !== after.acceptedAt) await reckonStars(stores, tools.settings, { doctorId: after.doctorId, cause: `invitation_${after.state}` }, at)
  for (const notice of invitationNotices({ before, after }, { ids: tools.ids, at })) await stores.outbox.add(notice)
  return after
}

type Changed = Pick<Keeping, 'after'> & { readonly before: Invitation }

async function keepSeat<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, { before, after }: Changed, at: Date): Promise<void> {
  const change = seatChange(before, after)
  if (change === 'book') await bookSeat(stores, tools, after, at)
  if (change === 'free') await freeSeat(stores, tools, after, at)
  if (before.state !== after.state && after.state === 'performed') await endSeat(stores, tools, after, at)
}

/** Both sides talk from the offer on; where the doctor's hospital has to approve it first, from its approval on. */
async function keepThread (stores: InvitationStores, { before, after }: Changed, at: Date): Promise<void> {
  const { id, hospitalId, payer, doctorId } = after
  if (!mayTalk(before) && mayTalk(after)) {
    await openThread(stores, { id, purpose: invitationThreadPurpose, hospitalId, parties: [payerParty(payer), { kind: 'doctor', id: doctorId }] }, at)
  }
  if (!mayTalk(before)) return
  if (before.state !== after.state) await tellEvent(stores, { id, code: `invitation_${after.state}` }, at)
  if (!mayTalk(after)) await closeThread(stores, id, at)
}

function payerParty (payer: Payer): Party {
  return payer.kind === 'person' ? { kind: 'patient', id: payer.patientId } : { kind: 'hospital', id: payer.organizationId }
}

/** 原路退回 (M10), or fee less the platform's part to the payee (M8). What was never paid, and what is free, has no escrow. */
async function keepMoney<Stores extends InvitationStores> (stores: Stores, { escrow }: InvitationTools<Stores>, { before, after }: Changed, at: Date): Promise<void> {
  const { id, priceFen, feePermille, paidAt, state } = after
  if (priceFen === 0 || paidAt === null || before.state === state) return
  if (isFailed(after)) await returnFromEscrow(stores, escrow, { id, amountFen: null, reason: `invitation_${state}`, key: `invitation:${id}:ended` }, at)
  if (state === 'settled') await settleEscrow(stores, escrow, { id, payee: payeeWallet(after), feePermille }, at)
}
