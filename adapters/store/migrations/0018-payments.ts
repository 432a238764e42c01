import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

const amount = (integer: string): string => `${integer} not null check (amount_fen between 0 and 9000000000000000)`

const orders = ({ integer, table, clustered }: SchemaWords): readonly string[] => [
  `create table payment_orders (
      id text primary key,
      order_number text not null unique,
      purpose text not null,
      subject_id text not null,
      payer_patient_id text not null,
      channel text not null,
      mode text not null,
      amount_fen ${amount(integer)},
      state text not null check (state in ('created', 'pending', 'success', 'failed', 'closed', 'unknown')),
      cash_fen ${integer} not null,
      insurance_fen ${integer} not null,
      cash_state text,
      insurance_state text,
      channel_number text,
      prepay text,
      wallet_key text,
      created_at_ms ${integer} not null,
      expires_at_ms ${integer} not null,
      paid_at_ms ${integer},
      paid_on text,
      refunded_fen ${integer} not null,
      queries ${integer} not null,
      next_query_at_ms ${integer},
      check (cash_fen >= 0 and insurance_fen >= 0 and cash_fen + insurance_fen = amount_fen),
      check (refunded_fen between 0 and amount_fen)
    ) ${table}`,
  'create index payment_orders_subject on payment_orders (purpose, subject_id, created_at_ms)',
  'create index payment_orders_payer on payment_orders (payer_patient_id, created_at_ms)',
  'create index payment_orders_newest on payment_orders (created_at_ms)',
  'create index payment_orders_next_query on payment_orders (next_query_at_ms) where next_query_at_ms is not null',
  'create index payment_orders_paid on payment_orders (channel, paid_on, order_number) where paid_on is not null',
  `create table payment_parts (
      order_id text not null references payment_orders (id),
      place ${integer} not null,
      hospital_id text not null,
      reference_id text not null,
      patient_id text not null,
      amount_fen ${integer} not null check (amount_fen > 0),
      primary key (order_id, place)
    ) ${clustered}`,
  'create index payment_parts_hospital on payment_parts (hospital_id, order_id)'
]

const refundsAndCallbacks = ({ integer, bytes, table }: SchemaWords): readonly string[] => [
  `create table refunds (
      id text primary key,
      order_id text not null references payment_orders (id),
      refund_number text not null unique,
      source_key text not null unique,
      amount_fen ${integer} not null check (amount_fen > 0),
      parts text not null,
      half text check (half in ('cash', 'insurance')),
      reason text not null,
      state text not null check (state in ('requested', 'approved', 'submitted', 'success', 'failed', 'unknown')),
      requested_by text not null,
      requested_at_ms ${integer} not null,
      approved_by text,
      channel_number text,
      done_at_ms ${integer},
      done_on text,
      queries ${integer} not null,
      next_query_at_ms ${integer}
    ) ${table}`,
  'create index refunds_order on refunds (order_id)',
  'create index refunds_newest on refunds (requested_at_ms)',
  'create index refunds_next_query on refunds (next_query_at_ms) where next_query_at_ms is not null',
  'create index refunds_done on refunds (done_on, refund_number) where done_on is not null',
  `create table payment_callbacks (
      id text primary key,
      channel text not null,
      key text not null unique,
      headers text not null,
      body ${bytes} not null,
      received_at_ms ${integer} not null,
      outcome text,
      settled_at_ms ${integer}
    ) ${table}`,
  'create index payment_callbacks_received on payment_callbacks (received_at_ms)'
]

/** Orders, refunds and call-backs; entries in the ledger are made by whoever the money is for. */
export const payments: Migration = {
  name: '0018-payments',
  up: (words) => [
    ...orders(words),
    ...refundsAndCallbacks(words)
  ],
  down: () => dropTables('payment_callbacks', 'refunds', 'payment_parts', 'payment_orders')
}
