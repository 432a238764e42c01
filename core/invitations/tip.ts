import { DomainError } from '../errors.ts'
import { fen } from '../money.ts'
import type { Ids } from '../ids.ts'
import type { JobResult } from '../operations/index.ts'
import type { InTransaction } from '../unit-of-work.ts'
import { invitationForChange } from './change-invitation.ts'
import type { Tip } from './evaluation.ts'
import { payeeWallet } from './invitation.ts'
import type { InvitationStore, TipStore } from './ports.ts'
import { minuteMs, type InvitationSettings } from './settings.ts'

interface TipStores {
  readonly invitations: Pick<InvitationStore, 'findForChange'>
  readonly tips: TipStore
}

export const noTip = (): DomainError => new DomainError('TIP_NOT_FOUND', 'No tip has this id, or not one you may see.')

/** 打赏 (M11) of a settled invitation. Refuses with TIPS_SWITCHED_OFF, TIP_TOO_LARGE, TIP_STANDS. */
export async function openTip (stores: TipStores, { settings: { tips, payMinutes }, ids }: { readonly settings: InvitationSettings, readonly ids: Ids }, { invitationId, amountFen }: { readonly invitationId: string, readonly amountFen: number }, at: Date): Promise<Tip> {
  if (!tips.enabled) throw new DomainError('TIPS_SWITCHED_OFF', 'Tips are not taken here.')
  if (amountFen > tips.mostFen) throw new DomainError('TIP_TOO_LARGE', `A tip is at most ${tips.mostFen} fen.`, 'amountFen')
  const invitation = await invitationForChange(stores, invitationId)
  if (invitation.state !== 'settled' && invitation.state !== 'evaluated') throw new DomainError('INVITATION_STATE_REFUSED', 'A tip is possible once the invitation is settled.', 'invitationId')
  if (await stores.tips.standingOf(invitationId) !== null) throw new DomainError('TIP_STANDS', 'There is a tip for this invitation already.', 'invitationId')
  const { hospitalId, doctorId, payer } = invitation
  const tip: Tip = { id: ids.next(), invitationId, hospitalId, doctorId, payer, payee: payeeWallet(invitation), amountFen: fen(amountFen), state: 'open', createdAt: at, paidAt: null, dueAt: new Date(at.getTime() + payMinutes * minuteMs) }
  await stores.tips.save(tip)
  return tip
}

/** The money has come. Null: nobody waits for it any more, so it goes back. */
export async function takeTip ({ tips }: Pick<TipStores, 'tips'>, id: string, at: Date): Promise<{ readonly tip: Tip, readonly isNew: boolean } | null> {
  const tip = await tips.findForChange(id)
  if (tip === null || tip.state === 'expired') return null
  if (tip.state === 'paid') return { tip, isNew: false }
  const paid: Tip = { ...tip, state: 'paid', paidAt: at, dueAt: null }
  await tips.save(paid)
  return { tip: paid, isNew: true }
}

const perPage = 100

/** Unpaid ones are over, so that another one may be given. */
export async function expireTips<Stores extends TipStores> ({ inTransaction }: { readonly inTransaction: InTransaction<Stores> }, dueAt: Date): Promise<JobResult> {
  const due = await inTransaction(({ tips }) => tips.due(dueAt, perPage))
  for (const { id } of due) {
    await inTransaction(async ({ tips }) => {
      const tip = await tips.findForChange(id)
      if (tip?.state === 'open') await tips.save({ ...tip, state: 'expired', dueAt: null })
    })
  }
  return { expired: due.length }
}
