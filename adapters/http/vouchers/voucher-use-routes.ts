import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { findUse, noVoucher, useStates, voucherNumber, type HolderProof, type Voucher, type VoucherUse } from '../../../core/vouchers/index.ts'
import { admitTo, callerOf, limitsFor, noteAccess, noteSearch } from '../access.ts'
import type { VoucherReadStores } from './voucher-admit.ts'
import { proofOf } from './voucher-community-routes.ts'
import { Reason, UseBody, useBody } from './voucher-wire.ts'
import { ById, Id, Instant, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface VoucherUseRoutesDeps {
  readonly inReading: InTransaction<VoucherReadStores>
  readonly now: () => Date
  readonly writeInstant: WriteInstant
  readonly confirmUse: (command: { readonly hospitalId: string, readonly by: string, readonly proof: HolderProof, readonly voucher: { readonly code: string } | { readonly presentedId: string } }) => Promise<VoucherUse>
  readonly leave: (command: { readonly useId: string, readonly reason: string, readonly by: string }) => Promise<VoucherUse>
  readonly examine: (command: { readonly useId: string, readonly document: string, readonly note: string | null, readonly performedAt: Date | null, readonly by: string }) => Promise<VoucherUse>
  readonly redeem: (command: { readonly useId: string, readonly by: string }) => Promise<VoucherUse>
  /** Asks for it, or decides on what another person has asked for. */
  readonly rollBack: (command: { readonly useId: string, readonly reason: string, readonly confirms: boolean, readonly by: string }) => Promise<VoucherUse>
}

const common = { tags: ['vouchers'] }
const using = { access: 'voucher.use', idempotencyKey: 'required' } as const
const answers = { 200: UseBody }
/** What an app has sent is good for the rest of the day of the visit. */
const presentedMs = 86_400_000

/** 医院核销: use, examination, redemption, and taking it back. */
export function voucherUseRoutes (deps: VoucherUseRoutesDeps): FastifyPluginAsyncTypebox {
  const { inReading, writeInstant } = deps
  return async (server) => {
    server.get('/v1/voucher-uses', {
      config: { access: 'voucher.read' },
      schema: {
        ...common,
        'x-requirements': ['V-23', 'V-24'],
        summary: 'Uses at the hospital, or at all of them for the back office, the newest first',
        querystring: Type.Object({ ...PageQuery, state: Type.Optional(oneOf(useStates)), voucherId: Type.Optional(Id), rollbackAsked: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
        response: { 200: pageOf(UseBody) }
      }
    }, async (request) => {
      const hospitalId = hospitalOf(request)
      const { state = null, voucherId = null, rollbackAsked = false } = request.query
      const { rows, next } = await inReading(async (stores) => {
        const found = await pageByOffset(request.query, (page) => stores.voucherUses.list({ hospitalId, voucherId, state, hasRollbackAsked: rollbackAsked }, page))
        const rows = []
        for (const use of found.rows) rows.push({ use, voucher: await voucherOf(stores, use) })
        return { rows, next: found.next }
      })
      noteSearch(request, 'voucher-use', rows.map(({ use: { patientId } }) => patientId))
      return { items: rows.map(({ use, voucher }) => useBody(use, voucher, writeInstant)), next }
    })

    server.post('/v1/voucher-uses', {
      config: using,
      schema: {
        ...common,
        'x-requirements': ['V-20', 'V-22', 'V-23', 'V-26'],
        summary: 'Confirms a use: who is there, by personal code or a document that was read here, and the voucher, by its code or as the app has sent it',
        body: Type.Object({
          personalCode: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
          readingId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'of POST /v1/identity-readings' })),
          voucherCode: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
          voucherId: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'that the app has sent: GET /v1/voucher-presentations' }))
        }, { additionalProperties: false }),
        response: { 201: UseBody }
      }
    }, async (request, reply) => {
      const { voucherCode, voucherId } = request.body
      const voucher = voucherCode !== undefined ? { code: voucherCode } : voucherId !== undefined ? { presentedId: voucherId } : null
      if (voucher === null) throw new DomainError('REQUEST_INVALID', 'Read the code of the voucher, or name the one that the app has sent.', 'voucherCode')
      const use = await deps.confirmUse({ hospitalId: hospitalOf(request) ?? '', by: callerOf(request).principal.tokenId, proof: proofOf(request.body), voucher })
      noteAccess(request, { target: 'voucher-use', targetId: use.id, patientId: use.patientId, outcome: 'allowed' })
      return await reply.code(201).send(await bodyOf(deps, use))
    })
    await server.register(presentationRoutes(deps))
    await server.register(oneUseRoutes(deps))
  }
}

function presentationRoutes ({ inReading, now, writeInstant }: VoucherUseRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/voucher-presentations', {
      config: { access: 'voucher.use' },
      schema: {
        ...common,
        'x-requirements': ['V-20', 'V-26'],
        summary: 'Vouchers whose code an app has sent to this hospital within a day, to be confirmed',
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: { 200: pageOf(Type.Object({ voucherId: Id, number: Type.String(), code: Type.String(), sentAt: Instant })) }
      }
    }, async (request) => {
      const hospitalId = hospitalOf(request) ?? ''
      const { rows, next } = await inReading(async (stores) => {
        const found = await pageByOffset(request.query, (page) => stores.voucherUses.presentedTo(hospitalId, new Date(now().getTime() - presentedMs), page))
        const rows = []
        for (const sent of found.rows) rows.push({ sent, voucher: await voucherOf(stores, sent) })
        return { rows, next: found.next }
      })
      noteSearch(request, 'voucher', rows.flatMap(({ voucher: { patientId } }) => patientId ?? []))
      return { items: rows.map(({ sent, voucher }) => ({ voucherId: voucher.id, number: voucherNumber(voucher), code: sent.code, sentAt: writeInstant(sent.sentAt) })), next }
    })
  }
}

