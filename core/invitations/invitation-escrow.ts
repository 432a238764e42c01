import { DomainError } from '../errors.ts'
import { settleEscrow, type EscrowSubject, type Payer } from '../escrow/index.ts'
import { invitationForChange, noInvitation, findInvitation } from './change-invitation.ts'
import { decideInvitation } from './decide-invitation.ts'
import { isFailed, type Invitation } from './invitation.ts'
import { keepInvitation } from './keep-invitation.ts'
import { offerInvitation } from './offer-invitation.ts'
import type { InvitationStores, InvitationTools } from './ports.ts'
import { openSlot, refuseBusyPerson } from './seat.ts'
import { noTip, takeTip } from './tip.ts'

export const invitationPaymentPurpose = 'invitation'
export const tipPaymentPurpose = 'tip'

const isSamePayer = (payer: Payer, { payer: who, patientIds }: { readonly payer: Payer, readonly patientIds: readonly string[] }): boolean =>
  payer.kind === 'person' ? who.kind === 'person' && patientIds.includes(payer.patientId) : who.kind === 'organization' && who.organizationId === payer.organizationId

/** 邀约费 in escrow. Of many who pay for the same time, one gets it; what the others have paid goes back by itself (M10). */
export function invitationEscrow<Stores extends InvitationStores> (tools: InvitationTools<Stores>): EscrowSubject<Stores> {
  return {
    purpose: invitationPaymentPurpose,
    owed: async (stores, wanted) => {
      const invitation = await findInvitation(stores, wanted.id)
      if (!isSamePayer(invitation.payer, wanted)) throw noInvitation()
      const { state, slotId, doctorId, hospitalId, priceFen, payer } = invitation
      if (state !== 'draft') throw new DomainError('INVITATION_STATE_REFUSED', `An invitation that is ${state} is not to be paid. Read it again.`)
      // A membership may have ended, an admission too, and the time may be gone.
      const doctor = await tools.doctorFor(stores, { doctorId, payer, patientIds: wanted.patientIds, at: wanted.at })
      if (doctor === null) throw noInvitation()
      if (slotId !== null) await refuseBusyPerson(stores, tools, { payer, slot: await openSlot(stores, { slotId, doctorId, hospitalId }, wanted.at) })
      return { amountFen: priceFen, hospitalId, patientId: payer.kind === 'person' ? payer.patientId : null, description: '医师邀约费' }
    },
    paid: async (stores, { id }, at) => {
      const invitation = await invitationForChange(stores, id)
      if (invitation.state !== 'draft') return invitation.paidAt !== null && !isFailed(invitation)
      return await isOffered(stores, tools, invitation, at)
    }
  }
}

async function isOffered<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, invitation: Invitation, at: Date): Promise<boolean> {
  try {
    await offerInvitation(stores, tools, invitation, { by: 'payment', at })
    return true
  } catch (error) {
    // A seat is refused before anything else is written.
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
    const missed = decideInvitation(invitation, { kind: 'miss', reason: error.code }, { settings: tools.settings, at })
    await keepInvitation(stores, tools, { before: invitation, after: missed, what: 'miss', by: 'system' }, at)
    return false
  }
}

/** 打赏 goes to the payee in the moment in which it is paid. */
export function tipEscrow<Stores extends InvitationStores> (tools: InvitationTools<Stores>): EscrowSubject<Stores> {
  return {
    purpose: tipPaymentPurpose,
    owed: async ({ tips }, wanted) => {
      const tip = await tips.find(wanted.id)
      if (tip === null || !isSamePayer(tip.payer, wanted)) throw noTip()
      if (tip.state !== 'open') throw new DomainError('TIP_STATE_REFUSED', `A tip that is ${tip.state} is not to be paid.`)
      return { amountFen: tip.amountFen, hospitalId: tip.hospitalId, patientId: tip.payer.kind === 'person' ? tip.payer.patientId : null, description: '打赏' }
    },
    paid: async (stores, { id }, at) => {
      const taken = await takeTip(stores, id, at)
      if (taken === null) return false
      if (taken.isNew) await settleEscrow(stores, tools.escrow, { id, payee: taken.tip.payee, feePermille: tools.settings.tips.feePermille }, at)
      return true
    }
  }
}
