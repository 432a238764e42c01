import type { PayoutAccount, SplitChannel, WalletId, WalletStore, Withdrawal, WithdrawalState } from '../../../core/escrow/index.ts'
import { fen } from '../../../core/money.ts'
import { instant, instantOrNull, json, msOrNull } from '../columns.ts'
import type { Unit } from '../sql.ts'
import { upsert } from '../upsert.ts'

interface AccountRow {
  readonly wallet_id: string
  readonly channel: SplitChannel
  readonly account: string
  readonly holder_name: string | null
  readonly masked: string
  readonly takes_splits: number
  readonly changed_at_ms: number
}

interface WithdrawalRow {
  readonly id: string
  readonly wallet_id: string
  readonly channel: SplitChannel
  readonly amount_fen: number
  readonly parts: string
  readonly state: WithdrawalState
  readonly payout_number: string
  readonly account: string
  readonly holder_name: string | null
  readonly masked: string
  readonly requested_by: string
  readonly requested_at_ms: number
  readonly decided_by: string | null
  readonly decided_at_ms: number | null
  readonly channel_number: string | null
  readonly reason: string | null
  readonly done_at_ms: number | null
  readonly queries: number
  readonly next_query_at_ms: number | null
}

const saveAccount = upsert('payout_accounts', ['wallet_id', 'channel'], ['wallet_id', 'channel', 'account', 'holder_name', 'masked', 'takes_splits', 'changed_at_ms'])
const saveWithdrawal = upsert('withdrawals', ['id'], ['id', 'wallet_id', 'channel', 'amount_fen', 'parts', 'state', 'payout_number', 'account', 'holder_name', 'masked', 'requested_by', 'requested_at_ms', 'decided_by', 'decided_at_ms',
  'channel_number', 'reason', 'done_at_ms', 'queries', 'next_query_at_ms'])
const toQueryText = 'select * from withdrawals where next_query_at_ms is not null and next_query_at_ms <= ? order by next_query_at_ms, id limit ?'

/** 钱包. Balances stand in the ledger; here the accounts that money leaves to, and what was asked for. */
export function sqlWallets (unit: Unit): WalletStore {
  const { sql, dialect } = unit
  return {
    lock: async (walletId) => {
      if (dialect.oneByOne !== null) await sql.all(dialect.oneByOne, [`wallet ${walletId}`])
    },
    accounts: async (walletId) => (await sql.all<AccountRow>('select * from payout_accounts where wallet_id = ? order by channel', [walletId])).map(accountOf),
    saveAccount: async (account) => {
      await sql.run(saveAccount, [account.walletId, account.channel, account.account, account.holderName, account.masked, account.takesSplits ? 1 : 0, account.changedAt.getTime()])
    },
    removeAccount: async (walletId, channel) => { await sql.run('delete from payout_accounts where wallet_id = ? and channel = ?', [walletId, channel]) },
    findWithdrawal: async (id) => {
      const row = await sql.first<WithdrawalRow>('select * from withdrawals where id = ?', [id])
      return row && withdrawalOf(row)
    },
    saveWithdrawal: async (one) => {
      await sql.run(saveWithdrawal, [one.id, one.walletId, one.channel, one.amountFen, JSON.stringify(one.parts), one.state, one.payoutNumber, one.account, one.holderName, one.masked, one.requestedBy, one.requestedAt.getTime(),
        one.decidedBy, msOrNull(one.decidedAt), one.channelNumber, one.reason, msOrNull(one.doneAt), one.queries, msOrNull(one.nextQueryAt)])
    },
    withdrawals: (filter, page) => listWithdrawals(unit, filter, page),
    withdrawalsToQuery: async (by, limit) => (await sql.all<WithdrawalRow>(toQueryText, [by.getTime(), limit])).map(withdrawalOf),
    nextWithdrawalQueryAt: async () => instantOrNull((await sql.first<{ readonly at_ms: number | null }>('select min(next_query_at_ms) as at_ms from withdrawals where next_query_at_ms is not null', []))?.at_ms ?? null)
  }
}

async function listWithdrawals ({ sql, build }: Unit, { walletId, state }: Parameters<WalletStore['withdrawals']>[0], page: Parameters<WalletStore['withdrawals']>[1]): Promise<readonly Withdrawal[]> {
  const query = build('withdrawals').select('*').limit(page.limit).offset(page.offset).orderBy([{ column: 'requested_at_ms', order: 'desc' }, { column: 'id', order: 'desc' }])
  if (walletId !== null) query.where('wallet_id', walletId)
  if (state !== null) query.where('state', state)
  return (await sql.built<WithdrawalRow>(query)).map(withdrawalOf)
}

function accountOf (row: AccountRow): PayoutAccount {
  return { walletId: row.wallet_id as WalletId, channel: row.channel, account: row.account, holderName: row.holder_name, masked: row.masked, takesSplits: row.takes_splits === 1, changedAt: instant(row.changed_at_ms) }
}

function withdrawalOf (row: WithdrawalRow): Withdrawal {
  return {
    id: row.id,
    walletId: row.wallet_id as WalletId,
    channel: row.channel,
    amountFen: fen(row.amount_fen),
    parts: json<Withdrawal['parts']>(row.parts),
    state: row.state,
    payoutNumber: row.payout_number,
    account: row.account,
    holderName: row.holder_name,
    masked: row.masked,
    requestedBy: row.requested_by,
    requestedAt: instant(row.requested_at_ms),
    decidedBy: row.decided_by,
    decidedAt: instantOrNull(row.decided_at_ms),
    channelNumber: row.channel_number,
    reason: row.reason,
    doneAt: instantOrNull(row.done_at_ms),
    queries: row.queries,
    nextQueryAt: instantOrNull(row.next_query_at_ms)
  }
}
