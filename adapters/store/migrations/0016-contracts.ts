import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

/** Codes live five minutes, so those under way are dropped: whoever waits for one asks again. */
const codes = ({ integer, table }: SchemaWords, { purposes, subject }: { readonly purposes: string, readonly subject: string }): readonly string[] => [
  'drop table sms_codes',
  `create table sms_codes (
    id text primary key,
    phone_key text not null,
    purpose text not null${purposes},${subject}
    code_key text not null,
    sent_minute ${integer} not null,
    sent_at_ms ${integer} not null,
    expires_at_ms ${integer} not null,
    tries ${integer} not null,
    used_at_ms ${integer},
    unique (phone_key, sent_minute)
  ) ${table}`,
  'create index sms_codes_sent on sms_codes (sent_at_ms)'
]

const eligibility = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table agreements (
    version text primary key,
    text text not null,
    sha256 text not null,
    from_ms ${integer} not null
  ) ${table}`,
  `create table assertions (
    id text primary key,
    patient_id text not null,
    provider text not null,
    threshold ${integer},
    is_met ${integer} not null,
    evidence_id text not null,
    made_at_ms ${integer} not null,
    expires_at_ms ${integer} not null
  ) ${table}`,
  'create index assertions_patient on assertions (patient_id, made_at_ms)',
  `create table eligibility_checks (
    id text primary key,
    patient_id text not null,
    rule_set_version text not null,
    rule text,
    credit_limit_fen ${integer},
    assertion_ids text not null,
    reasons text not null,
    checked_at_ms ${integer} not null,
    expires_at_ms ${integer} not null
  ) ${table}`,
  'create index eligibility_checks_patient on eligibility_checks (patient_id, checked_at_ms)'
]

const contractTables = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table contracts (
    id text primary key,
    patient_id text not null,
    guardian_patient_id text,
    state text not null,
    agreement_version text not null,
    agreement_sha256 text not null,
    rule_set_version text not null,
    rule text not null,
    assertion_ids text not null,
    assertion_id text,
    consents text not null,
    phone text not null,
    phone_key text not null,
    credit_limit_fen ${integer} not null,
    signed_at_ms ${integer} not null,
    signed_by text not null,
    suspended_at_ms ${integer},
    suspended_because text,
    ended_at_ms ${integer},
    ended_because text,
    ended_by text
  ) ${table}`,
  'create index contracts_patient on contracts (patient_id, signed_at_ms)',
  "create unique index contracts_standing on contracts (patient_id) where state in ('active', 'suspended')",
  "create index contracts_suspended on contracts (id) where state = 'suspended'",
  `create table contract_events (
    id text primary key,
    contract_id text not null,
    what text not null,
    reason text,
    by_token text,
    at_ms ${integer} not null
  ) ${table}`,
  'create index contract_events_contract on contract_events (contract_id, at_ms)'
]

/** 协议、准入、签约. One contract of a patient record stands at a time; over tied records the person is locked while signing. */
export const contracts: Migration = {
  name: '0016-contracts',
  up: (words) => [...codes(words, { purposes: '', subject: '\n    subject text,' }), ...eligibility(words), ...contractTables(words)],
  down: (words) => [
    ...dropTables('contract_events', 'contracts', 'eligibility_checks', 'assertions', 'agreements'),
    ...codes(words, { purposes: " check (purpose in ('session', 'bind', 'ward'))", subject: '' })
  ]
}
