import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

const tokenColumns = ['scopes text', 'client_id text', 'speaks_for text', 'account_id text', 'session_id text']

const clientsAndAccounts = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table clients (
    id text primary key,
    name text not null,
    organization_id text,
    scopes text not null,
    speaks_for text not null check (speaks_for in ('hospital', 'app')),
    secret_hash text not null,
    previous_hash text,
    previous_until_ms ${integer},
    created_at_ms ${integer} not null,
    revoked_at_ms ${integer}
  ) ${table}`,
  `create table accounts (
    id text primary key,
    phone_key text not null unique,
    phone_tail text not null,
    openid_key text unique,
    person_id text,
    created_at_ms ${integer} not null
  ) ${table}`,
  'create index accounts_person on accounts (person_id) where person_id is not null',
  `create table sessions (
    id text primary key,
    account_id text not null,
    refresh_hash text not null unique,
    previous_hash text,
    created_at_ms ${integer} not null,
    expires_at_ms ${integer} not null,
    ended_at_ms ${integer}
  ) ${table}`,
  'create index sessions_previous on sessions (previous_hash) where previous_hash is not null',
  'create index sessions_account on sessions (account_id)',
  'create index sessions_expires on sessions (expires_at_ms)'
]

const codes = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table sms_codes (
    id text primary key,
    phone_key text not null,
    purpose text not null check (purpose in ('session', 'bind', 'ward')),
    code_key text not null,
    sent_minute ${integer} not null,
    sent_at_ms ${integer} not null,
    expires_at_ms ${integer} not null,
    tries ${integer} not null,
    used_at_ms ${integer},
    unique (phone_key, sent_minute)
  ) ${table}`,
  'create index sms_codes_sent on sms_codes (sent_at_ms)',
  `create table access_attempts (kind text not null, subject text not null, at_ms ${integer} not null) ${table}`,
  'create index access_attempts_subject on access_attempts (kind, subject, at_ms)',
  'create index access_attempts_at on access_attempts (at_ms)'
]

const wechat = ({ integer, table }: SchemaWords): readonly string[] => [
  `create table tickets (
    key text primary key,
    purpose text not null check (purpose in ('state', 'openid', 'nonce')),
    openid_key text,
    expires_at_ms ${integer} not null
  ) ${table}`,
  'create index tickets_expires on tickets (purpose, expires_at_ms)',
  `create table wechat_scenes (
    id text primary key,
    purpose text not null,
    terminal_id text,
    created_at_ms ${integer} not null,
    expires_at_ms ${integer} not null,
    openid_key text
  ) ${table}`,
  'create index wechat_scenes_expires on wechat_scenes (expires_at_ms)',
  `create table wechat_followers (openid_key text primary key, is_following ${integer} not null, at_ms ${integer} not null) ${table}`
]

const guardianships = ({ integer, table }: SchemaWords): readonly string[] => [
  'alter table guardianships rename to guardianships_before',
  `create table guardianships (
    id text primary key,
    guardian_person_id text not null,
    ward_person_id text,
    relation text not null,
    basis text not null check (basis in ('minor', 'appointed')),
    state text not null check (state in ('asked', 'confirmed', 'ended')),
    ward_phone_key text,
    asked_at_ms ${integer} not null,
    confirmed_at_ms ${integer},
    ended_at_ms ${integer},
    confirmed_by text
  ) ${table}`,
  `insert into guardianships (id, guardian_person_id, ward_person_id, relation, basis, state, asked_at_ms, confirmed_at_ms, confirmed_by)
    select guardian_person_id || ':' || ward_person_id, guardian_person_id, ward_person_id, 'other', 'appointed', 'confirmed', created_at_ms, created_at_ms, 'migration'
    from guardianships_before`,
  'drop table guardianships_before',
  "create unique index guardianships_confirmed on guardianships (guardian_person_id, ward_person_id) where state = 'confirmed'",
  "create index guardianships_guardian on guardianships (guardian_person_id) where state <> 'ended'",
  "create index guardianships_ward on guardianships (ward_person_id) where state <> 'ended'"
]

/**
 * Clients, accounts, sessions, codes and WeChat. Guardianships get an id and states; those that stood before were made
 * by hand, so they are kept as appointed ones, under the id `<guardian>:<ward>`.
 */
export const accessForAll: Migration = {
  name: '0012-access',
  up: (words) => [
    ...tokenColumns.map((column) => `alter table tokens add column ${column}`),
    'create index tokens_client on tokens (client_id) where client_id is not null',
    'create index tokens_session on tokens (session_id) where session_id is not null',
    'create index tokens_account on tokens (account_id) where account_id is not null',
    'create index tokens_created on tokens (created_at_ms)',
    'create index tokens_expires on tokens (expires_at_ms) where expires_at_ms is not null',
    ...clientsAndAccounts(words),
    ...codes(words),
    ...wechat(words),
    ...guardianships(words)
  ],
  down: ({ integer }) => [
    'alter table guardianships rename to guardianships_after',
    `create table guardianships (
      guardian_person_id text not null,
      ward_person_id text not null,
      created_at_ms ${integer} not null,
      primary key (guardian_person_id, ward_person_id)
    )`,
    `insert into guardianships select guardian_person_id, ward_person_id, confirmed_at_ms from guardianships_after where state = 'confirmed'`,
    ...dropTables('guardianships_after', 'wechat_followers', 'wechat_scenes', 'tickets', 'access_attempts', 'sms_codes', 'sessions', 'accounts', 'clients'),
    ...['expires', 'created', 'account', 'session', 'client'].map((index) => `drop index tokens_${index}`),
    ...tokenColumns.map((column) => `alter table tokens drop column ${column.split(' ', 1)[0] ?? ''}`)
  ]
}
