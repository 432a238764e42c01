import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { memberKinds, membershipStates, noMembership, type Member, type MemberIds, type Membership, type MembershipProduct, type MembershipStore, type MembershipUsage, type WantedProduct } from '../../../core/membership/index.ts'
import { fen } from '../../../core/money.ts'
import type { Payer } from '../../../core/payments/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { Benefits, MembershipBody, membershipBody, ProductBody, productBody, ProductCode, UsageBody, usageBody, Usages } from './membership-wire.ts'
import { AmountFen, ById, Id, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface MembershipRoutesDeps {
  readonly inReading: InTransaction<{ readonly memberships: MembershipStore }>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly saveProduct: (product: WantedProduct) => Promise<MembershipProduct>
  readonly order: (wanted: { readonly member: Member, readonly product: string, readonly by: string }) => Promise<Membership>
  readonly use: (wanted: Pick<MembershipUsage, 'membershipId' | 'kind' | 'reference' | 'by'>) => Promise<MembershipUsage>
  readonly askRefund: (wanted: { readonly id: string, readonly reason: string, readonly by: string }) => Promise<Membership>
  readonly decideRefund: (wanted: { readonly id: string, readonly isApproved: boolean, readonly by: string }) => Promise<Membership>
}

const common = { tags: ['memberships'], 'x-requirements': ['C14', 'M5'] }
const Text = Type.String({ minLength: 1, maxLength: 200 })
const by = (request: FastifyRequest): string => callerOf(request).principal.tokenId

/** 会员服务: what is on sale, orders, uses, refunds, and their administration. */
export function membershipRoutes (deps: MembershipRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(productRoutes(deps))
    await server.register(orderRoutes(deps))
    await server.register(usageRoutes(deps))
    await server.register(refundRoutes(deps))
  }
}

function productRoutes ({ inReading, saveProduct }: MembershipRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/memberships', {
      config: { access: 'membership.read' },
      schema: {
        ...common,
        summary: 'Memberships on sale for the caller; for the platform all of them',
        querystring: Type.Object({ ...PageQuery, forKind: Type.Optional(oneOf(memberKinds)), onSale: Type.Boolean({ default: true, description: 'false: also what is not on sale, for the platform' }) }, { additionalProperties: false }),
        response: { 200: pageOf(ProductBody) }
      }
    }, async (request) => {
      const { role } = callerOf(request).principal
      const own = role === 'hospital' ? 'hospital' : role === 'patient' || role === 'guardian' ? 'patient' : null
      const filter = { forKind: own ?? request.query.forKind ?? null, onlyOnSale: own !== null || request.query.onSale }
      const { rows, next } = await inReading(({ memberships }) => pageByOffset(request.query, (page) => memberships.products(filter, page)))
      return { items: rows.map(productBody), next }
    })

    server.put('/v1/memberships/:code', {
      config: { access: 'membership.manage' },
      schema: {
        ...common,
        summary: 'Makes a membership or its next version, or takes it off sale; what was bought stays as it was',
        params: Type.Object({ code: ProductCode }),
        body: Type.Object({
          name: Text, english: Text, forKind: oneOf(memberKinds), priceFen: Type.Integer({ ...AmountFen, minimum: 0, maximum: 100_000_000 }), days: Type.Integer({ minimum: 1, maximum: 3_660 }),
          usages: Type.Optional(Usages), benefits: Type.Optional(Benefits), hospitalId: Type.String({ minLength: 1, maxLength: 200, description: 'the connected hospital in whose books the money stands' }), isOnSale: Type.Boolean()
        }, { additionalProperties: false }),
        response: { 200: ProductBody }
      }
    }, async (request) => {
      const { usages = {}, benefits = [], priceFen, ...rest } = request.body
      const product = await saveProduct({ ...rest, usages, benefits, priceFen: fen(priceFen), code: request.params.code, madeBy: by(request) })
      noteAccess(request, { target: 'membership-product', targetId: product.code, patientId: null, outcome: 'allowed' })
      return productBody(product)
    })
  }
}

