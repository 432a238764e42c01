import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Hospital, PractitionerStore } from '../../../core/directory/index.ts'
import type { MarketHospitalStore } from '../../../core/marketplace/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { Id, nullable, pageByOffset, pageOf, PageQuery } from '../wire.ts'

export interface DirectoryRoutesDeps {
  readonly inReading: InTransaction<{ readonly practitioners: PractitionerStore, readonly marketHospitals: Pick<MarketHospitalStore, 'listApproved'> }>
  readonly hospitals: readonly Hospital[]
}

const HospitalBody = Type.Object({ id: Id, name: Type.String(), isConnected: Type.Boolean({ description: 'by its own system; else it has registered for the marketplace' }) })
const PractitionerBody = Type.Object({ id: Id, hospitalId: Id, name: nullable(Type.String()), department: nullable(Type.String()), active: Type.Boolean() })
const common = { tags: ['directory'], 'x-requirements': ['K-01', 'K-11'] }

export function directoryRoutes ({ inReading, hospitals }: DirectoryRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/hospitals', {
      config: { access: 'directory.read' },
      schema: {
        ...common,
        summary: 'The connected hospitals, and with `registered` those that have registered for the marketplace and were authenticated',
        querystring: Type.Object({ ...PageQuery, registered: Type.Boolean({ default: false }) }, { additionalProperties: false }),
        response: { 200: pageOf(HospitalBody) }
      }
    }, async (request) => {
      if (!request.query.registered) return { items: hospitals.map(({ id, name }) => ({ id, name, isConnected: true })), next: null }
      const { rows, next } = await inReading(({ marketHospitals }) => pageByOffset(request.query, (page) => marketHospitals.listApproved({ name: null }, page)))
      return { items: rows.map(({ id, name }) => ({ id, name, isConnected: false })), next }
    })

    server.get('/v1/practitioners', {
      config: { access: 'directory.read' },
      schema: {
        ...common,
        summary: 'Doctors, as the hospitals named them (MFN^M02)',
        querystring: Type.Object({ ...PageQuery, hospital: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 200: pageOf(PractitionerBody) }
      }
    }, async (request) => {
      const hospitalId = request.query.hospital ?? null
      const { rows, next } = await inReading(async ({ practitioners }) => await pageByOffset(request.query, async (page) => await practitioners.list({ hospitalId }, page)))
      return { items: [...rows], next }
    })
  }
}
