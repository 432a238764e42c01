import { dropTables, type Migration } from './migration.ts'

/**
 * What was written for a destination and what it answered. State, attempts and the next one are those of the outbox
 * message of the same id, so that the two cannot contradict each other.
 */
export const outbound: Migration = {
  name: '0011-outbound',
  up: ({ integer, sequence, bytes, table }) => [
    `create table outbound_messages (
      sequence ${sequence},
      id text not null unique,
      destination text not null,
      message text,
      record_type text not null,
      record_id text not null,
      record_version ${integer} not null,
      patient_id text,
      created_at_ms ${integer} not null,
      revision ${integer} not null default 0,
      control_id text unique,
      content ${bytes},
      charset text,
      composed_at_ms ${integer},
      notes text,
      answer_code text,
      answer_verdict text check (answer_verdict in ('accepted', 'failed', 'rejected')),
      answer ${bytes},
      answered_at_ms ${integer},
      failure_code text,
      failure_detail text,
      failure_place text,
      skipped_at_ms ${integer},
      events text not null
    ) ${table}`,
    'create index outbound_messages_destination on outbound_messages (destination, sequence)',
    'create index outbound_messages_record on outbound_messages (record_type, record_id)',
    'create index outbound_messages_created on outbound_messages (created_at_ms)',
    'create index outbound_messages_answered on outbound_messages (answered_at_ms) where answered_at_ms is not null'
  ],
  down: () => dropTables('outbound_messages')
}
