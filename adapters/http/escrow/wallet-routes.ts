import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readWallet, splitChannels, type keepAccounts, type PayoutAccount, type WalletStore } from '../../../core/escrow/index.ts'
import { walletFrozen, walletPayable, type LedgerStore, type StatementLine } from '../../../core/ledger/index.ts'
import { negateFen } from '../../../core/money.ts'
import type { InTransaction } from '../../../core/unit-of-work.ts'
import { admitWallet, type WalletOwners } from './wallet-of.ts'
import { AmountFen, ById, Day, Id, Instant, nullable, oneOf, pageByOffset, pageOf, PageQuery, type WriteInstant } from '../wire.ts'

export interface WalletRoutesDeps {
  readonly inReading: InTransaction<WalletOwners & { readonly wallets: WalletStore, readonly ledger: Pick<LedgerStore, 'balances' | 'statement'> }>
  readonly writeInstant: WriteInstant
  readonly keepAccounts: (command: Parameters<typeof keepAccounts>[2]) => Promise<readonly PayoutAccount[]>
}

const AccountBody = Type.Object({
  channel: oneOf(splitChannels),
  masked: Type.String({ description: 'the account itself is never shown' }),
  takesSplits: Type.Boolean(),
  changedAt: Instant
})
const WalletBody = Type.Object({ id: Id, availableFen: AmountFen, frozenFen: AmountFen, payoutAccounts: Type.Array(AccountBody) })
const LineBody = Type.Object({
  entryId: Id,
  hospitalId: Id,
  what: Type.String({ description: 'escrow-settled: earned; withdrawal-asked, -paid, -failed: taken out; split-out, -done, -failed: split off at the channel at once' }),
  part: oneOf(['available', 'frozen'] as const),
  amountFen: Type.Integer({ description: 'Fen; into this part of the wallet, or negative out of it' }),
  referenceId: nullable(Type.String({ description: 'the escrow or withdrawal' })),
  day: Day,
  at: Instant
})
const AccountsBody = Type.Object({
  accounts: Type.Array(Type.Object({
    channel: oneOf(splitChannels),
    account: Type.String({ minLength: 5, maxLength: 128, description: 'WeChat openid; Alipay login or 2088…; card number' }),
    holderName: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: 'as the bank knows it' })),
    takesSplits: Type.Boolean({ default: false, description: 'what was paid through this channel goes there at settlement, without a withdrawal' })
  }, { additionalProperties: false }), { maxItems: splitChannels.length, description: 'all of them: what is not named is removed' })
}, { additionalProperties: false })
const common = { tags: ['wallets'], 'x-requirements': ['M8', 'M12', 'M15'] }

/** 钱包: balances, statement, and the accounts that money leaves to. */
export function walletRoutes ({ inReading, writeInstant, keepAccounts }: WalletRoutesDeps): FastifyPluginAsyncTypebox {
  const accountBody = ({ channel, masked, takesSplits, changedAt }: PayoutAccount) => ({ channel, masked, takesSplits, changedAt: writeInstant(changedAt) })
  const lineBody = ({ entryId, hospitalId, sourceKey, memo, account, amountFen, effectiveOn, postedAt }: StatementLine, frozen: string) => ({
    entryId, hospitalId, what: sourceKey.split(':', 1)[0] ?? '', part: account === frozen ? 'frozen' as const : 'available' as const, amountFen: negateFen(amountFen), referenceId: memo, day: effectiveOn, at: writeInstant(postedAt)
  })
  return async (server) => {
    server.get('/v1/wallets/:id', {
      config: { access: 'wallet.read' },
      schema: { ...common, summary: 'What a doctor or hospital has earned and not yet taken out', params: ById, response: { 200: WalletBody } }
    }, async (request) => await inReading(async (stores) => {
      const id = await admitWallet(request, 'wallet.read', stores, request.params.id)
      return { ...await readWallet(stores, id), payoutAccounts: (await stores.wallets.accounts(id)).map(accountBody) }
    }))

    server.get('/v1/wallets/:id/statement', {
      config: { access: 'wallet.read' },
      schema: { ...common, summary: 'Everything that came into a wallet and left it, the newest first', params: ById, querystring: Type.Object(PageQuery, { additionalProperties: false }), response: { 200: pageOf(LineBody) } }
    }, async (request) => {
      const { rows, next, id } = await inReading(async (stores) => {
        const id = await admitWallet(request, 'wallet.read', stores, request.params.id)
        return { id, ...await pageByOffset(request.query, (page) => stores.ledger.statement([walletPayable(id), walletFrozen(id)], page)) }
      })
      return { items: rows.map((line) => lineBody(line, walletFrozen(id))), next }
    })

    server.put('/v1/wallets/:id/payout-accounts', {
      config: { access: 'wallet.withdraw' },
      schema: { ...common, 'x-requirements': ['M15'], summary: 'Says where withdrawals go: WeChat, Alipay, a bank card', params: ById, body: AccountsBody, response: { 200: Type.Object({ items: Type.Array(AccountBody) }) } }
    }, async (request) => {
      const walletId = await inReading((stores) => admitWallet(request, 'wallet.withdraw', stores, request.params.id))
      const accounts = request.body.accounts.map(({ holderName = null, ...account }) => ({ ...account, holderName }))
      return { items: (await keepAccounts({ walletId, accounts })).map(accountBody) }
    })
  }
}
