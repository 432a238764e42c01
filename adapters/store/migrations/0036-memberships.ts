import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const membershipColumns = ({ integer }: SchemaWords): string => `
      id text primary key,
      member_kind text not null check (member_kind in ('patient', 'hospital')),
      member_id text not null,
      product text not null,
      product_version ${integer} not null,
      hospital_id text not null,
      price_fen ${integer} not null check (price_fen >= 0),
      days ${integer} not null check (days > 0),
      benefits text not null,
      state text not null check (state in ('pending', 'active', 'expired', 'refunded', 'cancelled')),
      ordered_at_ms ${integer} not null,
      ordered_by text not null,
      pay_until_ms ${integer},
      payment_order_id text,
      paid_at_ms ${integer},
      starts_at_ms ${integer},
      ends_at_ms ${integer},
      reminded_at_ms ${integer},
      due_at_ms ${integer},
      refund text,
      refund_state text`

/** 会员. Products in their versions, terms that were bought, what each still holds, and what was used of it. */
export const memberships: Migration = {
  name: '0036-memberships',
  up: (words) => {
    const { integer, table, clustered, appendOnly } = words
    return [
      `create table membership_products (
      code text not null,
      version ${integer} not null,
      name text not null,
      english text not null,
      for_kind text not null check (for_kind in ('patient', 'hospital')),
      price_fen ${integer} not null check (price_fen >= 0),
      days ${integer} not null check (days > 0),
      usages text not null,
      benefits text not null,
      hospital_id text not null,
      is_on_sale ${integer} not null check (is_on_sale in (0, 1)),
      made_at_ms ${integer} not null,
      made_by text not null,
      primary key (code, version)
    ) ${clustered}`,
      ...appendOnly('membership_products'),
      `create table memberships (${membershipColumns(words)}
    ) ${table}`,
      'create index memberships_member on memberships (member_kind, member_id, ordered_at_ms)',
      'create index memberships_due on memberships (due_at_ms, id) where due_at_ms is not null',
      "create index memberships_refund on memberships (hospital_id) where refund_state = 'asked'",
      `create table membership_counts (
      membership_id text not null,
      kind text not null,
      total ${integer} not null check (total >= 0),
      used ${integer} not null check (used >= 0 and used <= total),
      primary key (membership_id, kind)
    ) ${clustered}`,
      `create table membership_usages (
      id text primary key,
      membership_id text not null,
      kind text not null,
      reference text not null,
      used_by text not null,
      at_ms ${integer} not null,
      unique (membership_id, kind, reference)
    ) ${table}`,
      'create index membership_usages_time on membership_usages (membership_id, at_ms)',
      ...appendOnly('membership_usages')
    ]
  },
  down: (words) => [...dropAppendOnly(words, 'membership_usages', 'membership_products'), ...dropTables('membership_counts', 'memberships')]
}
