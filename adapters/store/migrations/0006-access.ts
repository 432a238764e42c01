import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

export const access: Migration = {
  name: '0006-access',
  up: ({ integer, sequence, table, clustered, appendOnly }) => [
    `create table tokens (
      id text primary key,
      token_hash text not null unique,
      role text not null,
      person_id text,
      organization_id text,
      created_at_ms ${integer} not null,
      expires_at_ms ${integer},
      revoked_at_ms ${integer}
    ) ${table}`,
    `create table guardianships (
      guardian_person_id text not null,
      ward_person_id text not null,
      created_at_ms ${integer} not null,
      primary key (guardian_person_id, ward_person_id)
    ) ${clustered}`,
    `create table audit_events (
      sequence ${sequence},
      id text not null unique,
      at_ms ${integer} not null,
      token_id text,
      role text,
      person_id text,
      action text not null,
      target text not null,
      target_id text,
      patient_id text,
      outcome text not null check (outcome in ('allowed', 'refused')),
      request_id text not null
    ) ${table}`,
    'create index audit_events_at on audit_events (at_ms)',
    'create index audit_events_patient on audit_events (patient_id, at_ms) where patient_id is not null',
    'create index audit_events_token on audit_events (token_id, at_ms) where token_id is not null',
    ...appendOnly('audit_events')
  ],
  down: (words) => [...dropTables('guardianships', 'tokens'), ...dropAppendOnly(words, 'audit_events')]
}
