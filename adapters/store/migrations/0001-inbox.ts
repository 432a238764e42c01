import type { SchemaWords } from '../dialect.ts'
import { dropTables, type Migration } from './migration.ts'

/**
 * Bytes lie apart from the row that moves through the statuses, so that marking a message applied does not write its
 * photo again. Only the first lane is a column; a merge's second one is a row of message_lanes.
 */
export const inbox: Migration = {
  name: '0001-inbox',
  up: (words) => [
    messages(words),
    ...messageIndexes,
    `create table message_bytes (
      sequence ${words.integer} primary key,
      raw ${words.bytes} not null,
      ack ${words.bytes} not null
    ) ${words.table}`,
    `create table message_lanes (
      lane text not null,
      sequence ${words.integer} not null,
      primary key (lane, sequence)
    ) ${words.clustered}`,
    'create index message_lanes_sequence on message_lanes (sequence)',
    `create table message_products (
      message_id text not null,
      record text not null,
      primary key (record, message_id)
    ) ${words.clustered}`,
    `create table message_days (
      day text not null,
      source text not null,
      type text not null,
      status text not null,
      messages ${words.integer} not null,
      primary key (day, source, type, status)
    ) ${words.clustered}`
  ],
  down: () => dropTables('message_days', 'message_products', 'message_lanes', 'message_bytes', 'messages')
}

const messages = ({ integer, sequence, table }: SchemaWords): string => `create table messages (
  sequence ${sequence},
  id text not null unique,
  source text not null,
  hospital_id text not null,
  format text not null,
  content_hash text not null,
  dedupe_key text,
  conflict_key text,
  control_id text,
  type text,
  trigger_event text,
  sent_at_ms ${integer},
  charset text not null,
  lane text,
  lanes text not null,
  received_at_ms ${integer} not null,
  replay_of text,
  status text not null check (status in ('received', 'applied', 'dead', 'conflict', 'skipped')),
  attempts ${integer} not null default 0,
  next_at_ms ${integer},
  failure_code text,
  failure_detail text,
  failure_place text,
  parked ${integer} not null default 0,
  applied_at_ms ${integer},
  mapping_version text,
  produced text,
  notes text,
  skipped_at_ms ${integer},
  skipped_by text,
  skipped_reason text
) ${table}`

const messageIndexes: readonly string[] = [
  'create unique index messages_dedupe on messages (source, dedupe_key) where dedupe_key is not null',
  'create unique index messages_conflict on messages (source, conflict_key, content_hash) where conflict_key is not null',
  "create index messages_queued on messages (sequence) where status = 'received'",
  "create index messages_dead on messages (source, failure_code, sequence) where status = 'dead'",
  'create index messages_lane on messages (lane, sequence) where lane is not null',
  'create index messages_replays on messages (replay_of) where replay_of is not null',
  'create index messages_received on messages (received_at_ms)',
  'create index messages_counted on messages (source, status, received_at_ms)'
]
