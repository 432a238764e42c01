import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

const episodes = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table credit_accounts (
    account_number text primary key,
    contract_id text not null,
    creditor text not null,
    opened_on text not null,
    last_hash text,
    unique (contract_id, creditor)
  ) ${table}`,
  `create table credit_episodes (
    id text primary key,
    account_number text not null,
    contract_id text not null,
    creditor text not null,
    episode_number ${integer} not null,
    state text not null,
    is_held ${integer} not null,
    bills text not null,
    first_delinquency_on text not null,
    due_on text not null,
    original_amount_fen ${integer} not null,
    balance_fen ${integer} not null,
    overdue_fen ${integer} not null,
    notice text,
    closed_gates text not null,
    prepared_on text,
    prepared_by text,
    released_by text,
    cured_on text,
    statement text,
    opened_at_ms ${integer} not null,
    unique (account_number, episode_number)
  ) ${table}`,
  'create index credit_episodes_contract on credit_episodes (contract_id)',
  "create index credit_episodes_live on credit_episodes (state, id) where state not in ('cured', 'deleted', 'abandoned', 'withdrawn')",
  'create index credit_episodes_held on credit_episodes (id) where is_held = 1',
  "create index credit_episodes_cured on credit_episodes (cured_on) where state in ('cured', 'deletion_sent')"
]

const records = ({ integer, sequence, table }: SchemaWords): readonly string[] => [
  `create table feed_records (
    sequence ${sequence},
    id text not null unique,
    creditor text not null,
    account_number text not null,
    contract_id text not null,
    episode_id text not null,
    episode_number ${integer} not null,
    operation text not null,
    as_of text not null,
    facts text not null,
    subject text,
    replaces text,
    state text not null,
    seq ${integer},
    rec_seq ${integer},
    hash text,
    rejected_because text,
    created_at_ms ${integer} not null
  ) ${table}`,
  'create index feed_records_episode on feed_records (episode_id, sequence)',
  'create unique index feed_records_place on feed_records (creditor, seq, rec_seq) where seq is not null',
  "create index feed_records_waiting on feed_records (creditor, sequence) where state = 'waiting'",
  "create index feed_records_rejected on feed_records (id) where state = 'rejected'"
]

const files = ({ integer, bytes, sequence, table, appendOnly }: SchemaWords): readonly string[] => [
  `create table feed_files (
    creditor text not null,
    seq ${integer} not null,
    content ${bytes} not null,
    manifest ${bytes} not null,
    signature ${bytes} not null,
    algorithm text not null,
    key_id text not null,
    sha256 text not null,
    manifest_sha256 text not null,
    count ${integer} not null,
    created_at_ms ${integer} not null,
    primary key (creditor, seq)
  ) ${table}`,
  ...appendOnly('feed_files'),
  `create table feed_acks (
    sequence ${sequence},
    creditor text not null,
    seq ${integer} not null,
    level text not null,
    rec_seq ${integer} not null,
    result text not null,
    code text,
    field text,
    at_ms ${integer} not null,
    unique (creditor, seq, level, rec_seq, result)
  ) ${table}`
]

/**
 * 征信报送. A file's bytes never change (I-30): the database refuses it. What becomes of records stands beside, and the
 * newest line of an account with the account, because the next one names its hash.
 */
export const creditFeed: Migration = {
  name: '0021-credit-feed',
  up: (words) => [...episodes(words), ...records(words), ...files(words)],
  down: (words) => [...dropTables('feed_acks', 'feed_records', 'credit_episodes', 'credit_accounts'), ...dropAppendOnly(words, 'feed_files')]
}