function orderRoutes (deps: MembershipRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  return async (server) => {
    server.post('/v1/membership-orders', {
      config: { access: 'membership.buy', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Orders a membership for the person, a ward, or the hospital; paid with …/{id}/pay. A second term begins where the first ends',
        body: Type.Object({ product: ProductCode, patientId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 201: MembershipBody }
      }
    }, async (request, reply) => {
      const member = buyerOf(request, request.body.patientId)
      const membership = await deps.order({ member, product: request.body.product, by: by(request) })
      noteAccess(request, { target: 'membership', targetId: membership.id, patientId: patientOf(membership), outcome: 'allowed' })
      return await reply.code(201).send(await bodyOf(deps, membership))
    })

    server.get('/v1/membership-orders', {
      config: { access: 'membership.read' },
      schema: {
        ...common,
        summary: 'Memberships of the caller, or of everybody for the platform, the newest first',
        querystring: Type.Object({ ...PageQuery, state: Type.Optional(oneOf(membershipStates)), refundAsked: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
        response: { 200: pageOf(MembershipBody) }
      }
    }, async (request) => {
      const { state = null, refundAsked = false } = request.query
      const { member, hospitalId } = scopeFor(request)
      const { rows, next, counts } = await inReading(async ({ memberships }) => {
        const found = await pageByOffset(request.query, (page) => memberships.list({ member, hospitalId, state, hasRefundAsked: refundAsked }, page))
        return { ...found, counts: await memberships.counts(found.rows.map(({ id }) => id)) }
      })
      noteSearch(request, 'membership', rows.flatMap((row) => patientOf(row) ?? []))
      return { items: rows.map((row) => membershipBody(row, counts.filter(({ membershipId }) => membershipId === row.id), deps)), next }
    })

    server.get('/v1/membership-orders/:id', {
      config: { access: 'membership.read' },
      schema: { ...common, summary: 'One membership, with what is left of its uses', params: ById, response: { 200: MembershipBody } }
    }, async (request) => await bodyOf(deps, await admitMembership(request, deps, { id: request.params.id, permission: 'membership.read' })))
  }
}

function usageRoutes (deps: MembershipRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.get('/v1/membership-usages', {
      config: { access: 'membership.read' },
      schema: { ...common, summary: 'What was used of memberships, the newest first', querystring: Type.Object({ ...PageQuery, membershipId: Type.Optional(Id) }, { additionalProperties: false }), response: { 200: pageOf(UsageBody) } }
    }, async (request) => {
      const { membershipId } = request.query
      const one = membershipId === undefined ? null : await admitMembership(request, deps, { id: membershipId, permission: 'membership.read' })
      const { member } = scopeFor(request)
      const { rows, next } = await inReading(({ memberships }) => pageByOffset(request.query, (page) => memberships.usages({ membershipIds: one === null ? null : [one.id], member }, page)))
      return { items: rows.map((row) => usageBody(row, writeInstant)), next }
    })

    server.post('/v1/membership-usages', {
      config: { access: 'membership.use', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Uses one of a kind, for one thing; the same thing again uses nothing more',
        body: Type.Object({ membershipId: Id, kind: Type.String({ minLength: 1, maxLength: 60 }), reference: Text }, { additionalProperties: false }),
        response: { 201: UsageBody }
      }
    }, async (request, reply) => {
      await admitMembership(request, deps, { id: request.body.membershipId, permission: 'membership.use' })
      return await reply.code(201).send(usageBody(await deps.use({ ...request.body, by: by(request) }), writeInstant))
    })
  }
}

function refundRoutes (deps: MembershipRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/membership-orders/:id/refund', {
      config: { access: 'membership.read', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Asks for what is unused to be given back, by the member or by finance; the sum is fixed now', params: ById, body: Type.Object({ reason: Text }, { additionalProperties: false }), response: { 200: MembershipBody } }
    }, async (request) => {
      const permission = isMember(request) ? 'membership.buy' : 'membership.refund'
      limitsFor(request, permission)
      const { id } = await admitMembership(request, deps, { id: request.params.id, permission })
      return await bodyOf(deps, await deps.askRefund({ id, reason: request.body.reason, by: by(request) }))
    })

    server.post('/v1/membership-orders/:id/refund/decision', {
      config: { access: 'membership.refund', idempotencyKey: 'required' },
      schema: { ...common, summary: 'Another person decides on the refund; approved, the membership ends and the money goes back the way it was paid', params: ById, body: Type.Object({ decision: oneOf(['approve', 'refuse'] as const) }, { additionalProperties: false }), response: { 200: MembershipBody } }
    }, async (request) => {
      const { id } = await admitMembership(request, deps, { id: request.params.id, permission: 'membership.refund' })
      return await bodyOf(deps, await deps.decideRefund({ id, isApproved: request.body.decision === 'approve', by: by(request) }))
    })
  }
}

