import { DomainError } from '../errors.ts'
import { invitationForChange } from './change-invitation.ts'
import type { Evaluation } from './evaluation.ts'
import { stepInvitation } from './keep-invitation.ts'
import { reckonStars } from './keep-stars.ts'
import type { EvaluationStore, InvitationStores, InvitationTools } from './ports.ts'

export const noEvaluation = (): DomainError => new DomainError('EVALUATION_NOT_FOUND', 'No evaluation has this id; list those of the doctor.')

/** 评价 (M11). Once, of a settled invitation; the doctor's level follows in the same transaction (M13). */
export async function evaluate<Stores extends InvitationStores> (stores: Stores, tools: InvitationTools<Stores>, { invitationId, stars, words, by }: Pick<Evaluation, 'invitationId' | 'stars' | 'words'> & { readonly by: string }, at: Date): Promise<Evaluation> {
  const invitation = await invitationForChange(stores, invitationId)
  const { hospitalId, doctorId, payer } = await stepInvitation(stores, tools, invitation, { command: { kind: 'evaluate' }, by, at })
  const evaluation: Evaluation = { id: tools.ids.next(), invitationId, hospitalId, doctorId, payer, stars, words, hiddenBy: null, hiddenFor: null, at }
  await stores.evaluations.save(evaluation)
  await reckonStars(stores, tools.settings, { doctorId, cause: 'evaluated' }, at)
  return evaluation
}

/** 隐藏评语. The platform hides words that do not belong there, or shows them again; the stars count all the same. */
export async function moderateWords ({ evaluations }: { readonly evaluations: EvaluationStore }, { id, hides, by }: { readonly id: string, readonly hides: { readonly reason: string } | null, readonly by: string }): Promise<Evaluation> {
  const evaluation = await evaluations.findForChange(id)
  if (evaluation === null) throw noEvaluation()
  const moderated: Evaluation = { ...evaluation, hiddenBy: hides === null ? null : by, hiddenFor: hides?.reason ?? null }
  await evaluations.save(moderated)
  return moderated
}
