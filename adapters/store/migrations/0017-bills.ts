import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const billTables = ({ integer, sequence, table, appendOnly }: SchemaWords): readonly string[] => [
  `create table bills (
    id text primary key,
    contract_id text not null,
    hospital_id text not null,
    visit_id text not null,
    patient_id text not null,
    ordinal ${integer} not null,
    is_emergency ${integer} not null,
    opened_at_ms ${integer} not null,
    charged_fen ${integer} not null,
    insured_fen ${integer} not null,
    paid_fen ${integer} not null,
    written_off_fen ${integer} not null,
    recovered_fen ${integer} not null,
    disputed_fen ${integer} not null,
    closed_on text,
    last_charged_on text,
    due_on text,
    calendar_version text,
    funder text,
    settled_at_ms ${integer},
    outstanding_fen ${integer} not null,
    unique (visit_id, ordinal),
    check (outstanding_fen = charged_fen - insured_fen - paid_fen - written_off_fen)
  ) ${table}`,
  'create index bills_contract on bills (contract_id, opened_at_ms)',
  'create index bills_patient on bills (patient_id, opened_at_ms)',
  'create index bills_hospital on bills (hospital_id, opened_at_ms)',
  'create index bills_outstanding on bills (contract_id) where outstanding_fen > 0',
  'create index bills_owing on bills (contract_id, closed_on, due_on) where outstanding_fen > 0 and closed_on is not null and funder is null',
  'create index bills_open on bills (last_charged_on) where closed_on is null',
  `create table bill_lines (
    sequence ${sequence},
    bill_id text not null,
    charge_id text not null,
    kind text not null check (kind in ('charge', 'reversal')),
    amount_fen ${integer} not null,
    occurred_on text not null,
    at_ms ${integer} not null,
    unique (charge_id, kind)
  ) ${table}`,
  'create index bill_lines_bill on bill_lines (bill_id)',
  ...appendOnly('bill_lines'),
  `create table bill_allocations (
    sequence ${sequence},
    bill_id text not null,
    kind text not null check (kind in ('payment', 'window', 'credit', 'insurance', 'write_off', 'recovery')),
    source_id text not null,
    amount_fen ${integer} not null check (amount_fen <> 0),
    at_ms ${integer} not null,
    unique (bill_id, kind, source_id)
  ) ${table}`,
  'create index bill_allocations_source on bill_allocations (source_id, kind)',
  ...appendOnly('bill_allocations')
]

const besideBills = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table insurance_settlements (
    id text primary key,
    bill_id text not null,
    attempt ${integer} not null,
    state text not null check (state in ('asked', 'settled', 'reversing', 'reversed', 'undone', 'rejected')),
    charged_fen ${integer} not null,
    quote_id text,
    settlement_id text,
    split text,
    code text,
    asked_at_ms ${integer} not null,
    settled_at_ms ${integer},
    ended_at_ms ${integer},
    unique (bill_id, attempt)
  ) ${table}`,
  `create table credit_holds (
    id text primary key,
    contract_id text not null,
    visit_id text not null,
    reference text not null,
    amount_fen ${integer} not null check (amount_fen > 0),
    state text not null check (state in ('held', 'posted', 'released', 'expired')),
    held_at_ms ${integer} not null,
    expires_at_ms ${integer} not null,
    ended_at_ms ${integer}
  ) ${table}`,
  "create unique index credit_holds_held on credit_holds (visit_id, reference) where state = 'held'",
  'create index credit_holds_reference on credit_holds (visit_id, reference, held_at_ms)',
  "create index credit_holds_contract on credit_holds (contract_id) where state = 'held'",
  "create index credit_holds_expiring on credit_holds (expires_at_ms) where state = 'held'",
  `create table bill_decisions (
    id text primary key,
    kind text not null check (kind in ('write_off', 'assignment')),
    bill_id text not null,
    hospital_id text not null,
    amount_fen ${integer} not null,
    funder text,
    reason text not null,
    state text not null check (state in ('requested', 'approved', 'refused')),
    requested_by text not null,
    requested_at_ms ${integer} not null,
    decided_by text,
    decided_at_ms ${integer},
    check (decided_by is null or decided_by <> requested_by)
  ) ${table}`,
  'create index bill_decisions_bill on bill_decisions (bill_id, requested_at_ms)',
  'create index bill_decisions_state on bill_decisions (state, requested_at_ms)'
]

/**
 * 账单、授信占用、医保结算、双人决定. `outstanding_fen` repeats what the amounts of the row say, for the indexes: what the
 * night looks for is owing and closed, so its cost grows with the owing and not with all contracts.
 */
export const bills: Migration = {
  name: '0017-bills',
  up: (words) => [...billTables(words), ...besideBills(words)],
  down: (words) => [...dropTables('bill_decisions', 'credit_holds', 'insurance_settlements'), ...dropAppendOnly(words, 'bill_allocations', 'bill_lines'), ...dropTables('bills')]
}
