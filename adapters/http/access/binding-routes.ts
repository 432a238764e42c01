import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bindingRefused, notLoggedIn, type Bound, type Claim } from '../../../core/access/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { limitBy, refuseUntil } from '../limit-by.ts'
import { ClaimBody, Code, Phone, type SessionLimits } from './session-routes.ts'
import { ById, Id } from '../wire.ts'

export interface BindingRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore }>
  /** Business time, as the instant of `Bound`. */
  readonly now: () => Date
  readonly bindAccount: (wanted: { readonly accountId: string, readonly claim: Claim }) => Promise<Bound>
  /** Refuses with CODE_INVALID. */
  readonly bindAtDesk: (wanted: { readonly phone: string, readonly code: string, readonly personId: string }) => Promise<{ readonly accountId: string, readonly phoneTail: string }>
}

const common = { tags: ['access'], 'x-requirements': ['K-11'] }
const minuteMs = 60_000

/** 绑定: whose record is whose, by proof or at the desk. */
export function bindingRoutes (deps: BindingRoutesDeps, limits: SessionLimits): FastifyPluginAsyncTypebox {
  return async (server) => {
    const perAddress = limitBy(server, { most: limits.logInsPerMinuteOfAddress, windowMs: minuteMs, of: ({ ip }) => ip })

    server.post('/v1/me/bindings', {
      config: { access: 'account.use' },
      schema: { ...common, summary: 'Ties the account to the patient whose document, name and phone these are', body: ClaimBody, response: { 200: Type.Object({ personId: Id }) } }
    }, async (request, reply) => {
      await perAddress(request, reply)
      const { accountId } = callerOf(request).principal
      if (accountId === undefined) throw notLoggedIn()
      const { documentNumber, name, hospitalId = null } = request.body
      const bound = await deps.bindAccount({ accountId, claim: { documentNumber, name, hospitalId } })
      const personId = bound.kind === 'bound' ? bound.personId : null
      noteAccess(request, { target: 'binding', targetId: accountId, patientId: personId, outcome: personId === null ? 'refused' : 'allowed' })
      if (bound.kind === 'too_often') return refuseUntil(reply, (bound.at.getTime() - deps.now().getTime()) / 1000)
      if (bound.kind === 'refused') throw bindingRefused()
      return { personId: bound.personId }
    })

    server.post('/v1/patients/:id/bindings', {
      config: { access: 'identity.confirm' },
      schema: { ...common, summary: 'The desk ties the account of a phone to a patient whose papers it saw', params: ById, body: Type.Object({ phone: Phone, code: Code }, { additionalProperties: false }), response: { 201: Type.Object({ accountId: Id, phoneTail: Type.String(), personId: Id }) } }
    }, async (request, reply) => {
      const { patient } = await deps.inReading(({ patients }) => admitPatient(request, 'identity.confirm', patients, request.params.id))
      const { accountId, phoneTail } = await deps.bindAtDesk({ ...request.body, personId: patient.personId })
      noteAccess(request, { target: 'binding', targetId: accountId, patientId: patient.id, outcome: 'allowed' })
      return await reply.code(201).send({ accountId, phoneTail, personId: patient.personId })
    })
  }
}
