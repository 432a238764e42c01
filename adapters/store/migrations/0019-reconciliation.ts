import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

const work = ({ integer, table, clustered }: SchemaWords): readonly string[] => [
  `create table reconciliations (
    id text primary key,
    source text not null check (source in ('his', 'insurance', 'wechat', 'alipay', 'bank')),
    hospital_id text,
    day text not null,
    state text not null check (state in ('awaiting_statement', 'reading', 'matching', 'reconciled')),
    sha256 text,
    taken_from text check (taken_from in ('party', 'upload')),
    taken_by text,
    lines ${integer} not null,
    matched ${integer} not null,
    our_fen ${integer} not null,
    their_fen ${integer} not null,
    fee_fen ${integer} not null,
    refused_because text,
    attempts ${integer} not null,
    updated_at_ms ${integer} not null,
    reconciled_at_ms ${integer}
  ) ${table}`,
  'create index reconciliations_day on reconciliations (day, id)',
  `create table statement_lines (
    reconciliation_id text not null,
    line ${integer} not null,
    item_kind text not null,
    item_key text not null,
    amount_fen ${integer} not null,
    fee_fen ${integer} not null,
    fund_fen ${integer},
    account_fen ${integer},
    cash_fen ${integer},
    merchant text,
    hospital_id text,
    channel_number text,
    at_ms ${integer},
    primary key (reconciliation_id, line)
  ) ${clustered}`,
  'create index statement_lines_key on statement_lines (reconciliation_id, item_key)',
  `create table matched_items (
    scope text not null,
    item_key text not null,
    reconciliation_id text not null,
    line ${integer},
    matched_at_ms ${integer} not null,
    primary key (scope, item_key)
  ) ${clustered}`,
  'create index matched_items_time on matched_items (matched_at_ms)'
]

const findings = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table discrepancies (
    reconciliation_id text not null,
    number ${integer} not null,
    scope text not null,
    day text not null,
    kind text not null,
    item_kind text not null,
    item_key text not null,
    line ${integer},
    hospital_id text,
    our_fen ${integer},
    their_fen ${integer},
    fee_fen ${integer} not null,
    merchant text,
    channel_number text,
    state text not null check (state in ('open', 'proposed', 'resolved', 'closed_itself')),
    resolution text,
    reason text,
    proposed_by text,
    decided_by text,
    opened_at_ms ${integer} not null,
    settled_at_ms ${integer},
    primary key (reconciliation_id, number)
  ) ${table}`,
  'create unique index discrepancies_item on discrepancies (reconciliation_id, item_key, (coalesce(line, 0)))',
  "create index discrepancies_unsettled on discrepancies (scope, item_key) where state in ('open', 'proposed')",
  `create table closed_days (
    day text not null,
    hospital_id text not null,
    state text not null check (state in ('closed', 'reopened')),
    by_whom text not null,
    reason text,
    at_ms ${integer} not null,
    primary key (hospital_id, day)
  ) ${table}`
]

const ofCharges: readonly string[] = [
  'create index charges_transaction on charges (hospital_id, transaction_id)',
  'create index charges_credited on charges (hospital_id, credited_by) where credited_by is not null',
  'create index charges_credited_on on charges (hospital_id, credited_on, id) where credited_on is not null',
  'drop index charges_hospital',
  'create index charges_hospital on charges (hospital_id, occurred_on, id)'
]

/**
 * 对账. statement_lines is a work table: a line leaves it when it is matched or has become a discrepancy. matched_items
 * makes every match happen once (I-53). Indexes serve the day's charges of a hospital by transaction.
 */
export const reconciliation: Migration = {
  name: '0019-reconciliation',
  up: (words) => [...work(words), ...findings(words), ...ofCharges],
  down: () => [
    'drop index charges_hospital', 'create index charges_hospital on charges (hospital_id, occurred_on)',
    'drop index charges_credited_on', 'drop index charges_credited', 'drop index charges_transaction',
    ...dropTables('closed_days', 'discrepancies', 'matched_items', 'statement_lines', 'reconciliations')
  ]
}
