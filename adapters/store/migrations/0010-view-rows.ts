import { dropTables, type Migration } from './migration.ts'

export const viewRows: Migration = {
  name: '0010-view-rows',
  up: ({ integer, clustered }) => [
    `create table view_rows (
      source text not null,
      view_name text not null,
      row_key text not null,
      row_hash text not null,
      revision ${integer} not null,
      seen_at_ms ${integer} not null,
      vanished_at_ms ${integer},
      primary key (source, view_name, row_key)
    ) ${clustered}`,
    'create index view_rows_vanished on view_rows (source, view_name, vanished_at_ms) where vanished_at_ms is not null'
  ],
  down: () => dropTables('view_rows')
}
