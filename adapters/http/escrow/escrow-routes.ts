import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { heldFen, noEscrow, type Escrow, type EscrowFilter, type EscrowStore } from '../../../core/escrow/index.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitTo, limitsFor, noteSearch } from '../access.ts'
import { isPayingHospital, paymentLimits } from '../payments/payment-wire.ts'
import { AmountFen, ById, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface EscrowRoutesDeps {
  readonly inReading: InTransaction<{ readonly escrows: EscrowStore }>
  readonly writeInstant: WriteInstant
}

const EscrowBody = Type.Object({
  id: Type.String({ description: 'of what was paid for' }),
  purpose: Type.String(),
  hospitalId: Id,
  paymentId: Id,
  patientId: nullable(Type.String({ description: 'who paid; null: an organization' })),
  payerOrganizationId: nullable(Id),
  state: oneOf(['held', 'settled', 'returned'] as const),
  paidFen: AmountFen,
  returnedFen: AmountFen,
  heldFen: AmountFen,
  feeFen: nullable(Type.Integer({ description: 'Fen; the platform\'s, for finance' })),
  payee: nullable(Type.String({ description: 'wallet, for finance' })),
  paidAt: Instant,
  endedAt: nullable(Instant)
})
const common = { tags: ['wallets'], 'x-requirements': ['C4', 'M10', 'M12'] }

/** 担保资金: what a payer paid, what is still held, what went back (M12). */
export function escrowRoutes ({ inReading, writeInstant }: EscrowRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = (escrow: Escrow, isPayer: boolean) => {
    const { id, purpose, hospitalId, state, paidFen, returnedFen, payer } = escrow
    return {
      id, purpose, hospitalId, state, paidFen, returnedFen,
      paymentId: escrow.paymentOrderId,
      heldFen: heldFen(escrow),
      patientId: payer.kind === 'person' ? payer.patientId : null,
      payerOrganizationId: payer.kind === 'organization' ? payer.organizationId : null,
      feeFen: isPayer ? null : escrow.feeFen,
      payee: isPayer ? null : escrow.payee,
      paidAt: writeInstant(escrow.paidAt),
      endedAt: orNull(escrow.endedAt, writeInstant)
    }
  }
  return async (server) => {
    server.get('/v1/escrows', {
      config: { access: 'escrow.read' },
      schema: { ...common, summary: 'What was paid and is held, settled or gone back, the newest first', querystring: Type.Object({ ...PageQuery, purpose: Type.Optional(Type.String({ maxLength: 50 })) }, { additionalProperties: false }), response: { 200: pageOf(EscrowBody) } }
    }, async (request) => {
      const filter: EscrowFilter = { ...paymentLimits(request, 'escrow.read'), payee: null, purpose: request.query.purpose ?? null }
      const { rows, next } = await inReading(({ escrows }) => pageByOffset(request.query, (page) => escrows.list(filter, page)))
      noteSearch(request, 'escrow', rows.flatMap(({ payer }) => payer.kind === 'person' ? [payer.patientId] : []))
      return { items: rows.map((escrow) => bodyOf(escrow, isPayer(request))), next }
    })

    server.get('/v1/escrows/:id', {
      config: { access: 'escrow.read' },
      schema: { ...common, summary: 'One of them', params: ById, response: { 200: EscrowBody } }
    }, async (request) => {
      const escrow = await inReading(({ escrows }) => escrows.find(request.params.id))
      if (escrow === null) throw noEscrow()
      const { payer, hospitalId } = escrow
      const whose = isPayingHospital(request) ? payer.kind === 'organization' ? payer.organizationId : null : hospitalId
      admitTo(request, 'escrow.read', { kind: 'escrow', id: escrow.id, patientId: payer.kind === 'person' ? payer.patientId : null, hospitalId: whose }, noEscrow)
      return bodyOf(escrow, isPayer(request))
    })
  }
}

/** What the platform keeps of it is nothing to whoever paid. */
const isPayer = (request: FastifyRequest): boolean => isPayingHospital(request) || limitsFor(request, 'escrow.read').patientIds !== null
