import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { AuditActor, AuditCase, HospitalEdit, MarketHospital } from '../../../core/marketplace/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noteAccess } from '../access.ts'
import { accountIn, actorOf, admitOwnHospital, type MarketReadStores } from './market-admit.ts'
import { HospitalApplicationBody, hospitalApplicationBody, PersonName, Words } from './market-wire.ts'
import { Phone } from '../access/session-routes.ts'
import { ById, Id, type WriteInstant } from '../wire.ts'

export interface MarketHospitalRoutesDeps {
  readonly inReading: InTransaction<MarketReadStores>
  readonly writeInstant: WriteInstant
  readonly register: (wanted: Pick<MarketHospital, 'accountId' | 'name' | 'creditCode' | 'licenceNumber' | 'contactName' | 'contactPhone'>) => Promise<MarketHospital>
  readonly edit: (wanted: { readonly id: string, readonly edit: HospitalEdit, readonly actor: AuditActor }) => Promise<MarketHospital>
  readonly submit: (wanted: { readonly id: string, readonly actor: AuditActor }) => Promise<AuditCase>
  readonly issueCredentials: (id: string) => Promise<{ readonly tokenId: string, readonly secret: string }>
}

const common = { tags: ['marketplace'] }
const Fields = {
  name: Words,
  creditCode: Type.String({ pattern: '^[0-9A-HJ-NPQRTUWXY]{18}$', description: 'unified social credit code, GB 32100' }),
  licenceNumber: Type.String({ pattern: '^[0-9A-Z-]{5,40}$', description: 'registration number of the licence of the institution' }),
  contactName: PersonName,
  contactPhone: Phone
}
const Edit = Type.Object({ name: Type.Optional(Fields.name), creditCode: Type.Optional(Fields.creditCode), licenceNumber: Type.Optional(Fields.licenceNumber), contactName: Type.Optional(Fields.contactName), contactPhone: Type.Optional(Fields.contactPhone) }, { additionalProperties: false, minProperties: 1 })
const answers = { 200: HospitalApplicationBody }

/** 第三方医院: registration, authentication, and the credential of its module. */
export function marketHospitalRoutes (deps: MarketHospitalRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant, register, edit, submit, issueCredentials } = deps
  const show = async (request: FastifyRequest, id: string) => await inReading(async (stores) => {
    const { hospital, audit } = await admitOwnHospital(request, stores, id)
    return hospitalApplicationBody(hospital, audit, writeInstant)
  })
  return async (server) => {
    server.post('/v1/hospitals', {
      config: { access: 'hospital.register' },
      schema: { ...common, 'x-requirements': ['M1', 'M3'], summary: 'Registers a hospital that is not connected; a draft until it is submitted', body: Type.Object(Fields, { additionalProperties: false }), response: { 201: HospitalApplicationBody } }
    }, async (request, reply) => {
      const hospital = await register({ ...request.body, accountId: accountIn(request) })
      return await reply.code(201).send(await show(request, hospital.id))
    })

    server.get('/v1/hospitals/:id', {
      config: { access: 'qualification.read' },
      schema: { ...common, 'x-requirements': ['M3'], summary: 'A registration, for its owner and the platform', params: ById, response: answers }
    }, async (request) => await show(request, request.params.id))

    server.patch('/v1/hospitals/:id', {
      config: { access: 'hospital.register' },
      schema: { ...common, 'x-requirements': ['M3'], summary: 'Changes it; name, code and licence go back to review', params: ById, body: Edit, response: answers }
    }, async (request) => {
      const { hospital: { id } } = await inReading((stores) => admitOwnHospital(request, stores, request.params.id))
      await edit({ id, edit: request.body, actor: actorOf(request) })
      return await show(request, id)
    })

    server.post('/v1/hospitals/:id/submit', {
      config: { access: 'hospital.register' },
      schema: { ...common, 'x-requirements': ['M3'], summary: 'Hands it in for authentication', params: ById, response: answers }
    }, async (request) => {
      const { hospital: { id } } = await inReading((stores) => admitOwnHospital(request, stores, request.params.id))
      await submit({ id, actor: actorOf(request) })
      return await show(request, id)
    })

    server.post('/v1/hospitals/:id/credentials', {
      config: { access: 'hospital.manage', idempotencyKey: 'ignored' },
      schema: { ...common, 'x-requirements': ['M1', 'M3'], summary: 'A token for the module of an authenticated hospital, shown once', params: ById, response: { 201: Type.Object({ tokenId: Id, token: Type.String() }) } }
    }, async (request, reply) => {
      const { tokenId, secret } = await issueCredentials(request.params.id)
      noteAccess(request, { target: 'token', targetId: tokenId, patientId: null, outcome: 'allowed' })
      return await reply.code(201).header('cache-control', 'no-store').send({ tokenId, token: secret })
    })
  }
}
