import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { noVoucher, voucherStates, type HandedOut, type HolderProof } from '../../../core/vouchers/index.ts'
import { admitTo, callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import { Phone } from '../access/session-routes.ts'
import { admitVoucher, seenVouchers, type VoucherReadStores } from './voucher-admit.ts'
import { HandedOutBody, VoucherBody, voucherBody, type VoucherWriting } from './voucher-wire.ts'
import { ById, Id, oneOf, pageByOffset, pageOf, PageQuery } from '../wire.ts'

interface AtCommunity {
  readonly communityId: string
  readonly by: string
}

export interface VoucherCommunityRoutesDeps extends VoucherWriting {
  readonly inReading: InTransaction<VoucherReadStores>
  readonly convert: (command: AtCommunity & { readonly voucherId: string }) => Promise<HandedOut>
  readonly handOut: (command: AtCommunity & { readonly which: { readonly voucherId: string } | { readonly batchId: string }, readonly proof: HolderProof, readonly contactPhone: string | null }) => Promise<HandedOut>
  readonly replace: (command: AtCommunity & { readonly voucherId: string, readonly proof: HolderProof }) => Promise<HandedOut>
}

const common = { tags: ['vouchers'] }
const issuing = { access: 'voucher.issue', idempotencyKey: 'required' } as const
/** Who is there: by the code of their app, or by a document that is read. */
const PersonThere = {
  personalCode: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'as the person\'s app shows it; counts once' })),
  document: Type.Optional(Type.Object({ number: Type.String({ minLength: 4, maxLength: 40, description: 'resident id' }), name: Type.String({ minLength: 1, maxLength: 100 }) }, { additionalProperties: false, description: 'of a person without a phone, read from the card' }))
}

/** 社区: the vouchers that were sent, codes, hand-out to a phone or on paper. */
export function voucherCommunityRoutes (deps: VoucherCommunityRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  const answer: Answering = async (request, { voucher, code }) => {
    noteAccess(request, { target: 'voucher', targetId: voucher.id, patientId: voucher.patientId, outcome: 'allowed' })
    const [seen] = await inReading((stores) => seenVouchers(request, stores, [voucher]))
    if (seen === undefined) throw noVoucher()
    return { voucher: voucherBody(seen, deps), code }
  }
  return async (server) => {
    server.get('/v1/communities/:id/vouchers', {
      config: { access: 'voucher.read' },
      schema: {
        ...common,
        'x-requirements': ['V-10', 'V-12', 'V-14'],
        summary: 'Vouchers that the community was sent, with the codes that it keeps',
        params: ById,
        querystring: Type.Object({ ...PageQuery, state: Type.Optional(oneOf(voucherStates)), batchId: Type.Optional(Id) }, { additionalProperties: false }),
        response: { 200: pageOf(VoucherBody) }
      }
    }, async (request) => {
      admitCommunity(request, 'voucher.read', request.params.id)
      const { state = null, batchId } = request.query
      const { rows, next } = await inReading(async (stores) => {
        const batch = batchId === undefined ? null : (await stores.voucherBatches.find(batchId))?.number ?? -1
        const found = await pageByOffset(request.query, (page) => stores.vouchers.list({ patientIds: null, communityId: request.params.id, batch, state }, page))
        return { rows: await seenVouchers(request, stores, found.rows), next: found.next }
      })
      noteSearch(request, 'voucher', rows.flatMap(({ voucher: { patientId } }) => patientId ?? []))
      return { items: rows.map((row) => voucherBody(row, deps)), next }
    })

    server.post('/v1/communities/:id/vouchers', {
      config: issuing,
      schema: {
        ...common,
        'x-requirements': ['V-01', 'V-09', 'V-11', 'V-12', 'V-13', 'V-15', 'V-26'],
        summary: 'Hands a voucher out to the person who is there: the next one of a batch, or a certain one',
        params: ById,
        body: Type.Object({ ...PersonThere, batchId: Type.Optional(Id), voucherId: Type.Optional(Id), contactPhone: Type.Optional(Phone) }, { additionalProperties: false }),
        response: { 201: HandedOutBody }
      }
    }, async (request, reply) => {
      admitCommunity(request, 'voucher.issue', request.params.id)
      const { batchId, voucherId, contactPhone } = request.body
      const which = voucherId !== undefined ? { voucherId } : batchId !== undefined ? { batchId } : null
      if (which === null) throw new DomainError('REQUEST_INVALID', 'Name the batch, or the voucher.', 'batchId')
      const handed = await deps.handOut({ ...at(request), communityId: request.params.id, which, proof: proofOf(request.body), contactPhone: contactPhone ?? null })
      return await reply.code(201).header('cache-control', 'no-store').send(await answer(request, handed))
    })

    await server.register(heldRoutes(deps, answer))
  }
}

/** What a community does with a voucher that it has. */
function heldRoutes (deps: VoucherCommunityRoutesDeps, answer: Answering): FastifyPluginAsyncTypebox {
  const { inReading } = deps
  return async (server) => {
    server.post('/v1/vouchers/:id/convert', {
      config: issuing,
      schema: { ...common, 'x-requirements': ['V-11', 'V-12'], summary: 'Converts a voucher into its code, which the community keeps; the same code again where it is one already', params: ById, response: { 200: HandedOutBody } }
    }, async (request, reply) => {
      const voucher = await inReading((stores) => admitVoucher(request, 'voucher.issue', stores, request.params.id))
      const converted = await deps.convert({ ...at(request), communityId: voucher.communityId ?? '', voucherId: voucher.id })
      return await reply.header('cache-control', 'no-store').send(await answer(request, converted))
    })

    server.post('/v1/vouchers/:id/replace', {
      config: issuing,
      schema: { ...common, 'x-requirements': ['V-05', 'V-13'], summary: 'A lost one becomes void, and the person gets another one of the same batch', params: ById, body: Type.Object(PersonThere, { additionalProperties: false }), response: { 201: HandedOutBody } }
    }, async (request, reply) => {
      const voucher = await inReading((stores) => admitVoucher(request, 'voucher.issue', stores, request.params.id))
      const replaced = await deps.replace({ ...at(request), communityId: voucher.communityId ?? '', voucherId: voucher.id, proof: proofOf(request.body) })
      return await reply.code(201).header('cache-control', 'no-store').send(await answer(request, replaced))
    })
  }
}

type Answering = (request: FastifyRequest, handed: HandedOut) => Promise<Static<typeof HandedOutBody>>

const at = (request: FastifyRequest): { readonly by: string } => ({ by: callerOf(request).principal.tokenId })

function admitCommunity (request: FastifyRequest, permission: 'voucher.read' | 'voucher.issue', id: string): void {
  if (limitsFor(request, permission).patientIds !== null || (callerOf(request).principal.role !== 'community' && callerOf(request).principal.organizationId !== null)) throw noVoucher()
  admitTo(request, permission, { kind: 'community', id, patientId: null, hospitalId: id }, noVoucher)
}

export function proofOf ({ personalCode, document, readingId }: { readonly personalCode?: string, readonly document?: { readonly number: string, readonly name: string }, readonly readingId?: string }): HolderProof {
  if (personalCode !== undefined) return { kind: 'personal_code', code: personalCode }
  if (readingId !== undefined) return { kind: 'reading', readingId }
  if (document !== undefined) return { kind: 'document', ...document }
  throw new DomainError('REQUEST_INVALID', 'Read the person\'s code or document.', 'personalCode')
}
