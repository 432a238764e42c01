import { dropTables, type Migration } from './migration.ts'

export const operations: Migration = {
  name: '0005-operations',
  up: ({ integer, sequence, table }) => [
    `create table outbox_messages (
      sequence ${sequence},
      id text not null unique,
      kind text not null,
      key text not null,
      payload text not null,
      created_at_ms ${integer} not null,
      status text not null check (status in ('waiting', 'done', 'dead')),
      attempts ${integer} not null default 0,
      next_at_ms ${integer},
      settled_at_ms ${integer},
      reason text,
      unique (kind, key)
    ) ${table}`,
    "create index outbox_messages_waiting on outbox_messages (kind, sequence) where status = 'waiting'",
    "create index outbox_messages_dead on outbox_messages (sequence) where status = 'dead'",
    `create table alerts (
      sequence ${sequence},
      id text not null unique,
      key text not null,
      opened_at_ms ${integer} not null,
      closed_at_ms ${integer},
      detail text not null
    ) ${table}`,
    'create unique index alerts_open on alerts (key) where closed_at_ms is null',
    `create table job_runs (
      job text not null,
      due_at_ms ${integer} not null,
      status text not null check (status in ('running', 'done', 'failed')),
      attempts ${integer} not null,
      started_at_ms ${integer} not null,
      finished_at_ms ${integer},
      result text,
      error text,
      primary key (job, due_at_ms)
    ) ${table}`,
    'create index job_runs_due on job_runs (due_at_ms)',
    `create table leases (name text primary key, holder text not null, until_ms ${integer} not null) ${table}`,
    `create table settings (name text primary key, value text not null) ${table}`,
    `create table idempotency_keys (
      scope text not null,
      key text not null,
      body_hash text not null,
      begun_at_ms ${integer} not null,
      status ${integer},
      body text,
      primary key (scope, key)
    ) ${table}`
  ],
  down: () => dropTables('idempotency_keys', 'settings', 'leases', 'job_runs', 'alerts', 'outbox_messages')
}
