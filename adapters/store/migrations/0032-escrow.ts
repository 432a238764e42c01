import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

const escrows = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table escrows (
    id text primary key,
    purpose text not null,
    hospital_id text not null,
    payment_order_id text not null unique,
    payer_patient_id text,
    payer_organization_id text,
    paid_fen ${integer} not null check (paid_fen > 0),
    returned_fen ${integer} not null,
    state text not null check (state in ('held', 'settled', 'returned')),
    payee text,
    fee_fen ${integer} not null check (fee_fen >= 0),
    paid_at_ms ${integer} not null,
    ended_at_ms ${integer},
    check (returned_fen between 0 and paid_fen and fee_fen <= paid_fen - returned_fen),
    check ((payer_patient_id is null) <> (payer_organization_id is null))
  ) ${table}`,
  'create index escrows_payer on escrows (payer_patient_id, paid_at_ms) where payer_patient_id is not null',
  'create index escrows_organization on escrows (payer_organization_id, paid_at_ms) where payer_organization_id is not null',
  'create index escrows_payee on escrows (payee, paid_at_ms) where payee is not null',
  "create index escrows_held on escrows (paid_at_ms) where state = 'held'",
  'create index escrows_newest on escrows (hospital_id, paid_at_ms)',
  `create table escrow_splits (
    escrow_id text primary key references escrows (id),
    order_id text not null,
    hospital_id text not null,
    wallet_id text not null,
    channel text not null,
    number text not null unique,
    account text,
    amount_fen ${integer},
    state text not null check (state in ('waiting', 'submitted', 'done', 'failed')),
    created_at_ms ${integer} not null,
    done_at_ms ${integer},
    queries ${integer} not null,
    next_query_at_ms ${integer}
  ) ${table}`,
  'create index escrow_splits_next_query on escrow_splits (next_query_at_ms) where next_query_at_ms is not null',
  "create index escrow_splits_failed on escrow_splits (created_at_ms) where state = 'failed'"
]

const wallets = ({ integer, table, clustered }: SchemaWords): readonly string[] => [
  `create table payout_accounts (
    wallet_id text not null,
    channel text not null,
    account text not null,
    holder_name text,
    masked text not null,
    takes_splits ${integer} not null,
    changed_at_ms ${integer} not null,
    primary key (wallet_id, channel)
  ) ${clustered}`,
  `create table withdrawals (
    id text primary key,
    wallet_id text not null,
    channel text not null,
    amount_fen ${integer} not null check (amount_fen > 0),
    parts text not null,
    state text not null check (state in ('requested', 'approved', 'paying', 'paid', 'failed')),
    payout_number text not null unique,
    account text not null,
    holder_name text,
    masked text not null,
    requested_by text not null,
    requested_at_ms ${integer} not null,
    decided_by text,
    decided_at_ms ${integer},
    channel_number text,
    reason text,
    done_at_ms ${integer},
    queries ${integer} not null,
    next_query_at_ms ${integer}
  ) ${table}`,
  'create index withdrawals_wallet on withdrawals (wallet_id, requested_at_ms)',
  'create index withdrawals_newest on withdrawals (requested_at_ms)',
  'create index withdrawals_next_query on withdrawals (next_query_at_ms) where next_query_at_ms is not null'
]

/** 担保与钱包: who pays as an organization, what is held, how the channel splits it, and what leaves wallets. */
export const escrow: Migration = {
  name: '0032-escrow',
  up: (words) => [
    'alter table payment_orders add column payer_organization_id text',
    `alter table payment_orders add column is_held ${words.integer} not null default 0`,
    'create index payment_orders_organization on payment_orders (payer_organization_id, created_at_ms) where payer_organization_id is not null',
    "create index refunds_failed on refunds (order_id) where state = 'failed'",
    ...escrows(words),
    ...wallets(words)
  ],
  down: () => [
    ...dropTables('withdrawals', 'payout_accounts', 'escrow_splits', 'escrows'),
    'drop index refunds_failed',
    'drop index payment_orders_organization',
    'alter table payment_orders drop column is_held',
    'alter table payment_orders drop column payer_organization_id'
  ]
}
