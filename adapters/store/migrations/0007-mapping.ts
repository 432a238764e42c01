import { dropTables, type Migration } from './migration.ts'

/** Codes that mapping tables lack, counted; what operators say they mean; and the messages that stand still for them. */
export const mapping: Migration = {
  name: '0007-mapping',
  up: ({ integer, sequence, table, clustered }) => [
    `create table unmapped_codes (
      sequence ${sequence},
      source text not null,
      mapping_site text not null,
      table_name text not null,
      code text not null,
      place text not null,
      seen ${integer} not null,
      first_seen_at_ms ${integer} not null,
      last_seen_at_ms ${integer} not null,
      sample_message_id text not null,
      unique (source, mapping_site, table_name, code)
    ) ${table}`,
    `create table uncounted_codes (source text primary key, seen ${integer} not null) ${table}`,
    `create table code_resolutions (
      sequence ${sequence},
      mapping_site text not null,
      table_name text not null,
      code text not null,
      to_code text not null,
      to_system text,
      to_display text,
      by_token text not null,
      at_ms ${integer} not null,
      revoked_at_ms ${integer},
      revoked_by text
    ) ${table}`,
    'create unique index code_resolutions_standing on code_resolutions (mapping_site, table_name, code) where revoked_at_ms is null',
    `create table messages_held_by_code (
      mapping_site text not null,
      table_name text not null,
      code text not null,
      message_id text not null,
      primary key (mapping_site, table_name, code, message_id)
    ) ${clustered}`,
    'create index messages_held_by_code_message on messages_held_by_code (message_id)'
  ],
  down: () => dropTables('messages_held_by_code', 'code_resolutions', 'uncounted_codes', 'unmapped_codes')
}
