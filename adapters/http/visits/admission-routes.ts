import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { DomainError } from '../../../core/errors.ts'
import type { AdmissionDeclaration, AdmissionStore } from '../../../core/marketplace/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess, noteSearch } from '../access.ts'
import { Id, Instant, pageOf, type WriteInstant } from '../wire.ts'

export interface AdmissionRoutesDeps {
  readonly inReading: InTransaction<{ readonly admissions: AdmissionStore }>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly declare: (wanted: { readonly patientId: string, readonly hospitalId: string, readonly by: string }) => Promise<AdmissionDeclaration>
}

const common = { tags: ['marketplace'], 'x-requirements': ['M4'] }
const DeclarationBody = Type.Object({ id: Id, patientId: Id, hospitalId: Id, declaredAt: Instant, until: Instant, isVerified: Type.Boolean({ description: 'always false: nobody has checked it' }) })
const mostShown = 100

/** 住院声明, where the hospital's own system is not connected. */
export function admissionRoutes ({ inReading, now, writeInstant, declare }: AdmissionRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = ({ id, patientId, hospitalId, declaredAt, until }: AdmissionDeclaration): Static<typeof DeclarationBody> => ({ id, patientId, hospitalId, declaredAt: writeInstant(declaredAt), until: writeInstant(until), isVerified: false })
  return async (server) => {
    server.post('/v1/admission-declarations', {
      config: { access: 'admission.declare' },
      schema: { ...common, summary: 'The person says to be admitted, or to be going to be, at a hospital whose own system is not connected', body: Type.Object({ hospitalId: Id, patientId: Type.Optional(Id) }, { additionalProperties: false }), response: { 201: DeclarationBody } }
    }, async (request, reply) => {
      const { principal: { personId, tokenId }, patientIds } = callerOf(request)
      const patientId = request.body.patientId ?? personId
      if (patientId === null || !patientIds.includes(patientId)) throw new DomainError('PATIENT_NOT_FOUND', 'This account is not tied to this patient. Tie it with POST /v1/me/bindings.', 'patientId')
      const declaration = await declare({ patientId, hospitalId: request.body.hospitalId, by: tokenId })
      noteAccess(request, { target: 'admission-declaration', targetId: declaration.id, patientId, outcome: 'allowed' })
      return await reply.code(201).send(bodyOf(declaration))
    })

    server.get('/v1/admission-declarations', {
      config: { access: 'admission.declare' },
      schema: { ...common, summary: 'Own declarations that count now', response: { 200: pageOf(DeclarationBody) } }
    }, async (request) => {
      const rows = await inReading(({ admissions }) => admissions.inForce(callerOf(request).patientIds, now(), mostShown))
      noteSearch(request, 'admission-declaration', rows.map(({ patientId }) => patientId))
      return { items: rows.map(bodyOf), next: null }
    })
  }
}
