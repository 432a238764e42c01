import { dropTables, type Migration } from './migration.ts'

/** Queues that an operator holds, and the way from a control id to its message. */
export const operators: Migration = {
  name: '0013-operators',
  up: ({ integer, clustered }) => [
    `create table paused_queues (
      queue text not null primary key,
      at_ms ${integer} not null,
      token_id text not null,
      reason text not null
    ) ${clustered}`,
    'create index messages_control on messages (control_id) where control_id is not null'
  ],
  down: () => ['drop index messages_control', ...dropTables('paused_queues')]
}
