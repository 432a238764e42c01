import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const registers = ({ integer, table, clustered }: SchemaWords): readonly string[] => [
  `create table voucher_parties (
    kind text not null check (kind in ('community', 'hospital')),
    id text not null,
    name text not null,
    is_active ${integer} not null,
    registered_at_ms ${integer} not null,
    registered_by text not null,
    primary key (kind, id)
  ) ${clustered}`,
  `create table voucher_groups (
    code text primary key,
    name text not null,
    english text not null,
    from_age ${integer},
    gender text
  ) ${table}`,
  `create table voucher_campaigns (
    id text primary key,
    name text not null,
    per_person ${integer} not null,
    created_at_ms ${integer} not null,
    created_by text not null
  ) ${table}`
]

const batches = ({ integer, sequence, table }: SchemaWords): readonly string[] => [
  `create table voucher_batches (
    number ${sequence},
    id text not null unique,
    campaign_id text not null,
    group_code text not null,
    examination_name text not null,
    examination_codes text not null,
    hospital_ids text not null,
    department text not null,
    first_day text not null,
    last_day text not null,
    valid_from_ms ${integer} not null,
    valid_until_ms ${integer} not null,
    uses ${integer} not null check (uses >= 1),
    size ${integer} not null,
    generated ${integer} not null check (generated <= size),
    allocated ${integer} not null check (allocated <= generated),
    voided_at_ms ${integer},
    is_ended ${integer} not null,
    created_at_ms ${integer} not null,
    created_by text not null
  ) ${table}`,
  'create index voucher_batches_campaign on voucher_batches (campaign_id, number)',
  'create index voucher_batches_ending on voucher_batches (valid_until_ms) where is_ended = 0',
  `create table voucher_works (
    id text primary key,
    batch ${integer} not null,
    kind text not null check (kind in ('generate', 'send', 'void')),
    community_id text,
    from_seq ${integer} not null,
    to_seq ${integer} not null,
    next_seq ${integer} not null,
    changed ${integer} not null,
    reason text,
    done_by text not null,
    at_ms ${integer} not null
  ) ${table}`,
  'create index voucher_works_batch on voucher_works (batch, at_ms)'
]

/** Events are of runs of places, so that a step of a million vouchers at once is a few rows; `is_run` finds those that hold a place in their middle. */
const life = (words: SchemaWords): readonly string[] => {
  const { integer, sequence, table } = words
  return [
    `create table vouchers (
    id text primary key,
    batch ${integer} not null,
    seq ${integer} not null,
    state text not null check (state in ('generated', 'sent', 'converted', 'issued', 'booked', 'used', 'examined', 'redeemed', 'void', 'expired')),
    version ${integer} not null,
    community_id text,
    patient_id text,
    contact text,
    redeemed ${integer} not null,
    rebookings ${integer} not null,
    use_id text,
    appointment_id text,
    appointment_hospital_id text,
    appointment_starts_ms ${integer},
    honoured_until_ms ${integer},
    issued_at_ms ${integer},
    is_hidden ${integer} not null,
    is_reminded ${integer} not null
  ) ${table}`,
    'create unique index vouchers_place on vouchers (batch, seq)',
    'create index vouchers_community on vouchers (community_id, batch, seq) where community_id is not null',
    'create index vouchers_patient on vouchers (patient_id) where patient_id is not null',
    "create index vouchers_to_remind on vouchers (batch, seq) where state = 'issued' and is_reminded = 0",
    "create index vouchers_to_issue on vouchers (community_id, batch, seq) where state in ('sent', 'converted')",
    `create table voucher_events (
    sequence ${sequence},
    batch ${integer} not null,
    from_seq ${integer} not null,
    to_seq ${integer} not null,
    is_run ${integer} not null,
    what text not null,
    from_state text,
    to_state text not null,
    community_id text,
    hospital_id text,
    month text not null,
    subject_id text,
    reason text,
    done_by text not null,
    at_ms ${integer} not null
  ) ${table}`,
    'create index voucher_events_place on voucher_events (batch, from_seq)',
    'create index voucher_events_run on voucher_events (batch, from_seq) where is_run = 1',
    ...words.appendOnly('voucher_events')
  ]
}

/** Counts in shards by the voucher's place, so that redemptions of one hospital do not wait for each other. */
const counts = ({ integer, clustered }: SchemaWords): readonly string[] => [
  `create table voucher_counts (
    batch ${integer} not null,
    community_id text not null,
    hospital_id text not null,
    month text not null,
    what text not null,
    from_state text not null,
    to_state text not null,
    shard ${integer} not null,
    amount ${integer} not null,
    primary key (batch, community_id, hospital_id, month, what, from_state, to_state, shard)
  ) ${clustered}`
]

const uses = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table voucher_uses (
    id text primary key,
    voucher_id text not null,
    use_no ${integer} not null,
    hospital_id text not null,
    patient_id text not null,
    appointment_id text,
    state text not null check (state in ('used', 'examined', 'redeemed', 'cancelled', 'rolled_back')),
    used_at_ms ${integer} not null,
    used_by text not null,
    evidence text,
    examined_at_ms ${integer},
    redeemed_at_ms ${integer},
    redeemed_by text,
    rollback text,
    rollback_state text,
    unique (voucher_id, use_no)
  ) ${table}`,
  "create unique index voucher_uses_under_way on voucher_uses (voucher_id) where state in ('used', 'examined')",
  'create index voucher_uses_hospital on voucher_uses (hospital_id, used_at_ms)',
  "create index voucher_uses_awaiting on voucher_uses (hospital_id, patient_id) where state = 'used'",
  "create index voucher_uses_examined on voucher_uses (examined_at_ms) where state = 'examined'",
  "create index voucher_uses_rollback on voucher_uses (hospital_id) where rollback_state = 'asked'",
  `create table voucher_presentations (
    voucher_id text primary key,
    hospital_id text not null,
    code text not null,
    appointment_id text,
    sent_at_ms ${integer} not null
  ) ${table}`,
  'create index voucher_presentations_hospital on voucher_presentations (hospital_id, sent_at_ms)'
]

const copies = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table voucher_codes (
    voucher_id text primary key,
    community_id text not null,
    code text not null,
    stored_at_ms ${integer} not null,
    spent_at_ms ${integer},
    spent_because text
  ) ${table}`,
  `create table voucher_write_offs (
    use_id text primary key,
    voucher_id text not null,
    batch ${integer} not null,
    hospital_id text not null,
    state text not null check (state in ('redeemed', 'rolled_back')),
    redeemed_at_ms ${integer} not null,
    received_at_ms ${integer} not null
  ) ${table}`,
  'create index voucher_write_offs_batch on voucher_write_offs (batch, received_at_ms)',
  'create index voucher_write_offs_hospital on voucher_write_offs (hospital_id, received_at_ms)'
]

/** 电子服务券: who takes part, batches, each voucher with its events and uses, what the modules keep of it, and counts. */
export const vouchers: Migration = {
  name: '0030-vouchers',
  up: (words) => [...registers(words), ...batches(words), ...life(words), ...counts(words), ...uses(words), ...copies(words)],
  down: (words) => [
    ...dropTables('voucher_write_offs', 'voucher_codes', 'voucher_presentations', 'voucher_uses', 'voucher_counts'),
    ...dropAppendOnly(words, 'voucher_events'),
    ...dropTables('vouchers', 'voucher_works', 'voucher_batches', 'voucher_campaigns', 'voucher_groups', 'voucher_parties')
  ]
}
