import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import type { TargetGroup, VoucherBatchStore, VoucherCampaign, VoucherParty, VoucherPartyStore } from '../../../core/vouchers/index.ts'
import { callerOf, noteAccess } from '../access.ts'
import { Name } from './voucher-wire.ts'
import { Id, Instant, nullable, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface VoucherPartyRoutesDeps {
  readonly inReading: InTransaction<{ readonly voucherBatches: VoucherBatchStore, readonly voucherParties: VoucherPartyStore }>
  readonly writeInstant: WriteInstant
  readonly register: (party: Omit<VoucherParty, 'registeredAt'>) => Promise<VoucherParty>
  readonly issueCredentials: (party: Pick<VoucherParty, 'kind' | 'id'>) => Promise<{ readonly tokenId: string, readonly secret: string }>
  readonly saveGroup: (group: TargetGroup) => Promise<void>
  readonly addCampaign: (campaign: Pick<VoucherCampaign, 'name' | 'perPerson' | 'by'>) => Promise<VoucherCampaign>
}

const common = { tags: ['vouchers'] }
const managing = { access: 'voucher.manage' } as const
const kinds = ['community', 'hospital'] as const
export const GroupCode = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,39}$' })
const PartyBody = Type.Object({ kind: oneOf(kinds), id: Id, name: Type.String(), isActive: Type.Boolean(), registeredAt: Instant })
const PartyParams = Type.Object({ kind: oneOf(kinds), id: GroupCode })
const GroupBody = Type.Object({ code: GroupCode, name: Name, english: Name, fromAge: nullable(Type.Integer({ minimum: 0, maximum: 150 })), gender: nullable(oneOf(['female', 'male'] as const)) })
const CampaignBody = Type.Object({ id: Id, name: Type.String(), perPerson: Type.Integer(), createdAt: Instant })

/** 登记、目标人群、活动. */
export function voucherPartyRoutes (deps: VoucherPartyRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(partyRoutes(deps))
    await server.register(groupRoutes(deps))
  }
}

function partyRoutes ({ inReading, writeInstant, register, issueCredentials }: VoucherPartyRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = ({ kind, id, name, isActive, registeredAt }: VoucherParty) => ({ kind, id, name, isActive, registeredAt: writeInstant(registeredAt) })
  return async (server) => {
    server.get('/v1/voucher-parties', {
      config: managing,
      schema: { ...common, 'x-requirements': ['V-02'], summary: 'Communities and hospitals that take part', querystring: Type.Object({ kind: Type.Optional(oneOf(kinds)) }, { additionalProperties: false }), response: { 200: pageOf(PartyBody) } }
    }, async (request) => ({ items: (await inReading(({ voucherParties }) => voucherParties.list(request.query.kind ?? null))).map(bodyOf), next: null }))

    server.put('/v1/voucher-parties/:kind/:id', {
      config: managing,
      schema: { ...common, 'x-requirements': ['V-02'], summary: 'Registers a community, or a hospital with its voucher module; or suspends it', params: PartyParams, body: Type.Object({ name: Name, isActive: Type.Boolean({ default: true }) }, { additionalProperties: false }), response: { 200: PartyBody } }
    }, async (request) => {
      const party = await register({ ...request.params, ...request.body, by: callerOf(request).principal.tokenId })
      noteAccess(request, { target: `voucher-${party.kind}`, targetId: party.id, patientId: null, outcome: 'allowed' })
      return bodyOf(party)
    })

    server.post('/v1/voucher-parties/:kind/:id/credentials', {
      config: { access: 'voucher.manage', idempotencyKey: 'ignored' },
      schema: { ...common, 'x-requirements': ['V-02'], summary: 'A token for its module, shown once', params: PartyParams, response: { 201: Type.Object({ tokenId: Id, token: Type.String() }) } }
    }, async (request, reply) => {
      const { tokenId, secret } = await issueCredentials(request.params)
      noteAccess(request, { target: 'token', targetId: tokenId, patientId: null, outcome: 'allowed' })
      return await reply.code(201).header('cache-control', 'no-store').send({ tokenId, token: secret })
    })
  }
}

function groupRoutes ({ inReading, writeInstant, saveGroup, addCampaign }: VoucherPartyRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/voucher-groups', {
      config: { access: 'voucher.read' },
      schema: { ...common, 'x-requirements': ['V-01'], summary: 'Target groups', response: { 200: pageOf(GroupBody) } }
    }, async () => ({ items: [...await inReading(({ voucherBatches }) => voucherBatches.groups())], next: null }))

    server.put('/v1/voucher-groups/:code', {
      config: managing,
      schema: {
        ...common,
        'x-requirements': ['V-01'],
        summary: 'Adds or changes a target group; what is known of a person must not contradict its age and gender',
        params: Type.Object({ code: GroupCode }),
        body: Type.Object({ name: Name, english: Name, fromAge: Type.Optional(GroupBody.properties.fromAge), gender: Type.Optional(GroupBody.properties.gender) }, { additionalProperties: false }),
        response: { 200: GroupBody }
      }
    }, async (request) => {
      const { name, english, fromAge = null, gender = null } = request.body
      const group: TargetGroup = { code: request.params.code, name, english, fromAge, gender }
      await saveGroup(group)
      noteAccess(request, { target: 'voucher-group', targetId: group.code, patientId: null, outcome: 'allowed' })
      return { ...group }
    })

    server.get('/v1/voucher-campaigns', {
      config: managing,
      schema: { ...common, 'x-requirements': ['V-03'], summary: 'Campaigns, the newest first', querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(CampaignBody) } }
    }, async (request) => {
      const { rows, next } = await inReading(({ voucherBatches }) => pageByOffset(request.query, voucherBatches.campaigns))
      return { items: rows.map(({ id, name, perPerson, createdAt }) => ({ id, name, perPerson, createdAt: writeInstant(createdAt) })), next }
    })

    server.post('/v1/voucher-campaigns', {
      config: { access: 'voucher.manage', idempotencyKey: 'required' },
      schema: {
        ...common, 'x-requirements': ['V-01', 'V-03'], summary: 'A campaign: of all its batches a person gets so many vouchers at most',
        body: Type.Object({ name: Name, perPerson: Type.Integer({ minimum: 1, maximum: 1_000, default: 1 }) }, { additionalProperties: false }), response: { 201: CampaignBody }
      }
    }, async (request, reply) => {
      const { id, name, perPerson, createdAt } = await addCampaign({ ...request.body, by: callerOf(request).principal.tokenId })
      noteAccess(request, { target: 'voucher-campaign', targetId: id, patientId: null, outcome: 'allowed' })
      return await reply.code(201).send({ id, name, perPerson, createdAt: writeInstant(createdAt) })
    })
  }
}
