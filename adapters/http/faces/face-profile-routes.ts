import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { PractitionerStore } from '../../../core/directory/index.ts'
import { contactKinds, faceProfileOf, type ContactKind, type FaceTemplateStore } from '../../../core/faces/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { RecordStore } from '../../../core/records/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import type { VisitStore } from '../../../core/visits/index.ts'
import { noteAccess } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, type WriteInstant } from '../wire.ts'

export interface FaceProfileRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly faceTemplates: FaceTemplateStore, readonly records: RecordStore, readonly visits: VisitStore, readonly practitioners: PractitionerStore }>
  readonly writeInstant: WriteInstant
}

const common = { tags: ['faces'] }
const Coded = Type.Object({ code: nullable(Type.String()), system: nullable(Type.String()), text: nullable(Type.String()) })
const ProfileBody = Type.Object({
  personId: Id,
  records: Type.Array(Type.Object({ patientId: Id, hospitalId: Type.String(), name: nullable(Type.String()), birthDate: nullable(Type.String()), gender: nullable(Type.String()), numbers: Type.Array(Type.Object({ system: Type.String(), value: Type.String(), type: nullable(Type.String()) })) })),
  contacts: Type.Object(Object.fromEntries(contactKinds.map((kind) => [kind, Type.Array(Type.String())])) as Record<ContactKind, ReturnType<typeof Type.Array<ReturnType<typeof Type.String>>>>),
  visits: Type.Array(Type.Object({
    visitId: Id, hospitalId: Type.String(), visitNumber: nullable(Type.String()), class: nullable(Type.String()), state: Type.String(), practitionerId: nullable(Type.String()), practitionerName: nullable(Type.String()), department: nullable(Type.String()),
    conditions: Type.Array(Coded), medications: Type.Array(Coded), at: nullable(Instant)
  })),
  faces: Type.Array(Type.Object({ hospitalId: Type.String(), origin: oneOf(['his_photo', 'terminal'] as const), createdAt: Instant }))
})

/** 人脸库用户信息. */
export function faceProfileRoutes ({ inReading, writeInstant }: FaceProfileRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/patients/:id/face-profile', {
      config: { access: 'record.read' },
      schema: { ...common, 'x-requirements': ['T10', 'K-05'], summary: 'Who stands behind a face: numbers, contacts, visits with doctor, condition and medication, from every source', params: ById, response: { 200: ProfileBody } }
    }, async (request) => {
      const profile = await inReading(async (stores) => {
        const { patient, tied } = await admitPatient(request, 'record.read', stores.patients, request.params.id)
        return faceProfileOf(stores, { personId: patient.personId, patientIds: tied.map(({ id }) => id) })
      })
      noteAccess(request, { target: 'face profile', targetId: profile.personId, patientId: request.params.id, outcome: 'allowed' })
      return {
        ...profile,
        records: profile.records.map((record) => ({ ...record, numbers: [...record.numbers] })),
        contacts: Object.fromEntries(contactKinds.map((kind) => [kind, [...profile.contacts[kind]]])) as Record<ContactKind, string[]>,
        visits: profile.visits.map((visit) => ({ ...visit, conditions: [...visit.conditions], medications: [...visit.medications], at: orNull(visit.at, writeInstant) })),
        faces: profile.faces.map((face) => ({ ...face, createdAt: writeInstant(face.createdAt) }))
      }
    })
  }
}
