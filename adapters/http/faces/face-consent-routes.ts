import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { decide } from '../../../core/access/index.ts'
import type { FaceConsent, FaceConsentStore, FaceWord, MayProcess } from '../../../core/faces/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf } from '../access.ts'
import { admitPatient, type AdmittedPatient } from '../admit-patient.ts'
import { ById, Id, Instant, nullable, oneOf, type WriteInstant } from '../wire.ts'

interface FaceReading {
  readonly patients: PatientStore
  readonly faceConsents: FaceConsentStore
}

export interface FaceConsentRoutesDeps {
  readonly inReading: InTransaction<FaceReading>
  readonly writeInstant: WriteInstant
  readonly consentText: () => { readonly version: string, readonly text: string }
  readonly rules: (stores: FaceReading, of: { readonly patientId: string, readonly hospitalId: string }) => Promise<MayProcess>
  /** Refuses with FACE_CONSENT_NEEDED where a guardian has to speak, AGREEMENT_CHANGED where the text is another. */
  readonly give: (word: FaceWord) => Promise<readonly FaceConsent[]>
  readonly withdraw: (word: FaceWord) => Promise<{ readonly consents: readonly FaceConsent[], readonly templates: number }>
}

const common = { tags: ['faces'] }
const ConsentBody = Type.Object({ id: Id, patientId: Id, hospitalId: Type.String(), state: oneOf(['given', 'withdrawn'] as const), channel: oneOf(['his', 'app', 'terminal', 'desk'] as const), textVersion: nullable(Type.String()), guardianPatientId: nullable(Type.String()), at: Instant })
/** 人脸同意与撤回: by the person, a guardian, or the desk. */
export function faceConsentRoutes (deps: FaceConsentRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  const consentBody = (consent: FaceConsent) => ({ ...consent, at: writeInstant(consent.at) })

  return async (server) => {
    server.get('/v1/face-consent-text', {
      config: { access: 'any_token' },
      schema: { ...common, 'x-requirements': ['T3'], summary: 'The text of the separate consent that is in force', response: { 200: Type.Object({ textVersion: Type.String(), text: Type.String() }) } }
    }, async () => {
      const { version, text } = deps.consentText()
      return { textVersion: version, text }
    })

    server.get('/v1/patients/:id/face-consents', {
      config: { access: 'face.consent' },
      schema: {
        ...common, 'x-requirements': ['T1', 'T3'], summary: 'Consents of a person, the newest first, and whether the face may be processed at this hospital now', params: ById,
        response: { 200: Type.Object({ may: Type.Boolean(), because: Type.String(), items: Type.Array(ConsentBody) }) }
      }
    }, async (request) => inReading(async (stores) => {
      const { patient, tied } = await admitPatient(request, 'face.consent', stores.patients, request.params.id)
      const rules = await deps.rules(stores, { patientId: patient.id, hospitalId: patient.hospitalId })
      return { may: rules.may, because: rules.because, items: (await stores.faceConsents.ofPatients(tied.map(({ id }) => id))).map(consentBody) }
    }))

    server.post('/v1/patients/:id/face-consents', {
      config: { access: 'face.consent' },
      schema: {
        ...common, 'x-requirements': ['T3'], summary: 'Consents to the text in force: in the app for all hospitals, at the desk for its own. A guardian consents for a child under 14', params: ById,
        body: Type.Object({ textVersion: Type.String({ minLength: 1, maxLength: 40 }), guardianPatientId: Type.Optional(Type.Unsafe<string>({ ...Id, description: 'at the desk: who signed for the child' })) }, { additionalProperties: false }),
        response: { 201: Type.Object({ items: Type.Array(ConsentBody) }) }
      }
    }, async (request, reply) => {
      const admitted = await inReading(({ patients }) => admitPatient(request, 'face.consent', patients, request.params.id))
      const consents = await deps.give(wordOf(request, admitted, { textVersion: request.body.textVersion, guardianPatientId: request.body.guardianPatientId ?? null }))
      return reply.code(201).send({ items: consents.map(consentBody) })
    })

    server.post('/v1/patients/:id/face-consents/withdraw', {
      config: { access: 'face.consent' },
      schema: {
        ...common, 'x-requirements': ['T3'], summary: 'Withdraws: templates, the copy of the photo and what was searched go at once, and no later photo is read', params: ById,
        response: { 200: Type.Object({ templates: Type.Integer({ description: 'how many were deleted' }), items: Type.Array(ConsentBody) }) }
      }
    }, async (request) => {
      const admitted = await inReading(({ patients }) => admitPatient(request, 'face.consent', patients, request.params.id))
      const { consents, templates } = await deps.withdraw(wordOf(request, admitted, { textVersion: null, guardianPatientId: null }))
      return { templates, items: consents.map(consentBody) }
    })
  }
}

/** The desk speaks for its own hospital; a person for themselves and their wards, at every hospital. */
function wordOf (request: FastifyRequest, { patient }: AdmittedPatient, { textVersion, guardianPatientId }: Pick<FaceWord, 'textVersion' | 'guardianPatientId'>): FaceWord {
  const { principal, wards } = callerOf(request)
  const isOwn = decide({ principal, patientIds: [] }, 'face.consent', { patientId: patient.id, hospitalId: patient.hospitalId }) !== 'allowed'
  if (!isOwn) return { patientId: patient.id, hospitalId: patient.hospitalId, channel: 'desk', textVersion, guardianPatientId }
  return { patientId: patient.id, hospitalId: null, channel: 'app', textVersion, guardianPatientId: wards.includes(patient.personId) || wards.includes(patient.id) ? principal.personId : null }
}
