import { dropTables, type Migration } from './migration.ts'

/** 违约管理: the reminders of each day, card locks, disputes. */
export const defaults: Migration = {
  name: '0023-default',
  up: ({ integer, table, clustered }) => [
    `create table dunnings (
      contract_id text not null,
      due_on text not null,
      notice_key text,
      suppressed_because text,
      owed_fen ${integer} not null,
      at_ms ${integer} not null,
      primary key (contract_id, due_on)
    ) ${clustered}`,
    `create table card_locks (
      id text primary key,
      contract_id text not null,
      episode text not null,
      state text not null check (state in ('lock_requested', 'locked', 'lock_rejected', 'unlock_requested', 'unlocked', 'unlock_failed')),
      legal_basis text not null,
      overdue_fen ${integer} not null,
      requested_at_ms ${integer} not null,
      locked_at_ms ${integer},
      receipt_id text,
      unlock_requested_at_ms ${integer},
      unlocked_at_ms ${integer},
      attempts ${integer} not null,
      unique (contract_id, episode)
    ) ${table}`,
    "create index card_locks_to_watch on card_locks (id) where state in ('lock_requested', 'locked', 'unlock_requested', 'unlock_failed')",
    `create table disputes (
      id text primary key,
      contract_id text not null,
      patient_id text not null,
      bill_id text,
      hospital_id text,
      disputed_fen ${integer} not null,
      text text not null,
      statement text,
      state text not null check (state in ('open', 'upheld', 'corrected', 'withdrawn')),
      opened_at_ms ${integer} not null,
      answer_by text not null,
      answer text,
      answered_at_ms ${integer},
      answered_by text
    ) ${table}`,
    'create index disputes_contract on disputes (contract_id, opened_at_ms)',
    "create index disputes_open on disputes (answer_by) where state = 'open'"
  ],
  down: () => dropTables('disputes', 'card_locks', 'dunnings')
}
