import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { noGuardianship, relations, type Guardianship, type GuardianAtDesk, type GuardianStore, type PersonRecord } from '../../../core/access/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { callerOf, noteAccess } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, pageOf, type WriteInstant } from '../wire.ts'

export interface GuardianRoutesDeps {
  readonly inReading: InTransaction<{ readonly patients: PatientStore, readonly guardians: GuardianStore }>
  readonly recordsOf: (personId: string) => Promise<readonly PersonRecord[]>
  readonly confirmAtDesk: (wanted: GuardianAtDesk) => Promise<Guardianship>
  readonly endGuardianship: (guardianship: Guardianship) => Promise<void>
}

export const guardianshipMembers = { id: Id, relation: oneOf(relations), basis: oneOf(['minor', 'appointed'] as const), state: oneOf(['asked', 'confirmed', 'ended'] as const), askedAt: Instant, confirmedAt: nullable(Instant) }
const GuardianBody = Type.Object({ ...guardianshipMembers, guardianId: Id, name: nullable(Type.String()) })
const AtDesk = Type.Union([
  Type.Object({ askId: Id }, { additionalProperties: false }),
  Type.Object({ guardianId: Id, relation: oneOf(relations), basis: Type.Optional(oneOf(['minor', 'appointed'] as const)) }, { additionalProperties: false })
])
const ByGuardianship = Type.Object({ id: Id, guardianshipId: Id })
const common = { tags: ['access'], 'x-requirements': ['K-11'] }

export function guardianshipBody (writeInstant: WriteInstant) {
  return ({ id, relation, basis, state, askedAt, confirmedAt }: Guardianship) => ({ id, relation, basis, state, askedAt: writeInstant(askedAt), confirmedAt: orNull(confirmedAt, writeInstant) })
}

/** 监护人: the desk sees who asked, confirms by the papers, and ends. */
export function guardianRoutes (deps: GuardianRoutesDeps, writeInstant: WriteInstant): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  const bodyOf = guardianshipBody(writeInstant)
  const nameOf = async (patients: PatientStore, id: string): Promise<string | null> => (await patients.find(id))?.name ?? null
  return async (server) => {
    server.get('/v1/patients/:id/guardians', {
      config: { access: 'identity.confirm' },
      schema: { ...common, summary: 'Guardians of a patient, and who asked to be', params: ById, response: { 200: pageOf(GuardianBody) } }
    }, async (request) => {
      const items = await inReading(async ({ patients, guardians }) => {
        const { patient, tied } = await admitPatient(request, 'identity.confirm', patients, request.params.id)
        const bodies = []
        for (const one of await guardians.ofWard([patient.personId, ...tied.map(({ id }) => id)])) bodies.push({ ...bodyOf(one), guardianId: one.guardianPersonId, name: await nameOf(patients, one.guardianPersonId) })
        return bodies
      })
      return { items, next: null }
    })

    server.post('/v1/patients/:id/guardians', {
      config: { access: 'identity.confirm' },
      schema: { ...common, summary: 'The desk confirms a guardian whose papers it saw', params: ById, body: AtDesk, response: { 201: GuardianBody } }
    }, async (request, reply) => {
      const { body } = request
      const { patient, guardianName, guardian } = await inReading(async ({ patients }) => {
        const { patient } = await admitPatient(request, 'identity.confirm', patients, request.params.id)
        if ('askId' in body) return { patient, guardianName: null, guardian: { askId: body.askId } }
        const found = await admitPatient(request, 'identity.confirm', patients, body.guardianId)
        return { patient, guardianName: found.patient.name, guardian: { personId: found.patient.personId, relation: body.relation, basis: body.basis ?? 'minor' } }
      })
      const ward = { personId: patient.personId, records: await deps.recordsOf(patient.personId) }
      const confirmed = await deps.confirmAtDesk({ guardian, ward, by: callerOf(request).principal.tokenId })
      noteAccess(request, { target: 'guardianship', targetId: confirmed.id, patientId: patient.id, outcome: 'allowed' })
      const name = guardianName ?? await inReading(({ patients }) => nameOf(patients, confirmed.guardianPersonId))
      return await reply.code(201).send({ ...bodyOf(confirmed), guardianId: confirmed.guardianPersonId, name })
    })

    server.delete('/v1/patients/:id/guardians/:guardianshipId', {
      config: { access: 'identity.confirm' },
      schema: { ...common, summary: 'The desk ends a guardianship', params: ByGuardianship, response: { 204: Type.Null() } }
    }, async (request, reply) => {
      const { id, guardianshipId } = request.params
      const guardianship = await inReading(async ({ patients, guardians }) => {
        const { patient, tied } = await admitPatient(request, 'identity.confirm', patients, id)
        return (await guardians.ofWard([patient.personId, ...tied.map((one) => one.id)])).find((one) => one.id === guardianshipId)
      })
      if (guardianship === undefined) throw noGuardianship()
      await deps.endGuardianship(guardianship)
      noteAccess(request, { target: 'guardianship', targetId: guardianshipId, patientId: id, outcome: 'allowed' })
      return await reply.code(204).send(null)
    })
  }
}
