import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DomainError } from '../../core/errors.ts'
import type { PatientStore } from '../../core/identity/index.ts'
import type { InTransaction } from '../../core/unit-of-work.ts'
import type { Visit, VisitClass, VisitState, VisitStore } from '../../core/visits/index.ts'
import { admitTo, limitsFor, noteSearch } from './access.ts'
import { admitPatient } from './admit-patient.ts'
import { ById, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from './wire.ts'

export interface VisitRoutesDeps {
  readonly inReading: InTransaction<{ readonly visits: VisitStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
}

const states = ['unconfirmed', 'planned', 'registered', 'in_progress', 'closed', 'cancelled'] as const satisfies readonly VisitState[]
const classes = ['outpatient', 'inpatient', 'emergency', 'other'] as const satisfies readonly VisitClass[]
const VisitBody = Type.Object({
  id: Id,
  hospitalId: Id,
  visitNumber: nullable(Type.String()),
  patientId: Id,
  class: nullable(oneOf(classes)),
  state: oneOf(states),
  startedAt: nullable(Instant),
  endedAt: nullable(Instant),
  department: nullable(Type.String()),
  practitionerId: nullable(Type.String())
})
const common = { tags: ['visits'], 'x-requirements': ['K-06', 'K-11'] }

export const noVisit = (): DomainError => new DomainError('VISIT_NOT_FOUND', 'No visit has this id; list the visits of the patient.')

export function visitRoutes ({ inReading, writeInstant }: VisitRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = (visit: Visit) => ({ ...visit, startedAt: orNull(visit.startedAt, writeInstant), endedAt: orNull(visit.endedAt, writeInstant) })
  return async (server) => {
    server.get('/v1/visits', {
      config: { access: 'visit.read' },
      schema: {
        ...common,
        summary: 'Visits, the newest first; of one patient: of all records of the person that the caller may see',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), state: Type.Optional(oneOf(states)) }, { additionalProperties: false }),
        response: { 200: pageOf(VisitBody) }
      }
    }, async (request) => {
      const { patient, state } = request.query
      const limits = limitsFor(request, 'visit.read')
      const { rows, next } = await inReading(async ({ visits, patients }) => {
        const patientIds = patient === undefined ? limits.patientIds : (await admitPatient(request, 'visit.read', patients, patient)).tied.map(({ id }) => id)
        return await pageByOffset(request.query, async (page) => await visits.list({ patientIds, hospitalId: limits.hospitalId, state: state ?? null }, page))
      })
      noteSearch(request, 'visit', rows.map(({ patientId }) => patientId))
      return { items: rows.map(bodyOf), next }
    })

    server.get('/v1/visits/:id', {
      config: { access: 'visit.read' },
      schema: { ...common, summary: 'One visit', params: ById, response: { 200: VisitBody } }
    }, async (request) => {
      const visit = await inReading(async ({ visits }) => await visits.find(request.params.id))
      if (visit === null) throw noVisit()
      admitTo(request, 'visit.read', { kind: 'visit', ...visit }, noVisit)
      return bodyOf(visit)
    })
  }
}
