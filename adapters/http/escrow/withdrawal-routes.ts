import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Permission } from '../../../core/access/index.ts'
import { noWithdrawal, splitChannels, withdrawalStates, type RequestWithdrawal, type WalletId, type WalletStore, type Withdrawal } from '../../../core/escrow/index.ts'
import { DomainError } from '../../../core/errors.ts'
import { fen } from '../../../core/money.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { limitsFor, noteAccess } from '../access.ts'
import { deciderOf } from '../payments/payment-wire.ts'
import { admitWallet, ownWallet, type WalletOwners } from './wallet-of.ts'
import { AmountFen, ById, Id, Instant, nullable, oneOf, orNull, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface WithdrawalRoutesDeps {
  readonly inReading: InTransaction<WalletOwners & { readonly wallets: WalletStore }>
  readonly writeInstant: WriteInstant
  readonly requestWithdrawal: (command: RequestWithdrawal) => Promise<Withdrawal>
  readonly decideWithdrawal: (verdict: { readonly id: string, readonly isApproved: boolean, readonly by: string }) => Promise<Withdrawal>
}

const WithdrawalBody = Type.Object({
  id: Id,
  walletId: Id,
  channel: oneOf(splitChannels),
  amountFen: AmountFen,
  state: oneOf(withdrawalStates),
  to: Type.String({ description: 'the end of the account\'s number' }),
  isSecondPersonNeeded: Type.Boolean(),
  reason: nullable(Type.String({ description: 'of a failed one: declined, refused_by_channel' })),
  channelNumber: nullable(Type.String()),
  requestedAt: Instant,
  decidedAt: nullable(Instant),
  doneAt: nullable(Instant)
})
const common = { tags: ['wallets'], 'x-requirements': ['M15'] }

/** 提现: asked for by the wallet's owner; above the limit finance decides. */
export function withdrawalRoutes ({ inReading, writeInstant, ...deps }: WithdrawalRoutesDeps): FastifyPluginAsyncTypebox {
  const bodyOf = ({ id, walletId, channel, amountFen, state, masked, reason, channelNumber, requestedAt, decidedAt, doneAt }: Withdrawal) => ({
    id, walletId, channel, amountFen, state, reason, channelNumber, to: masked, isSecondPersonNeeded: state === 'requested', requestedAt: writeInstant(requestedAt), decidedAt: orNull(decidedAt, writeInstant), doneAt: orNull(doneAt, writeInstant)
  })
  const load = (request: FastifyRequest, permission: Permission, id: string): Promise<Withdrawal> => inReading(async (stores) => {
    const withdrawal = await stores.wallets.findWithdrawal(id)
    if (withdrawal === null || !await isAdmitted(request, permission, stores, withdrawal.walletId)) throw noWithdrawal()
    return withdrawal
  })
  return async (server) => {
    server.post('/v1/withdrawals', {
      config: { access: 'wallet.withdraw', idempotencyKey: 'required' },
      schema: {
        ...common,
        summary: 'Takes money out of the caller\'s own wallet to its registered account',
        body: Type.Object({ channel: oneOf(splitChannels), amountFen: Type.Integer({ minimum: 1, maximum: 100_000_000_000, description: 'Fen' }) }, { additionalProperties: false }),
        response: { 201: WithdrawalBody }
      }
    }, async (request, reply) => {
      const walletId = await inReading((stores) => admitWallet(request, 'wallet.withdraw', stores, ownWallet(request) ?? ''))
      const { channel, amountFen } = request.body
      return await reply.code(201).send(bodyOf(await deps.requestWithdrawal({ walletId, channel, amountFen: fen(amountFen), by: deciderOf(request) })))
    })

    server.get('/v1/withdrawals', {
      config: { access: 'wallet.read' },
      schema: { ...common, summary: 'Withdrawals, the newest first', querystring: Type.Object({ ...PageQuery, wallet: Type.Optional(Id), state: Type.Optional(oneOf(withdrawalStates)) }, { additionalProperties: false }), response: { 200: pageOf(WithdrawalBody) } }
    }, async (request) => {
      const { wallet, state = null } = request.query
      const { rows, next } = await inReading(async (stores) => {
        const named = wallet ?? defaultWallet(request)
        const walletId = named === null ? null : await admitWallet(request, 'wallet.read', stores, named)
        return await pageByOffset(request.query, (page) => stores.wallets.withdrawals({ walletId, state }, page))
      })
      noteAccess(request, { action: 'search', target: 'withdrawal', targetId: null, patientId: null, outcome: 'allowed' })
      return { items: rows.map(bodyOf), next }
    })

    server.get('/v1/withdrawals/:id', {
      config: { access: 'wallet.read' },
      schema: { ...common, summary: 'One withdrawal', params: ById, response: { 200: WithdrawalBody } }
    }, async (request) => bodyOf(await load(request, 'wallet.read', request.params.id)))

    server.post('/v1/withdrawals/:id/decision', {
      config: { access: 'wallet.decide', idempotencyKey: 'required' },
      schema: { ...common, summary: 'The second person lets a withdrawal above the limit go, or stops it', params: ById, body: Type.Object({ isApproved: Type.Boolean() }, { additionalProperties: false }), response: { 200: WithdrawalBody } }
    }, async (request) => {
      const { id } = await load(request, 'wallet.decide', request.params.id)
      return bodyOf(await deps.decideWithdrawal({ id, isApproved: request.body.isApproved, by: deciderOf(request) }))
    })
  }
}

/** Finance of one hospital sees that hospital's, unless a wallet is named; null: of all. */
function defaultWallet (request: FastifyRequest): WalletId | null {
  const { hospitalId } = limitsFor(request, 'wallet.read')
  return ownWallet(request) ?? (hospitalId === null ? null : `hospital:${hospitalId}`)
}

async function isAdmitted (request: FastifyRequest, permission: Permission, stores: WalletOwners, id: WalletId): Promise<boolean> {
  try {
    await admitWallet(request, permission, stores, id)
    return true
  } catch (error) {
    if (error instanceof DomainError && error.code === 'WALLET_NOT_FOUND') return false
    throw error
  }
}
