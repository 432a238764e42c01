import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { appointmentStates, findAppointment, type AppointmentStore } from '../../../core/appointments/index.ts'
import type { PatientStore } from '../../../core/identity/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, limitsFor, noteSearch } from '../access.ts'
import { admitPatient } from '../admit-patient.ts'
import { AppointmentBody, appointmentBody, noAppointment } from './appointment-wire.ts'
import { ById, Id, Instant, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface AppointmentReadRoutesDeps {
  readonly inReading: InTransaction<{ readonly appointments: AppointmentStore, readonly patients: PatientStore }>
  readonly writeInstant: WriteInstant
}

const common = { tags: ['appointments'] }

/** 预约查询: own ones and the wards', or those of the caller's hospital. */
export function appointmentReadRoutes ({ inReading, writeInstant }: AppointmentReadRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/appointments', {
      config: { access: 'appointment.read' },
      schema: {
        ...common,
        'x-requirements': [],
        summary: 'Appointments, the latest start first; of one patient: of all records of the person that the caller may see',
        querystring: Type.Object({
          ...PageQuery,
          patient: Type.Optional(Id),
          hospitalId: Type.Optional(Id),
          slotId: Type.Optional(Id),
          state: Type.Optional(oneOf(appointmentStates)),
          purposeKind: Type.Optional(Type.String({ maxLength: 40 })),
          subjectId: Type.Optional(Type.String({ maxLength: 200, description: 'with purposeKind' })),
          from: Type.Optional(Instant),
          to: Type.Optional(Instant)
        }),
        response: { 200: pageOf(AppointmentBody) }
      }
    }, async (request) => {
      const { query } = request
      const limits = limitsFor(request, 'appointment.read')
      const filter = {
        hospitalId: limits.hospitalId ?? query.hospitalId ?? null,
        slotId: query.slotId ?? null,
        state: query.state ?? null,
        purpose: query.purposeKind === undefined ? null : { kind: query.purposeKind, subjectId: query.subjectId ?? null },
        from: query.from === undefined ? null : new Date(query.from),
        to: query.to === undefined ? null : new Date(query.to)
      }
      const isElsewhere = limits.hospitalId !== null && query.hospitalId !== undefined && query.hospitalId !== limits.hospitalId
      const { rows, next } = isElsewhere ? { rows: [], next: null } : await inReading(async ({ appointments, patients }) => {
        const patientIds = query.patient === undefined ? limits.patientIds : (await admitPatient(request, 'appointment.read', patients, query.patient)).tied.map(({ id }) => id)
        return await pageByOffset(query, (page) => appointments.list({ ...filter, patientIds }, page))
      })
      noteSearch(request, 'appointment', rows.map(({ patientId }) => patientId))
      return { items: rows.map((appointment) => appointmentBody(appointment, writeInstant)), next }
    })

    server.get('/v1/appointments/:id', {
      config: { access: 'appointment.read' },
      schema: { ...common, 'x-requirements': [], summary: 'One appointment', params: ById, response: { 200: AppointmentBody } }
    }, async (request) => {
      const appointment = await inReading((stores) => findAppointment(stores, request.params.id))
      admitTo(request, 'appointment.read', { kind: 'appointment', ...appointment }, noAppointment)
      return appointmentBody(appointment, writeInstant)
    })
  }
}
