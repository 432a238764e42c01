import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { reachOf } from '../../../core/access/index.ts'
import { DomainError } from '../../../core/errors.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { codeResults, verifyVoucherCode, voucherNumber, type CodeAsker, type CodeVerdict, type VerifySignature } from '../../../core/vouchers/index.ts'
import { callerOf, noteAccess } from '../access.ts'
import { limitBy } from '../limit-by.ts'
import { admitVoucher, type VoucherReadStores } from './voucher-admit.ts'
import { PictureBytes, PngQuery, sendPng, sendSvg, SvgQuery, SvgText, type CodePictures } from './voucher-code-picture.ts'
import { ById, Day, Id, nullable, oneOf } from '../wire.ts'

export interface VoucherCodeRoutesDeps {
  readonly inReading: InTransaction<VoucherReadStores>
  /** Business time. */
  readonly now: () => Date
  readonly verify: VerifySignature
  readonly pictures: CodePictures
}

const common = { tags: ['vouchers'] }
const handing = { ...common, 'x-requirements': ['V-11', 'V-12', 'V-13', 'V-15'] }
/** A busy counter scans some a minute; more is somebody who tries codes. */
const verifiesPerMinute = 120
const codeLength = 200
const Found = Type.Object({
  id: Id, number: Type.String(), examination: Type.String(), department: Type.String({ description: 'that gave it out' }), firstDay: Day, lastDay: Day,
  uses: Type.Integer(), usesLeft: Type.Integer()
})
const Verdict = Type.Object({ result: oneOf(codeResults), voucher: nullable(Found) })

/** 券码: as text and picture for who has the voucher, and what it is worth for who reads it. */
export function voucherCodeRoutes (deps: VoucherCodeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    await server.register(codeRoutes(deps))
    await server.register(verifyRoutes(deps))
  }
}

function codeRoutes ({ inReading, pictures }: VoucherCodeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.get('/v1/vouchers/:id/code', {
      config: { access: 'voucher_code.read' },
      schema: { ...handing, summary: 'The code of a voucher as text, for the person who has it, the community that holds it, and the back office', params: ById, response: { 200: Type.Object({ code: Type.String() }) } }
    }, async (request, reply) => {
      void reply.header('cache-control', 'no-store')
      return { code: await codeFor(request, inReading, request.params.id) }
    })

    server.get('/v1/vouchers/:id/code.png', {
      config: { access: 'voucher_code.read' },
      schema: { ...handing, summary: 'The same as a picture that prints at its true size', produces: ['image/png'], params: ById, querystring: PngQuery, response: { 200: PictureBytes } }
    }, async (request, reply) => await sendPng(reply, pictures, { text: await codeFor(request, inReading, request.params.id), size: request.query }))

    server.get('/v1/vouchers/:id/code.svg', {
      config: { access: 'voucher_code.read' },
      schema: { ...handing, summary: 'The same as a drawing', produces: ['image/svg+xml'], params: ById, querystring: SvgQuery, response: { 200: SvgText } }
    }, async (request, reply) => await sendSvg(reply, pictures, { text: await codeFor(request, inReading, request.params.id), size: request.query }))
  }
}

/** The code as it is stored; a spent one is not handed out again (V-14). */
async function codeFor (request: FastifyRequest, inReading: VoucherCodeRoutesDeps['inReading'], name: string): Promise<string> {
  const copy = await inReading(async (stores) => stores.voucherCopies.codeOf((await admitVoucher(request, 'voucher_code.read', stores, name)).id))
  if (copy === null) throw new DomainError('VOUCHER_CODE_NOT_THERE', 'This voucher is not converted into its code yet. The community converts it.')
  if (copy.spentAt !== null) throw new DomainError('VOUCHER_CODE_NOT_THERE', 'The code of this voucher is spent and is not handed out again.', undefined, [copy.spentBecause ?? 'spent'])
  return copy.code
}

function verifyRoutes ({ inReading, now, verify }: VoucherCodeRoutesDeps): FastifyPluginAsyncTypebox {
  return async (server) => {
    server.post('/v1/voucher-codes/verify', {
      config: { access: 'voucher_code.verify' },
      preHandler: limitBy(server, { most: verifiesPerMinute, windowMs: 60_000, of: (request) => callerOf(request).principal.tokenId }),
      schema: {
        ...common,
        'x-requirements': ['V-17', 'V-19', 'V-23', 'V-27'],
        summary: 'What a code is worth now; changes nothing, and tells nothing of the person',
        body: Type.Object({ code: Type.String({ minLength: 1, maxLength: codeLength }) }, { additionalProperties: false }),
        response: { 200: Verdict }
      }
    }, async (request) => {
      const verdict = await inReading((stores) => verifyVoucherCode(stores, verify, { code: request.body.code, asker: askerOf(request), at: now() }))
      noteAccess(request, { action: 'read', target: 'voucher-code', targetId: verdict.found?.voucher.id ?? null, patientId: verdict.found?.voucher.patientId ?? null, outcome: verdict.found === null ? 'refused' : 'allowed' })
      return { result: verdict.result, voucher: foundBody(verdict) }
    })
  }
}

function askerOf (request: FastifyRequest): CodeAsker {
  const { principal } = callerOf(request)
  const reach = reachOf(principal, 'voucher_code.verify')
  if (reach.kind === 'all') return { kind: 'back_office' }
  if (reach.kind !== 'organization') throw new DomainError('ACCESS_DENIED', 'This token belongs to no hospital or community. Use one that does.')
  return { kind: principal.role === 'community' ? 'community' : 'hospital', id: reach.hospitalId }
}

function foundBody ({ found }: CodeVerdict): Static<typeof Found> | null {
  if (found === null) return null
  const { voucher, batch } = found
  return {
    id: voucher.id, number: voucherNumber(voucher), examination: batch.examination.name, department: batch.department, firstDay: batch.firstDay, lastDay: batch.lastDay,
    uses: voucher.uses, usesLeft: voucher.uses - voucher.redeemed
  }
}
