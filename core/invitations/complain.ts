import { DomainError } from '../errors.ts'
import { invitationForChange } from './change-invitation.ts'
import type { Complaint } from './complaint.ts'
import { complaintNotices } from './invitation-notice.ts'
import { decideComplaint, type ComplaintCommand } from './decide-complaint.ts'
import type { InvitationState } from './invitation.ts'
import { reckonStars } from './keep-stars.ts'
import type { InvitationStores, InvitationTools } from './ports.ts'

export const noComplaint = (): DomainError => new DomainError('COMPLAINT_NOT_FOUND', 'No complaint has this id, or not one you may see; list the complaints.')

const complainable: readonly InvitationState[] = ['performed', 'contested', 'confirmed', 'settled', 'evaluated', 'not_provided']

/** 投诉 (M14). One of an invitation, about a service that was given or should have been. Refuses with COMPLAINT_STANDS. */
export async function openComplaint<Stores extends InvitationStores> (stores: Stores, { ids }: InvitationTools<Stores>, { invitationId, words, by }: { readonly invitationId: string, readonly words: string, readonly by: string }, at: Date): Promise<Complaint> {
  const { state, hospitalId, doctorId, payer } = await invitationForChange(stores, invitationId)
  if (!complainable.includes(state)) throw new DomainError('INVITATION_STATE_REFUSED', 'A complaint is about a service that was given, or agreed and not given.', 'invitationId')
  if (await stores.complaints.ofInvitation(invitationId) !== null) throw new DomainError('COMPLAINT_STANDS', 'There is a complaint about this invitation already. Read what became of it.', 'invitationId')
  const complaint: Complaint = { id: ids.next(), invitationId, hospitalId, doctorId, payer, words, state: 'open', by, openedAt: at, takenBy: null, findings: null, decidedBy: null, decidedAt: null, reason: null, appeal: null }
  await stores.complaints.save(complaint)
  return complaint
}

/** A step of a complaint. An upheld one lowers the doctor's level at once, an overturned one restores it, in the same transaction (M14). */
export async function changeComplaint<Stores extends InvitationStores> (stores: Stores, { ids, settings }: InvitationTools<Stores>, { id, command, by }: { readonly id: string, readonly command: ComplaintCommand, readonly by: string }, at: Date): Promise<Complaint> {
  const before = await stores.complaints.findForChange(id)
  if (before === null) throw noComplaint()
  const after = decideComplaint(before, command, { by, at })
  await stores.complaints.save(after)
  if ((before.state === 'upheld') !== (after.state === 'upheld')) await reckonStars(stores, settings, { doctorId: after.doctorId, cause: `complaint_${after.state}` }, at)
  for (const notice of complaintNotices({ before, after }, { ids, at })) await stores.outbox.add(notice)
  return after
}
