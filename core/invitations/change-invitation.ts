import { DomainError } from '../errors.ts'
import type { JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import type { InvitationCommand } from './decide-invitation.ts'
import type { Invitation } from './invitation.ts'
import { stepInvitation } from './keep-invitation.ts'
import type { InvitationStore, InvitationStores, InvitationTools } from './ports.ts'
import { isSeatLost } from './seat.ts'

export const noInvitation = (): DomainError => new DomainError('INVITATION_NOT_FOUND', 'No invitation has this id, or not one you may see; list the invitations.')

export async function findInvitation ({ invitations }: { readonly invitations: Pick<InvitationStore, 'find'> }, id: string): Promise<Invitation> {
  const invitation = await invitations.find(id)
  if (invitation === null) throw noInvitation()
  return invitation
}

export async function invitationForChange ({ invitations }: { readonly invitations: Pick<InvitationStore, 'findForChange'> }, id: string): Promise<Invitation> {
  const invitation = await invitations.findForChange(id)
  if (invitation === null) throw noInvitation()
  return invitation
}

/** What either side, the doctor's hospital or the platform does. What is confirmed is settled at once (M8). */
export async function changeInvitation<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, { id, command, by }: { readonly id: string, readonly command: InvitationCommand, readonly by: string }, at: Date): Promise<Invitation> {
  const before = await invitationForChange(stores, id)
  const after = await stepInvitation(stores, tools, before, { command, by, at })
  return after.state === 'confirmed' ? await stepInvitation(stores, tools, after, { command: { kind: 'settle' }, by: 'system', at }) : after
}

/** The hospital has cancelled the appointment, or its slot has begun with nobody's word. Safe to repeat. */
export async function loseSeat<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, id: string, at: Date): Promise<void> {
  const invitation = await invitationForChange(stores, id)
  const isOpen = ['offered', 'home_hospital_approval', 'negotiating', 'accepted'].includes(invitation.state)
  if (isOpen && await isSeatLost(stores, invitation)) await stepInvitation(stores, tools, invitation, { command: { kind: 'lose', reason: 'time_gone' }, by: 'system', at })
}

export interface LookAfterInvitations<Stores extends InvitationStores> {
  readonly inTransaction: InTransaction<Stores>
  readonly inReading: InTransaction<Stores>
  readonly tools: InvitationTools<Stores>
}

const perPage = 100
const mostPages = 500

/** What is due by itself, each in a transaction of its own: unpaid, unanswered, not agreed, not performed, not confirmed. */
export async function timeOutInvitations<Stores extends InvitationStores> ({ inTransaction, inReading, tools }: LookAfterInvitations<Stores>, dueAt: Date): Promise<JobResult> {
  let timedOut = 0
  for (let page = 0; page < mostPages; page += 1) {
    const due = await inReading(({ invitations }) => invitations.due(dueAt, perPage))
    for (const { id } of due) {
      await inTransaction(async (stores) => {
        const invitation = await invitationForChange(stores, id)
        if (invitation.dueAt === null || invitation.dueAt > dueAt) return
        await changeInvitation(stores, tools, { id, command: { kind: 'time_out' }, by: 'timer' }, dueAt)
        timedOut += 1
      })
    }
    if (due.length < perPage) break
  }
  return { timedOut }
}