const isMember = (request: FastifyRequest): boolean => ['patient', 'guardian', 'hospital'].includes(callerOf(request).principal.role)

/** A member sees its own; finance those in its books. */
function scopeFor (request: FastifyRequest): { readonly member: MemberIds | null, readonly hospitalId: string | null } {
  const { patientIds, hospitalId } = limitsFor(request, 'membership.read')
  if (patientIds !== null) return { member: { kind: 'patient', ids: patientIds }, hospitalId: null }
  return callerOf(request).principal.role === 'hospital' ? { member: { kind: 'hospital', ids: hospitalId === null ? [] : [hospitalId] }, hospitalId: null } : { member: null, hospitalId }
}

function buyerOf (request: FastifyRequest, patientId: string | undefined): Member {
  const { principal: { role, personId, organizationId }, patientIds } = callerOf(request)
  if (role === 'hospital' && organizationId !== null) return { kind: 'hospital', id: organizationId }
  const id = patientId ?? personId
  if (id === null || !patientIds.includes(id)) throw new DomainError('PATIENT_NOT_FOUND', 'This account is not tied to this patient. Tie it with POST /v1/me/bindings.', 'patientId')
  return { kind: 'patient', id }
}

const patientOf = ({ member }: Membership): string | null => member.kind === 'patient' ? member.id : null

interface Wanted {
  readonly id: string
  readonly permission: Permission
}

async function admitMembership (request: FastifyRequest, { inReading }: Pick<MembershipRoutesDeps, 'inReading'>, { id, permission }: Wanted): Promise<Membership> {
  const membership = await inReading(({ memberships }) => memberships.find(id))
  if (membership === null) throw noMembership()
  const { member, hospitalId } = membership
  const ofHospital = member.kind === 'hospital' ? member.id : null
  admitTo(request, permission, { kind: 'membership', id, patientId: patientOf(membership), hospitalId: callerOf(request).principal.role === 'hospital' ? ofHospital : hospitalId }, noMembership)
  return membership
}

/** For payRoute: the member pays. */
export function membershipPayerOf (deps: Pick<MembershipRoutesDeps, 'inReading'>): (request: FastifyRequest, id: string) => Promise<{ readonly payer: Payer, readonly patientIds: readonly string[] }> {
  return async (request, id) => {
    const { member } = await admitMembership(request, deps, { id, permission: 'membership.buy' })
    return member.kind === 'hospital' ? { payer: { kind: 'organization', organizationId: member.id }, patientIds: [] } : { payer: { kind: 'person', patientId: member.id }, patientIds: callerOf(request).patientIds }
  }
}

async function bodyOf (deps: MembershipRoutesDeps, membership: Membership) {
  const counts = await deps.inReading(({ memberships }) => memberships.counts([membership.id]))
  return membershipBody(membership, counts, deps)
}
