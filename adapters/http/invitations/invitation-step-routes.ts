import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { Invitation, InvitationCommand, InvitationStore } from '../../../core/invitations/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import type { Side } from './invitation-admit.ts'
import { loadInvitation } from './invitation-routes.ts'
import { InvitationBody, invitationBody, Reason } from './invitation-wire.ts'
import { deciderOf } from '../payments/payment-wire.ts'
import { ById, type WriteInstant } from '../wire.ts'

export interface InvitationStepRoutesDeps {
  readonly inReading: InTransaction<{ readonly invitations: InvitationStore }>
  readonly writeInstant: WriteInstant
  readonly change: (wanted: { readonly id: string, readonly command: InvitationCommand, readonly by: string }) => Promise<Invitation>
}

interface Given {
  readonly reason?: string
  readonly isApproved?: boolean
  readonly wasProvided?: boolean
}

interface StepRoute {
  readonly name: string
  readonly access: Permission
  readonly requirements: readonly string[]
  readonly summary: string
  readonly as: readonly Side[]
  readonly command: (given: Given, side: Side) => InvitationCommand
}

const ReasonOnly = Type.Object({ reason: Reason }, { additionalProperties: false })
function said ({ reason }: Given): string {
  if (reason === undefined) throw new DomainError('REQUEST_INVALID', 'Say why.', 'reason')
  return reason
}

/** Steps that need nothing but who takes them. */
const plain: readonly StepRoute[] = [
  { name: 'accept', access: 'invitation.answer', requirements: ['M8'], summary: 'The doctor agrees: the time is booked', as: ['doctor'], command: () => ({ kind: 'accept' }) },
  { name: 'perform', access: 'invitation.answer', requirements: ['M8'], summary: 'The doctor says that it was done', as: ['doctor'], command: () => ({ kind: 'perform' }) },
  { name: 'confirm', access: 'invitation.make', requirements: ['M8'], summary: 'The payer confirms it: the fee, less the platform\'s part, is the payee\'s', as: ['payer'], command: () => ({ kind: 'confirm' }) }
]

/** Steps with a reason. */
const reasoned: readonly StepRoute[] = [
  { name: 'decline', access: 'invitation.answer', requirements: ['M9', 'M10'], summary: 'The doctor does not agree: what was paid goes back the way it came', as: ['doctor'], command: (given) => ({ kind: 'decline', reason: said(given) }) },
  { name: 'cancel', access: 'invitation.make', requirements: ['M9', 'M10'], summary: 'The payer gives it up, until the agreed time begins: what was paid goes back', as: ['payer'], command: (given) => ({ kind: 'cancel', reason: said(given) }) },
  {
    name: 'not-provided', access: 'invitation.read', requirements: ['M10'], summary: 'It was not done: what was paid goes back. Where the doctor has said that it was, the platform decides',
    as: ['payer', 'doctor'], command: (given, side) => ({ kind: 'not_provided', by: side === 'doctor' ? 'doctor' : 'payer', reason: said(given) })
  }
]

/** 应邀、协商、完成、确认: each side does its own steps. */
export function invitationStepRoutes (deps: InvitationStepRoutesDeps): FastifyPluginAsyncTypebox {
  const { change, writeInstant } = deps
  const answers = { 200: InvitationBody }
  const done = async (request: Parameters<typeof loadInvitation>[0], { as, command }: Pick<StepRoute, 'as' | 'command'>, { id, given }: { readonly id: string, readonly given: Given }) => {
    const { side } = await loadInvitation(request, deps, { id, as })
    return invitationBody(await change({ id, command: command(given, side), by: deciderOf(request) }), side, writeInstant)
  }
  const common = { tags: ['invitations'], params: ById, response: answers }
  return async (server) => {
    for (const { name, access, requirements, summary, ...step } of plain) {
      server.post(`/v1/invitations/:id/${name}`, { config: { access, idempotencyKey: 'required' }, schema: { ...common, 'x-requirements': [...requirements], summary } },
        async (request) => done(request, step, { id: request.params.id, given: {} }))
    }
    for (const { name, access, requirements, summary, ...step } of reasoned) {
      server.post(`/v1/invitations/:id/${name}`, { config: { access, idempotencyKey: 'required' }, schema: { ...common, 'x-requirements': [...requirements], summary, body: ReasonOnly } },
        async (request) => done(request, step, { id: request.params.id, given: request.body }))
    }
    server.post('/v1/invitations/:id/approval', {
      config: { access: 'invitation.approve', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['M7', 'M10'], summary: 'The doctor\'s own hospital approves or refuses what another hospital asks of its doctor', body: Type.Object({ isApproved: Type.Boolean(), reason: Type.Optional(Reason) }, { additionalProperties: false, description: 'a refusal needs a reason' }) }
    }, async (request) => done(request, { as: ['home_hospital'], command: (given) => given.isApproved === true ? { kind: 'approve' } : { kind: 'refuse', reason: said(given) } }, { id: request.params.id, given: request.body }))

    server.post('/v1/invitations/:id/ruling', {
      config: { access: 'invitation.rule', idempotencyKey: 'required' },
      schema: { ...common, 'x-requirements': ['M10'], summary: 'The platform decides whether it was done, where the two sides say different things', body: Type.Object({ wasProvided: Type.Boolean(), reason: Reason }, { additionalProperties: false }) }
    }, async (request) => done(request, { as: ['platform'], command: (given) => ({ kind: 'rule', wasProvided: given.wasProvided === true, reason: said(given) }) }, { id: request.params.id, given: request.body }))
  }
}