function oneUseRoutes (deps: VoucherUseRoutesDeps): FastifyPluginAsyncTypebox {
  const answer = (use: VoucherUse) => bodyOf(deps, use)
  const by = (request: FastifyRequest): string => callerOf(request).principal.tokenId
  return async (server) => {
    server.get('/v1/voucher-uses/:id', {
      config: { access: 'voucher.read' },
      schema: { ...common, 'x-requirements': ['V-23', 'V-24'], summary: 'One use, with the evidence of the examination', params: ById, response: answers }
    }, async (request) => await answer(await admitUse(request, deps, 'voucher.read', request.params.id)))

    server.post('/v1/voucher-uses/:id/examined', {
      config: using,
      schema: {
        ...common,
        'x-requirements': ['V-24'],
        summary: 'A person has seen that the examination is done; where the hospital\'s system has told it already, nothing changes',
        params: ById,
        body: Type.Object({
          document: Type.String({ minLength: 1, maxLength: 100, description: 'number of the report or form that shows it' }),
          note: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
          performedAt: Type.Optional(Instant)
        }, { additionalProperties: false }),
        response: answers
      }
    }, async (request) => {
      const { document, note = null, performedAt } = request.body
      const use = await admitUse(request, deps, 'voucher.use', request.params.id)
      const doneAt = performedAt === undefined ? null : new Date(performedAt)
      if (doneAt !== null && (doneAt < use.usedAt || doneAt > deps.now())) throw new DomainError('REQUEST_INVALID', 'It was done after the use was confirmed, and not in the future.', 'performedAt')
      return await answer(await deps.examine({ useId: use.id, document, note, performedAt: doneAt, by: by(request) }))
    })

    server.post('/v1/voucher-uses/:id/redeem', {
      config: using,
      schema: { ...common, 'x-requirements': ['V-06', 'V-07', 'V-14', 'V-21', 'V-24', 'V-25', 'V-26'], summary: 'Redeems it, once, after the examination; person, back office and community hear of it', params: ById, response: answers }
    }, async (request) => {
      const { id } = await admitUse(request, deps, 'voucher.use', request.params.id)
      return await answer(await deps.redeem({ useId: id, by: by(request) }))
    })

    server.post('/v1/voucher-uses/:id/cancel', {
      config: using,
      schema: { ...common, 'x-requirements': [], summary: 'The person leaves without examination: the voucher is theirs again', params: ById, body: Type.Object({ reason: Reason }, { additionalProperties: false }), response: answers }
    }, async (request) => {
      const { id } = await admitUse(request, deps, 'voucher.use', request.params.id)
      return await answer(await deps.leave({ useId: id, reason: request.body.reason, by: by(request) }))
    })

    server.post('/v1/voucher-uses/:id/rollback', {
      config: { access: 'voucher.roll_back', idempotencyKey: 'required' },
      schema: {
        ...common,
        'x-requirements': ['V-07'],
        summary: 'Takes a redemption back: asked for by one person, confirmed or refused by another one with a second call',
        params: ById,
        body: Type.Object({ reason: Reason, decision: Type.Optional(oneOf(['confirm', 'refuse'] as const)) }, { additionalProperties: false }),
        response: answers
      }
    }, async (request) => {
      const { id } = await admitUse(request, deps, 'voucher.roll_back', request.params.id)
      return await answer(await deps.rollBack({ useId: id, reason: request.body.reason, confirms: request.body.decision !== 'refuse', by: by(request) }))
    })
  }
}

/** Null: the back office, for all hospitals. */
function hospitalOf (request: FastifyRequest): string | null {
  const { patientIds, hospitalId } = limitsFor(request, 'voucher.read')
  if (patientIds !== null || callerOf(request).principal.role === 'community') throw new DomainError('ACCESS_DENIED', 'Uses are seen by hospitals and the back office; a person sees their vouchers.')
  return hospitalId
}

async function admitUse (request: FastifyRequest, { inReading }: Pick<VoucherUseRoutesDeps, 'inReading'>, permission: Permission, id: string): Promise<VoucherUse> {
  hospitalOf(request)
  const use = await inReading((stores) => findUse(stores, id))
  admitTo(request, permission, { kind: 'voucher-use', id, patientId: use.patientId, hospitalId: use.hospitalId }, noUse)
  return use
}

const noUse = (): DomainError => new DomainError('VOUCHER_USE_NOT_FOUND', 'No use has this id; list the uses of the hospital.')

async function voucherOf ({ vouchers }: Pick<VoucherReadStores, 'vouchers'>, { voucherId }: { readonly voucherId: string }): Promise<Voucher> {
  const voucher = await vouchers.find(voucherId)
  if (voucher === null) throw noVoucher()
  return voucher
}

async function bodyOf ({ inReading, writeInstant }: VoucherUseRoutesDeps, use: VoucherUse) {
  return useBody(use, await inReading((stores) => voucherOf(stores, use)), writeInstant)
}
