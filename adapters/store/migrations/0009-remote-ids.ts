import { dropTables, type Migration } from './migration.ts'

/** By source, since two servers may give one id to two things. */
export const remoteIds: Migration = {
  name: '0009-remote-ids',
  up: ({ integer, clustered }) => [
    `create table remote_ids (
      source text not null,
      type text not null,
      remote_id text not null,
      record_id text,
      natural_key text,
      stated_at_ms ${integer},
      stated_version text,
      stated_slots text,
      primary key (source, type, remote_id)
    ) ${clustered}`
  ],
  down: () => dropTables('remote_ids')
}
