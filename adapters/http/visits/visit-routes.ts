import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { findVisit, type VisitStore } from '../../../core/visits/index.ts'
import { admitTo, limitsFor, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { noVisit, VisitBody, visitBody, visitStates } from './visit-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface VisitRoutesDeps {
  readonly inReading: InTransaction<{ readonly visits: VisitStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
}

const common = { tags: ['visits'], 'x-requirements': ['K-06', 'K-11'] }

export function visitRoutes ({ inReading, writeInstant }: VisitRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/visits', {
      config: { access: 'visit.read' },
      schema: {
        ...common,
        summary: 'Visits, the newest first; of one patient: of all records of the person that the caller may see',
        querystring: Type.Object({ ...PageQuery, patient: Type.Optional(Id), state: Type.Optional(oneOf(visitStates)) }, { additionalProperties: false }),
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
      return { items: rows.map((visit) => visitBody(visit, writeInstant)), next }
    })

    server.get('/v1/visits/:id', {
      config: { access: 'visit.read' },
      schema: { ...common, summary: 'One visit; one that was registered here and that the hospital keeps under a number of its own is that one', params: ById, response: { 200: VisitBody } }
    }, async (request) => {
      const visit = await inReading((stores) => findVisit(stores, request.params.id))
      admitTo(request, 'visit.read', { kind: 'visit', ...visit }, noVisit)
      return visitBody(visit, writeInstant)
    })
  }
}
