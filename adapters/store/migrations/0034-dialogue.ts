import type { SchemaWords } from '../dialect.ts'
import { dropAppendOnly, dropTables, type Migration } from './migration.ts'

/** 会话与通话: threads and their messages, which are only ever added; calls; who is there now, and what sockets say to each other. */
export const dialogue: Migration = {
  name: '0034-dialogue',
  up: (words) => [...talk(words), ...callsAndRooms(words)],
  down: (words) => [
    ...dropTables('room_signals', 'room_sockets', 'dialogue_call_quality', 'dialogue_calls', 'dialogue_marks'),
    ...dropAppendOnly(words, 'dialogue_pictures', 'dialogue_messages'),
    ...dropTables('dialogue_parties', 'dialogue_threads')
  ]
}

function talk ({ integer, bytes, table, appendOnly }: SchemaWords): readonly string[] {
  return [
    `create table dialogue_threads (
      id text primary key,
      purpose text not null,
      hospital_id text not null,
      is_open ${integer} not null,
      last_number ${integer} not null,
      opened_at_ms ${integer} not null,
      closed_at_ms ${integer}
    ) ${table}`,
    `create table dialogue_parties (
      thread_id text not null references dialogue_threads (id),
      place ${integer} not null,
      kind text not null check (kind in ('patient', 'doctor', 'hospital', 'support')),
      party_id text not null,
      primary key (thread_id, place),
      unique (thread_id, kind, party_id)
    ) ${table}`,
    'create index dialogue_parties_party on dialogue_parties (kind, party_id)',
    `create table dialogue_messages (
      thread_id text not null references dialogue_threads (id),
      number ${integer} not null check (number > 0),
      by_kind text not null,
      by_id text not null,
      client_id text not null,
      kind text not null check (kind in ('text', 'picture', 'event')),
      text text,
      attachment_id text,
      at_ms ${integer} not null,
      primary key (thread_id, number),
      unique (thread_id, by_kind, by_id, client_id)
    ) ${table}`,
    ...appendOnly('dialogue_messages'),
    `create table dialogue_pictures (
      id text primary key,
      thread_id text not null references dialogue_threads (id),
      by_kind text not null,
      by_id text not null,
      content_type text not null,
      bytes ${bytes} not null,
      width ${integer} not null,
      height ${integer} not null,
      made_at_ms ${integer} not null
    ) ${table}`,
    ...appendOnly('dialogue_pictures'),
    `create table dialogue_marks (
      thread_id text not null references dialogue_threads (id),
      party_kind text not null,
      party_id text not null,
      number ${integer} not null,
      at_ms ${integer} not null,
      primary key (thread_id, party_kind, party_id)
    ) ${table}`
  ]
}

function callsAndRooms ({ integer, sequence, table }: SchemaWords): readonly string[] {
  return [
    `create table dialogue_calls (
      thread_id text primary key references dialogue_threads (id),
      state text not null check (state in ('idle', 'ringing', 'connecting', 'live', 'reconnecting', 'ended')),
      mode text not null check (mode in ('text', 'voice', 'video')),
      attempt ${integer} not null,
      outcome text,
      since_ms ${integer} not null,
      due_at_ms ${integer},
      due_for text
    ) ${table}`,
    'create index dialogue_calls_due on dialogue_calls (due_at_ms) where due_at_ms is not null',
    `create table dialogue_call_quality (
      sequence ${sequence},
      thread_id text not null,
      party_kind text not null,
      party_id text not null,
      at_ms ${integer} not null,
      mode text not null,
      kilobits_per_second ${integer} not null,
      loss_permille ${integer} not null,
      round_trip_ms ${integer} not null
    ) ${table}`,
    'create index dialogue_call_quality_thread on dialogue_call_quality (thread_id, sequence)',
    `create table room_sockets (
      id text primary key,
      thread_id text not null,
      party_kind text not null,
      party_id text not null,
      node text not null,
      seen_at_ms ${integer} not null
    ) ${table}`,
    'create index room_sockets_thread on room_sockets (thread_id)',
    'create index room_sockets_node on room_sockets (node)',
    `create table room_signals (
      sequence ${sequence},
      thread_id text not null,
      node text not null,
      from_socket text not null,
      from_kind text not null,
      from_id text not null,
      to_socket text,
      kind text not null,
      data text not null,
      at_ms ${integer} not null
    ) ${table}`,
    'create index room_signals_thread on room_signals (thread_id, sequence)',
    'create index room_signals_at on room_signals (at_ms)'
  ]
}
