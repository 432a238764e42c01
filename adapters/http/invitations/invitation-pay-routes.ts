import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Payer } from '../../../core/escrow/index.ts'
import { invitationPaymentPurpose, noInvitation, noTip, tipPaymentPurpose, type ComplaintStore, type InvitationStore, type TipStore } from '../../../core/invitations/index.ts'
import type { DialogueStores } from '../../../core/dialogue/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { admitSide } from './invitation-admit.ts'
import { loadInvitation } from './invitation-routes.ts'
import { payRoute, type PayRouteDeps } from '../payments/pay-route.ts'
import { patientOf, threadByParties, type ThreadOf } from '../dialogue/thread-place.ts'

interface PayDeps extends PayRouteDeps {
  readonly inReading: InTransaction<{ readonly invitations: InvitationStore, readonly tips: TipStore }>
}

/** 支付: by whoever made the invitation, or gives the tip. */
export function payInvitationRoutes (deps: PayDeps): readonly FastifyPluginAsyncTypebox[] {
  const common = { requirements: ['M7', 'M15'], tag: 'invitations' }
  const paying = (payer: Payer, patientIds: readonly string[]) => ({ payer, patientIds: payer.kind === 'person' ? patientIds : [] })
  return [
    payRoute(deps, {
      ...common, path: '/v1/invitations', access: 'invitation.make', purpose: invitationPaymentPurpose,
      payerOf: async (request, id) => paying((await loadInvitation(request, deps, { id, as: ['payer'] })).invitation.payer, callerOf(request).patientIds)
    }),
    payRoute(deps, {
      ...common, path: '/v1/tips', access: 'tip.give', requirements: ['M11', 'M15'], tag: 'evaluations', purpose: tipPaymentPurpose,
      payerOf: async (request, id) => {
        const tip = await deps.inReading(({ tips }) => tips.find(id))
        if (tip === null) throw noTip()
        admitSide(request, tip, { target: 'tip', as: ['payer'], missing: noTip })
        return paying(tip.payer, callerOf(request).patientIds)
      }
    })
  ]
}

interface ThreadDeps {
  readonly inReading: InTransaction<Pick<DialogueStores, 'threads' | 'messages' | 'calls'> & { readonly invitations: InvitationStore, readonly complaints: ComplaintStore }>
}

/** 沟通记录: the two sides; and, where there is a complaint, whoever looks into it, to read and nothing else. */
export function invitationThreadOf (deps: ThreadDeps): ThreadOf {
  const byParties = threadByParties(deps)
  return async (request, id) => {
    const { role } = callerOf(request).principal
    if (role !== 'support' && role !== 'reviewer') return await byParties(request, id)
    const { complaint, thread } = await deps.inReading(async ({ complaints, threads }) => ({ complaint: await complaints.ofInvitation(id), thread: await threads.find(id) }))
    noteAccess(request, { target: 'dialogue', targetId: id, patientId: thread === null ? null : patientOf(thread), outcome: complaint === null ? 'refused' : 'allowed' })
    if (complaint === null) throw noInvitation()
    return { thread, party: null }
  }
}
